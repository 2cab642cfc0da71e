#include "server/exposition/openmetrics_parser.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/unit/server/exposition/transcript.h"

using namespace vigia::server;

namespace {

std::string Parse(std::string_view body) {
  OpenMetricsParser parser(body);
  return Transcript(parser);
}

std::filesystem::path CorpusFolder() {
  const char* shared = std::getenv("VIGIA_SHARED");
  const std::filesystem::path root =
      shared ? std::filesystem::path(shared) : std::filesystem::path(VIGIA_SOURCE_DIR) / "../shared";
  return root / "openmetrics";
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// What a scrape does before it stores: two labels of one name are an error, an empty body is a success.
bool HasDuplicate(const OpenMetricsParser& parser) {
  std::vector<vigia::storage::LabelView> labels;
  std::string scratch;
  parser.AppendLabels(labels, scratch);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (labels[i].name == labels[j].name && !labels[i].value.empty() && !labels[j].value.empty()) return true;
    }
  }
  return false;
}

struct Outcome {
  int up = 1;
  int samples = 0;
};

Outcome Scrape(std::string_view body) {
  Outcome outcome;
  if (body.empty()) return outcome;
  OpenMetricsParser parser(body);
  for (;;) {
    const EntryKind kind = parser.Next();
    if (kind == EntryKind::kEof) return outcome;
    outcome.samples += kind == EntryKind::kSeries;
    if (kind == EntryKind::kError || (kind == EntryKind::kSeries && HasDuplicate(parser))) {
      outcome.up = 0;
      return outcome;
    }
  }
}

}  // namespace

TEST_CASE("openmetrics: metadata, timestamps in seconds, exemplars") {
  CHECK(Parse("# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds Say \\\"hi\\\"\n"
              "a_seconds_total{x=\"1\"} 1 1520879607.789 # {id=\"t\\\"1\"} 0.5 -12\n"
              "a_seconds_total 2 # {} 3\n"
              "# TYPE s stateset\n# TYPE i info\n# TYPE g gaugehistogram\n# TYPE u unknown\n"
              "{\"q.n\",l=\"v\"} NaN 1e3\n"
              "# EOF\n") ==
        "type a_seconds counter\nunit a_seconds seconds\nhelp a_seconds Say \"hi\"\n"
        "a_seconds_total{x=1} 1 @1520879607789 #{id=t\"1} 0.5 @-12000\n"
        "a_seconds_total 2 # 3\n"
        "type s stateset\ntype i info\ntype g gaugehistogram\ntype u unknown\n"
        "q.n{l=v} NaN @1000000\n"
        "eof");
  CHECK(Parse("# EOF") == "eof");
}

TEST_CASE("openmetrics: what Prometheus refuses") {
  for (const char* body : {"",
                           "a 1\n",
                           "a 1",
                           "a 1\n\n# EOF\n",
                           "a 1\n# EOF\n\n",
                           "a 1\n# EOF x\n",
                           "a 1\n#EOF\n",
                           "a  1\n# EOF\n",
                           " a 1\n# EOF\n",
                           "a{x=\"1\" y=\"2\"} 1\n# EOF\n",
                           "a{x=\"1\", y=\"2\"} 1\n# EOF\n",
                           "a {x=\"1\"} 1\n# EOF\n",
                           "a 1 \n# EOF\n",
                           "a 1 NaN\n# EOF\n",
                           "a 1 # {x=\"1\"}\n# EOF\n",
                           "a 1 # {\"x\"} 1\n# EOF\n",
                           "a 1 # {x=\"1\"} 1 2 3\n# EOF\n",
                           "a 1 # x\n# EOF\n",
                           "# TYPE a\n# EOF\n",
                           "# TYPE a untyped\n# EOF\n",
                           "# HELP a\n# EOF\n",
                           "# UNIT a_seconds metres\n# EOF\n",
                           "# UNIT seconds seconds\n# EOF\n",
                           "# comment\n# EOF\n",
                           "a{x=\"1\n2\"} 1\n# EOF\n",
                           "a 1 0x1p3\n# EOF\n"}) {
    INFO(body);
    CHECK(Parse(body).find("error") != std::string::npos);
  }
}

TEST_CASE("openmetrics: every case of the conformance corpus does what Prometheus does") {
  const std::filesystem::path folder = CorpusFolder();
  std::ifstream index(folder / "cases.json");
  if (!index) {
    WARN("skipped: no corpus at " << folder.string() << " (set VIGIA_SHARED)");
    return;
  }
  for (const auto& row : nlohmann::json::parse(index)) {
    const std::string file = row.at("file");
    INFO(file);
    const std::string body = ReadFile(folder / file);
    REQUIRE(body.size() == row.at("bytes").get<std::size_t>());
    const Outcome outcome = Scrape(body);
    CHECK(outcome.up == row.at("prometheus_up").get<int>());
    CHECK(outcome.samples == row.at("prometheus_samples").get<int>());
  }
}

TEST_CASE("openmetrics: the shortcut agrees with the full parser or does not move") {
  OpenMetricsParser parser("a{b=\"1\"} 2 7 # {x=\"y\"} 1\na{b=\"1\"} 3\na 4 # {x=\"y\n# EOF\n");
  REQUIRE(parser.TrySeries("a{b=\"1\"}"));
  CHECK(parser.timestamp_ms() == 7000);
  REQUIRE(parser.exemplars().size() == 1);
  REQUIRE(parser.TrySeries("a{b=\"1\"}"));
  CHECK(parser.exemplars().empty());
  CHECK_FALSE(parser.timestamp_ms().has_value());
  CHECK_FALSE(parser.TrySeries("a"));
  CHECK(parser.Next() == EntryKind::kError);
}

TEST_CASE("openmetrics: bodies cut anywhere do not crash") {
  const std::string body =
      "# TYPE h histogram\n# UNIT h_s s\nh_bucket{le=\"1\",x=\"a\\\"b\"} 1 5.5 # {t=\"1\"} 2 3\n{\"q.n\",\"l\"=\"v\"} "
      "+Inf\n# EOF\n";
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const std::string cut = body.substr(0, size);
    CHECK_FALSE(Parse(cut).empty());
    for (const char hostile : {'\0', '"', '{', '\\', '\n', '\xff'}) CHECK_FALSE(Parse(cut + hostile).empty());
  }
}
