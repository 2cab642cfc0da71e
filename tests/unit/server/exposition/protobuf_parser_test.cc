#include "server/exposition/protobuf_parser.h"

#include <limits>

#include "tests/support/catch.h"
#include "tests/support/metric_family.h"
#include "tests/unit/server/exposition/transcript.h"

using namespace vigia::server;
using namespace vigia::tests;
using Catch::Matchers::Contains;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

std::string Parse(const std::string& body, HistogramHandling handling = {}) {
  ProtobufParser parser(body, handling);
  return Transcript(parser);
}

// The native and the classic part of the same ten observations.
std::string BothParts() {
  return Family("h", "", kHistogramType, Metric(LabelPair("a", "b") + HistogramField(ClassicPart() + NativePart())));
}

const char* const kClassicText =
    "h_count{a=b} 10\nh_sum{a=b} 25\nh_bucket{a=b,le=1.0} 2\nh_bucket{a=b,le=2.0} 5\nh_bucket{a=b,le=+Inf} 10\n";
const char* const kNativeText = "h{a=b} integer schema:0 count:10 sum:25 zero:2/0.001 +(1,2) 3 5\n";
const char* const kHead = "help h \ntype h histogram\n";

}  // namespace

TEST_CASE("protobuf: counters, gauges and untyped metrics") {
  const std::string exemplar = ExemplarField(2, "trace_id", "x", 0.5, TimestampField(3, 7, 250'000'000));
  const std::string body =
      Family("c_total", "Counts.", kCounterType,
             Metric(LabelPair("a", "1") + CounterField(3, exemplar + TimestampField(3, 1000, 5'000'000))) +
                 Metric(LabelPair("a", "2") + CounterField(4.5) + VarintField(6, 1234))) +
      Family("g", "A\nB", kGaugeType, Metric(GaugeField(-1))) +
      Family("u", "", kUntypedType, Metric(BytesField(5, DoubleField(1, kInf))));
  CHECK(Parse(body) ==
        "help c_total Counts.\ntype c_total counter\n"
        "c_total{a=1} 3 since 1000005 #{trace_id=x} 0.5 @7250\nc_total{a=2} 4.5 @1234\n"
        "help g A\nB\ntype g gauge\ng -1\nhelp u \ntype u unknown\nu +Inf\neof");
}

TEST_CASE("protobuf: the unit may stand behind the metrics") {
  const std::string body = Family("a_seconds_total", "", kCounterType, Metric(CounterField(1)), "seconds");
  CHECK(Parse(body) ==
        "help a_seconds_total \nunit a_seconds_total seconds\ntype a_seconds_total counter\n"
        "a_seconds_total 1\neof");
  CHECK_THAT(Parse(Family("a_seconds", "", kGaugeType, Metric(GaugeField(1)), "bytes")),
             Contains("unit is not a suffix of the metric name"));
}

TEST_CASE("protobuf: a summary is count, sum and quantiles") {
  const auto quantile = [](double q, double v) { return BytesField(3, DoubleField(1, q) + DoubleField(2, v)); };
  const std::string fields =
      VarintField(1, 4) + DoubleField(2, 10) + quantile(0.5, 2) + quantile(1, 4) + TimestampField(4, 3, 0);
  CHECK(Parse(Family("s", "", kSummaryType, Metric(BytesField(4, fields)))) ==
        "help s \ntype s summary\ns_count 4 since 3000\ns_sum 10 since 3000\n"
        "s{quantile=0.5} 2 since 3000\ns{quantile=1.0} 4 since 3000\neof");
  CHECK(Parse(Family("s", "", kSummaryType, Metric(BytesField(4, VarintField(1, 4)) + LabelPair("a", "b")))) ==
        "help s \ntype s summary\ns_count{a=b} 4\ns_sum{a=b} 0\neof");
}

TEST_CASE("protobuf: classic buckets end with +Inf, whether it is exposed or not") {
  const std::string shown = VarintField(1, 3) + DoubleField(2, 1.5) + BucketField(1, 0.25) + BucketField(3, kInf);
  CHECK(Parse(Family("h", "", kHistogramType, Metric(HistogramField(shown)))) ==
        "help h \ntype h histogram\nh_count 3\nh_sum 1.5\nh_bucket{le=0.25} 1\nh_bucket{le=+Inf} 3\neof");
  const std::string exemplar = ExemplarField(3, "t", "x", 0.2);
  const std::string left_out = VarintField(1, 3) + BucketField(1, 1e6, exemplar);
  CHECK(Parse(Family("h", "", kHistogramType, Metric(HistogramField(left_out)))) ==
        "help h \ntype h histogram\nh_count 3\nh_sum 0\nh_bucket{le=1e+06} 1 #{t=x} 0.2\nh_bucket{le=+Inf} 3\neof");
}

