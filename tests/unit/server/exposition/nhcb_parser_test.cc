#include "server/exposition/nhcb_parser.h"

#include "server/exposition/openmetrics_parser.h"
#include "server/exposition/text_parser.h"
#include "tests/support/catch.h"
#include "tests/unit/server/exposition/transcript.h"

using namespace vigia::server;

namespace {

std::string Parse(const std::string& body, bool keep_classic = false) {
  NhcbParser parser(std::make_unique<TextParser>(body), keep_classic);
  return Transcript(parser);
}

const std::string kBody =
    "# HELP h x\n# TYPE h histogram\n"
    "h_bucket{a=\"1\",le=\"0.5\"} 1\nh_bucket{a=\"1\",le=\"+Inf\"} 4\nh_sum{a=\"1\"} 6\nh_count{a=\"1\"} 4\n"
    "h_bucket{a=\"2\",le=\"0.5\"} 0\nh_bucket{a=\"2\",le=\"+Inf\"} 2 1000\nh_sum{a=\"2\"} 6\nh_count{a=\"2\"} 2\n"
    "# TYPE g gauge\ng 3\n";

}  // namespace

TEST_CASE("nhcb: the series of a classic histogram become one native histogram") {
  CHECK(Parse(kBody) ==
        "help h x\ntype h histogram\n"
        "h{a=1} integer schema:-53 count:4 sum:6 +(0,2) 1 3 le 0.5\n"
        "h{a=2} integer schema:-53 count:2 sum:6 +(1,1) 2 le 0.5\n"
        "type g gauge\ng 3\neof");
}

TEST_CASE("nhcb: classic series stay when they are to be kept") {
  CHECK(Parse("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 1\nh_sum 2\n", true) ==
        "type h histogram\nh_bucket{le=1.0} 1\nh_count 1\nh_sum 2\n"
        "h integer schema:-53 count:1 sum:2 +(0,1) 1 le 1\neof");
}

TEST_CASE("nhcb: only series of a histogram's family are converted") {
  const std::string gauges = "# TYPE h gauge\nh_bucket{le=\"1\"} 1\nh_count 1\n";
  CHECK(Parse(gauges) == "type h gauge\nh_bucket{le=1} 1\nh_count 1\neof");
  CHECK(Parse("# TYPE h histogram\nx_count 1\nh_created 5\nh_bucket 2\n") ==
        "type h histogram\nx_count 1\nh_created 5\nh_bucket 2\neof");
}

TEST_CASE("nhcb: counts that are no histogram are left out") {
  const std::string type = "# TYPE h histogram\n";
  CHECK(Parse(type + "h_bucket{le=\"1\"} 5\nh_bucket{le=\"+Inf\"} 3\n") == "type h histogram\neof");
  CHECK(Parse(type + "h_bucket{le=\"+Inf\"} 3\nh_count 4\n") == "type h histogram\neof");
  CHECK(Parse(type + "h_bucket{le=\"1\"} -1\n") == "type h histogram\neof");
}

TEST_CASE("nhcb: buckets in any order, doubled, without a total, with fractions") {
  CHECK(Parse("# TYPE h histogram\nh_bucket{le=\"2\"} 3.5\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"1\"} 9\n") ==
        "type h histogram\nh float schema:-53 count:3.5 sum:0 +(0,2) 1 2.5 le 1 2\neof");
}

TEST_CASE("nhcb: exemplars of the buckets go with the histogram") {
  const std::string body =
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1 # {t=\"x\"} 0.5 7\nh_bucket{le=\"+Inf\"} 1 # {t=\"y\"} 2\n# EOF\n";
  NhcbParser parser(std::make_unique<OpenMetricsParser>(body), false);
  CHECK(Transcript(parser) ==
        "type h histogram\nh integer schema:-53 count:1 sum:0 +(0,1) 1 le 1 #{t=x} 0.5 @7000 #{t=y} 2\neof");
}

TEST_CASE("nhcb: an error in the middle of a histogram is an error") {
  CHECK(Parse("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum x\n").find("error line 3") != std::string::npos);
}

TEST_CASE("nhcb: a body that is as the last one takes the short way and says the same") {
  NhcbParser first(std::make_unique<TextParser>(kBody), false);
  std::vector<std::pair<std::string, bool>> entries;  // Bytes, and whether they are a series.
  for (EntryKind kind = first.Next(); kind != EntryKind::kEof; kind = first.Next()) {
    entries.emplace_back(kind == EntryKind::kSeries ? first.series() : first.line(), kind == EntryKind::kSeries);
  }
  REQUIRE(entries.size() == 6);
  NhcbParser parser(std::make_unique<TextParser>(kBody), false);
  std::string values;
  for (const auto& [bytes, is_series] : entries) {
    INFO(bytes);
    const bool upcoming = parser.Upcoming(bytes.size()) == bytes;
    if (is_series) {
      CHECK(upcoming);
      REQUIRE(parser.TrySeries(bytes));
      values += parser.histogram() ? HistogramText(*parser.histogram()) + "\n" : FormatGoFloat(parser.value());
    } else if (!parser.TryLine(
                   bytes, bytes.find("TYPE h") == std::string::npos ? MetricType::kGauge : MetricType::kHistogram)) {
      CHECK(parser.Next() == EntryKind::kType);  // Of a histogram: to know the family, the line must be read.
      CHECK(parser.family() == "h");
    }
  }
  CHECK(values ==
        "integer schema:-53 count:4 sum:6 +(0,2) 1 3 le 0.5\ninteger schema:-53 count:2 sum:6 +(1,1) 2 le 0.5\n3");
  CHECK(parser.Next() == EntryKind::kEof);
}