TEST_CASE("protobuf: counts as floats have precedence where they are not 0") {
  const std::string bucket = BytesField(3, VarintField(1, 9) + DoubleField(2, 1) + DoubleField(4, 1.5));
  const std::string fields = VarintField(1, 9) + DoubleField(4, 2.5) + bucket;
  CHECK(Parse(Family("h", "", kGaugeHistogramType, Metric(HistogramField(fields)))) ==
        "help h \ntype h gaugehistogram\nh_count 2.5\nh_sum 0\nh_bucket{le=1.0} 1.5\nh_bucket{le=+Inf} 2.5\neof");
}

TEST_CASE("protobuf: what is taken of a histogram with both parts") {
  const auto text = [](auto... parts) { return std::string(kHead) + (std::string() + ... + parts) + "eof"; };
  CHECK(Parse(BothParts(), {}) == text(kClassicText));
  CHECK(Parse(BothParts(), {.native = true}) == text(kNativeText));
  CHECK(Parse(BothParts(), {.native = true, .keep_classic = true}) == text(kNativeText, kClassicText));
  // Cumulative 2, 5, 10 are 2, 3 and 5 in the buckets up to 1, 2 and +Inf.
  const char* converted = "h{a=b} integer schema:-53 count:10 sum:25 +(0,3) 2 3 5 le 1 2\n";
  CHECK(Parse(BothParts(), {.classic_to_custom = true}) == text(converted));
  CHECK(Parse(BothParts(), {.keep_classic = true, .classic_to_custom = true}) == text(converted, kClassicText));
  CHECK(Parse(BothParts(), {.native = true, .classic_to_custom = true}) == text(kNativeText));
}

TEST_CASE("protobuf: native histograms of floats, of both signs, and of a gauge") {
  const std::string fields = DoubleField(4, 7.5) + DoubleField(2, -1) + SignedField(5, -1) + DoubleField(8, 0.5) +
                             SpanField(9, -2, 1) + PackedDoubles(11, {3}) + SpanField(12, 0, 1) + SpanField(12, 3, 2) +
                             PackedDoubles(14, {1, 0, 3});
  // The empty bucket 4 is left out, which makes the gap before bucket 5 one wider.
  CHECK(
      Parse(Family("h", "", kGaugeHistogramType, Metric(HistogramField(fields))), {.native = true}) ==
      "help h \ntype h gaugehistogram\nh float gauge schema:-1 count:7.5 sum:-1 zero:0.5/0 +(0,1)(4,1) 1 3 -(-2,1) 3\n"
      "eof");
}

TEST_CASE("protobuf: an empty span marks a native histogram without observations") {
  const std::string fields = SpanField(12, 0, 0) + SignedField(5, 3);
  CHECK(Parse(Family("h", "", kHistogramType, Metric(HistogramField(fields))), {.native = true}) ==
        std::string(kHead) + "h integer schema:3 count:0 sum:0\neof");
}

TEST_CASE("protobuf: exemplars of a native histogram") {
  const std::string own = ExemplarField(16, "t", "own", 1.5, TimestampField(3, 5, 0)) + ExemplarField(16, "t", "y", 3);
  const std::string bucket = BucketField(2, 1, ExemplarField(3, "t", "bucket", 0.5, TimestampField(3, 6, 0)));
  const auto parse = [](const std::string& more) {
    const std::string fields = VarintField(1, 10) + NativePart() + more;
    return Parse(Family("h", "", kHistogramType, Metric(HistogramField(fields))), {.native = true});
  };
  CHECK_THAT(parse(own + bucket), Contains(" #{t=own} 1.5 @5000 #{t=y} 3\n"));
  CHECK_THAT(parse(bucket), Contains(" #{t=bucket} 0.5 @6000\n"));
}

TEST_CASE("protobuf: a native histogram that breaks the rules says so") {
  const auto parse = [](const std::string& fields) {
    return Parse(Family("h", "", kHistogramType, Metric(HistogramField(fields))), {.native = true});
  };
  CHECK_THAT(parse(VarintField(1, 3) + SpanField(12, 0, 2) + PackedSigned(13, {3})),
             Contains("fault: positive side: spans need 2 buckets, have 1 buckets"));
  CHECK_THAT(parse(VarintField(1, 4) + SpanField(12, 0, 1) + PackedSigned(13, {3})),
             Contains("fault: 3 observations found in buckets, but the Count field is 4"));
  CHECK_THAT(parse(SpanField(12, 0, 4'000'000'000u)), Contains("fault: positive side: spans need 4000000000 buckets"));
  CHECK_THAT(parse(SpanField(12, 0, 1) + PackedSigned(13, {-1})), Contains("is negative"));
  CHECK_THAT(parse(VarintField(1, 1) + SpanField(12, 0, 1) + PackedSigned(13, {1}) + SignedField(5, 77)),
             Contains("fault: histogram has an invalid schema"));
}

TEST_CASE("protobuf: a finer schema than there is becomes the finest") {
  const std::string fields = VarintField(1, 2) + SignedField(5, 9) + SpanField(12, 1, 2) + PackedSigned(13, {1, 0});
  CHECK_THAT(Parse(Family("h", "", kHistogramType, Metric(HistogramField(fields))), {.native = true}),
             Contains("h integer schema:8 count:2 sum:0 +(1,1) 2\n"));
}

TEST_CASE("protobuf: families without metrics are skipped, unknown fields too") {
  const std::string odd = Delimited(BytesField(1, "a") + VarintField(99, 7) + BytesField(77, "x") +
                                    Metric(GaugeField(2) + BytesField(50, "y")) + VarintField(3, kGaugeType));
  CHECK(Parse(Family("e", "", kGaugeType, "") + odd + Delimited("")) == "help a \ntype a gauge\na 2\neof");
  CHECK(Parse("") == "eof");
}

TEST_CASE("protobuf: malformed bodies are refused with the family they are in") {
  const std::string good = Family("g", "", kGaugeType, Metric(GaugeField(1)));
  CHECK_THAT(Parse(good + "\x7f"), Contains("error metric family 2 of the protobuf body: the message is longer"));
  CHECK_THAT(Parse(good + std::string(11, '\xff')), Contains("error metric family 2"));
  CHECK_THAT(Parse(Family("g", "", kGaugeType, Metric(VarintField(2, 1)))),
             Contains("error metric family 1 (\"g\") of the protobuf body: wrong wire type of a field"));
  CHECK_THAT(Parse(Family("", "", kGaugeType, Metric(GaugeField(1)))), Contains("invalid metric name"));
  CHECK_THAT(Parse(Family("a\xff", "", kGaugeType, Metric(GaugeField(1)))), Contains("invalid metric name"));
  CHECK_THAT(Parse(Family("a", "\xff", kGaugeType, Metric(GaugeField(1)))), Contains("invalid help"));
  CHECK_THAT(Parse(Family("a", "", static_cast<FamilyType>(6), Metric(GaugeField(1)))),
             Contains("unknown metric type"));
  CHECK_THAT(Parse(Family("a", "", kGaugeType, Metric(BytesField(1, BytesField(1, "x").substr(0, 2))))),
             Contains("unexpected end of the message"));
}

TEST_CASE("protobuf: bodies cut or changed anywhere do not crash") {
  const std::string body = BothParts() + Family("s", "h", kSummaryType, Metric(BytesField(4, VarintField(1, 4))));
  const HistogramHandling all{.native = true, .keep_classic = true, .classic_to_custom = true};
  for (std::size_t at = 0; at < body.size(); ++at) {
    CHECK_FALSE(Parse(body.substr(0, at), all).empty());
    for (const char hostile : {'\0', '\x01', '\x7f', '\x80', '\xff'}) {
      std::string changed = body;
      changed[at] = hostile;
      CHECK_FALSE(Parse(changed, all).empty());
    }
  }
}

TEST_CASE("protobuf: many histograms that cannot be converted do not pile up") {
  // Without a total, cumulative 2 and then 1 is no histogram.
  const std::string bad = Metric(HistogramField(BucketField(2, 1) + BucketField(1, 2)));
  std::string metrics;
  for (int i = 0; i < 100'000; ++i) metrics += bad;
  CHECK(Parse(Family("h", "", kHistogramType, metrics), {.classic_to_custom = true}) == std::string(kHead) + "eof");
}

TEST_CASE("protobuf: what is expected next is taken, what is not does not move") {
  const std::string body = Family(
      "g", "x", kGaugeType, Metric(LabelPair("a", "1") + GaugeField(1)) + Metric(LabelPair("a", "2") + GaugeField(2)));
  ProtobufParser first(body, {});
  std::vector<std::string> seen;
  for (int i = 0; i < 4; ++i) seen.emplace_back(first.Next() == EntryKind::kSeries ? first.series() : first.line());
  ProtobufParser parser(body, {});
  CHECK_FALSE(parser.TrySeries(seen[2]));
  CHECK_FALSE(parser.TryLine(seen[1], MetricType::kGauge));
  CHECK(parser.Upcoming(1) == seen[0]);
  CHECK(parser.TryLine(seen[0], {}));
  CHECK(parser.Next() == EntryKind::kType);
  CHECK(parser.type() == MetricType::kGauge);
  CHECK_FALSE(parser.TrySeries(seen[3]));
  CHECK(parser.TrySeries(seen[2]));
  CHECK(parser.value() == 1);
  CHECK(parser.Next() == EntryKind::kSeries);
  CHECK(parser.series() == seen[3]);
  CHECK(parser.Upcoming(1).empty());
  CHECK(parser.Next() == EntryKind::kEof);
}
