// vigiatool tsdb create-blocks-from: what is imported is found by the storage that opens the folder; texts as
// promtool's (cmd/promtool/backfill.go, rules.go).
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

#include "server/http/url.h"
#include "server/tool/tool.h"
#include "storage/tsdb/tsdb.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

using namespace vigia;
using Catch::Matchers::Contains;
using storage::TimestampMs;

namespace {

constexpr TimestampMs kNow = 1'700'000'000'000;
using Points = std::vector<std::pair<TimestampMs, double>>;
using Series = std::map<std::string, Points>;
using Fetch = std::function<storage::Result<server::HttpResponse>(server::HttpRequest)>;

struct Import {
  tests::TempFolder parent;
  std::string out;
  std::string err;
  Fetch fetch;

  std::string data() const { return parent.Below("data"); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(parent.Below(name)) << text;
    return parent.Below(name);
  }
  int Run(std::vector<std::string> words) {
    words.insert(words.begin(), {"tsdb", "create-blocks-from"});
    std::istringstream no_in;
    std::ostringstream to_out;
    std::ostringstream to_err;
    const int code = server::RunTool(words, {no_in, to_out, to_err, fetch, [] { return kNow; }});
    out = to_out.str();
    err = to_err.str();
    return code;
  }
  int OpenMetrics(const std::string& text, std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), "openmetrics");
    flags.insert(flags.end(), {Write("in.om", text), data()});
    return Run(flags);
  }
  std::unique_ptr<storage::Tsdb> Open() {
    registry = std::make_unique<storage::Registry>();
    storage::TsdbOptions options;
    options.path = data();
    options.background = false;
    options.max_exemplars = 10;
    options.clock = [] { return kNow; };
    auto db = storage::Tsdb::Open(options, *registry);
    REQUIRE(db.has_value());
    return std::move(*db);
  }
  Series Stored() {
    Series found;
    const auto db = Open();
    const std::vector<storage::Matcher> any{*storage::Matcher::Create(storage::MatchType::kRegex, "__name__", ".+")};
    const auto querier = db->NewQuerier(storage::kMinTimestampMs, storage::kMaxTimestampMs);
    const auto selection = querier->Select({}, any);
    REQUIRE(selection.has_value());
    storage::ReadBuffer buffer;
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      const auto samples = (*selection)->Read(i, buffer);
      REQUIRE(samples.has_value());
      Points& points = found[(*selection)->labels(i).ToString()];
      for (std::size_t k = 0; k < samples->t.size(); ++k) points.emplace_back(samples->t[k], samples->v[k]);
    }
    return found;
  }
  std::unique_ptr<storage::Registry> registry;
};

}  // namespace

TEST_CASE("a text of any age is stored, sealed and listed", "[tool]") {
  Import import;
  const std::string text =
      "# HELP http_requests_total The total number of HTTP requests.\n"
      "# TYPE http_requests_total counter\n"
      "http_requests_total{code=\"200\",job=\"user\"} 1021 1565133713.989\n"
      "http_requests_total{code=\"200\",job=\"user\"} 1022 1565133714.5\n"
      "# TYPE old gauge\n"
      "old{empty=\"\"} -1.5 -86400\n"
      "# TYPE h histogram\n"
      "h_bucket{le=\"1\"} 4 1565220113\n"
      "# EOF\n";
  REQUIRE(import.OpenMetrics(text) == server::kSuccess);
  CHECK(import.err == "");
  std::istringstream lines(import.out);
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  REQUIRE(rows.size() == 4);  // A run for each day.
  CHECK_THAT(rows[0], Contains("DAY") && Contains("MIN TIME") && Contains("NUM SAMPLES"));
  CHECK_THAT(rows[1], Contains("1969-12-31  2 ") && Contains("-86400000"));
  CHECK_THAT(rows[2],
             Contains("2019-08-06  2 ") && Contains("1565133713989  1565133714500  511       2            1 "));
  CHECK_THAT(rows[3], Contains("2019-08-07  2 "));
  CHECK(import.Stored() == Series{{"http_requests_total{code=\"200\", job=\"user\"}",
                                   {{1'565'133'713'989, 1021}, {1'565'133'714'500, 1022}}},
                                  {"old", {{-86'400'000, -1.5}}},
                                  {"h_bucket{le=\"1.0\"}", {{1'565'220'113'000, 4}}}});
}

TEST_CASE("labels are attached to all series, and the list can be left out", "[tool]") {
  Import import;
  const std::string text = "a{job=\"x\"} 1 1600000000\nb 2 1600000000\n# EOF\n";
  REQUIRE(import.OpenMetrics(text, {"--label=job=new", "--label", "site=n=1", "-q"}) == server::kSuccess);
  CHECK(import.out == "");
  CHECK(import.Stored() == Series{{"a{job=\"new\", site=\"n=1\"}", {{1'600'000'000'000, 1}}},
                                  {"b{job=\"new\", site=\"n=1\"}", {{1'600'000'000'000, 2}}}});
  CHECK(import.OpenMetrics(text, {"--label=job"}) == server::kFailure);
  CHECK(import.err == "vigiatool: error: expected KEY=VALUE got 'job'\n");
}

TEST_CASE("what is wrong with the text is found before anything is stored", "[tool]") {
  Import import;
  const auto fault = [&](const std::string& text) {
    CHECK(import.OpenMetrics(text) == server::kFailure);
    CHECK_FALSE(std::filesystem::exists(import.data()));
    const std::string start = "vigiatool: error: " + import.parent.Below("in.om") + ":";
    CHECK_THAT(import.err, Catch::Matchers::StartsWith(start));
    return import.err.substr(std::min(start.size(), import.err.size()));
  };
  CHECK(fault("a 1 1600000000\na 2\n# EOF\n") == "2: expected timestamp for series got none\n");
  CHECK_THAT(fault("a 1 1600000000\n"), Contains("data does not end with # EOF"));
  CHECK_THAT(fault(""), Contains("data does not end with # EOF"));
  CHECK_THAT(fault("a 1 1600000000\n\nb{x 3 4\n# EOF\n"), Catch::Matchers::StartsWith("2: "));
  CHECK(fault("a 1 1600000000\nb{x=\"1\",x=\"2\"} 1 1600000000\n# EOF\n") == "2: label name \"x\" is not unique\n");
  CHECK(fault("a 1 1700000601\n# EOF\n") == "1: timestamp is more than ten minutes ahead of now\n");
  // Nothing to store is no fault, and no reason to make a folder.
  CHECK(import.OpenMetrics("# EOF\n") == server::kSuccess);
  CHECK_FALSE(std::filesystem::exists(import.data()));
  CHECK(import.Run({"openmetrics", import.parent.Below("none")}) == server::kFailure);
  CHECK_THAT(import.err, Contains("No such file or directory"));
  CHECK(import.Run({"openmetrics", import.parent.path()}) == server::kFailure);
  CHECK_THAT(import.err, Contains("is no regular file"));
}

TEST_CASE("an import joins what the folder had, and can be repeated", "[tool]") {
  Import import;
  const std::string name = "m{instance=\"i\", job=\"j\"}";
  {
    const auto db = import.Open();
    auto appender = db->NewAppender(storage::Labels{{"instance", "i"}, {"job", "j"}});
    const auto ref = *appender->Resolve(storage::Labels{{"__name__", "m"}, {"instance", "i"}, {"job", "j"}});
    REQUIRE(appender->Append(ref, kNow, 9) == storage::AppendOutcome::kAdded);
    const storage::Exemplar exemplar{storage::Labels{{"trace_id", "1"}}, 1, kNow, true};
    REQUIRE(appender->AppendExemplar(ref, exemplar) == storage::AppendOutcome::kAdded);
    REQUIRE(appender->Commit().has_value());
    REQUIRE(db->Close().has_value());
  }
  std::string text;
  Points expected;
  for (int i = 0; i < 500; ++i) {  // Newest first.
    const TimestampMs t = 1'690'000'000'000 - i * 60'000;
    text += "m{job=\"j\",instance=\"i\"} " + std::to_string(i) + " " + std::to_string(t / 1000) + "\n";
    expected.insert(expected.begin(), {t, i});
  }
  expected.emplace_back(kNow, 9);
  for (int round = 0; round < 2; ++round) {
    REQUIRE(import.OpenMetrics(text + "# EOF\n") == server::kSuccess);
    CHECK(import.err == "");
    CHECK(import.Stored() == Series{{name, expected}});
  }
  const auto db = import.Open();
  const std::vector<std::vector<storage::Matcher>> all{{storage::Matcher::Equal("__name__", "m")}};
  const auto exemplars = db->SelectExemplars(storage::kMinTimestampMs, storage::kMaxTimestampMs, all);
  REQUIRE(exemplars.has_value());
  CHECK(exemplars->size() == 1);
}

TEST_CASE("of two values at one time the first stays, and the other is told of", "[tool]") {
  Import import;
  REQUIRE(import.OpenMetrics("a 1 1600000000\na 2 1600000000\na 1 1600000000\n# EOF\n") == server::kSuccess);
  CHECK_THAT(import.err, Contains("1 samples are left out") && Contains("first: a at 2020-09-13T12:26:40.000Z"));
  CHECK(import.Stored() == Series{{"a", {{1'600'000'000'000, 1}}}});
}

TEST_CASE("a folder that a server uses is refused, and one of Prometheus", "[tool]") {
  Import import;
  {
    const auto db = import.Open();
    CHECK(import.OpenMetrics("a 1 1600000000\n# EOF\n") == server::kFailure);
    CHECK_THAT(import.err, Contains("data folder " + import.data() + " is in use by a running server: stop it first"));
  }
  CHECK(import.Stored().empty());
  std::filesystem::create_directories(import.parent.Below("prom/chunks_head"));
  CHECK(import.Run({"openmetrics", import.parent.Below("in.om"), import.parent.Below("prom")}) == server::kFailure);
  CHECK_THAT(import.err, Contains("is a data folder of Prometheus"));
}

TEST_CASE("create-blocks-from says what it wants", "[tool]") {
  Import import;
  CHECK(import.Run({"--help"}) == server::kSuccess);
  CHECK_THAT(import.out, Contains("openmetrics [<flags>] <input file> [<output directory>]"));
  CHECK(import.Run({"-q"}) == server::kFailure);
  CHECK_THAT(import.err, Contains("must select a subcommand of 'tsdb create-blocks-from', try --help"));
  CHECK(import.Run({"blocks"}) == server::kFailure);
  CHECK_THAT(import.err, Contains("expected command but got \"blocks\", try --help"));
  CHECK(import.Run({"openmetrics"}) == server::kFailure);
  CHECK_THAT(import.err, Contains("required argument 'input file' not provided, try --help"));
  const std::string rules = import.Write("r.yml", "groups: []\n");
  CHECK(import.Run({"rules", rules}) == server::kFailure);
  CHECK_THAT(import.err, Contains("required flag --start not provided, try --help"));
  CHECK(import.Run({"rules", "--start=abc", rules}) == server::kFailure);
  CHECK_THAT(import.err, Contains("error parsing start time: cannot parse \"abc\" to a valid timestamp"));
  CHECK(import.Run({"rules", "--start=2023-01-01T00:00:00Z", "--end=1609954630", rules}) == server::kFailure);
  CHECK_THAT(import.err, Contains("start time is not before end time"));
  CHECK(import.Run({"rules", "--start=1600000000", "none.yml"}) == server::kFailure);
  CHECK_THAT(import.err, Contains("path 'none.yml' does not exist, try --help"));
  CHECK(import.Run({"rules", "--start=1600000000"}) == server::kFailure);
  CHECK_THAT(import.err, Contains("required argument 'rule-files' not provided, try --help"));
}

TEST_CASE("rules are asked of a server for times in the past", "[tool]") {
  Import import;
  std::vector<server::Params> asked;
  std::string broken;  // An expression that the server refuses.
  import.fetch = [&](server::HttpRequest request)
                     ->storage::Result<server::HttpResponse> {
                       CHECK(request.url == "http://prom:9090/api/v1/query_range");
  server::Params params;
  REQUIRE(server::ParseQuery(request.body, params).has_value());
  asked.push_back(params);
  server::HttpResponse response;
  response.status = 200;
  if (params.Get("query") == broken) {
    response.body = R"({"status":"error","errorType":"execution","error":"too much"})";
    return response;
  }
  nlohmann::json values = nlohmann::json::array();
  const double step = std::stod(std::string(params.Get("step")));
  for (double t = std::stod(std::string(params.Get("start"))); t <= std::stod(std::string(params.Get("end")));
       t += step) {
    values.push_back({t, "1.5"});
  }
  response.body =
      nlohmann::json{
          {"status", "success"},
          {"data",
           {{"resultType", "matrix"},
            {"result", {{{"metric", {{"__name__", "up"}, {"job", "a"}, {"zone", "z"}}}, {"values", values}}}}}}}
          .dump();
  return response;
};
const std::string rules = import.Write(
    "r.yml",
    "groups:\n- name: g\n  interval: 30s\n  rules:\n  - record: r\n    expr: up\n    labels: {job: of_rule, zone: ''}\n"
    "  - alert: A\n    expr: up == 0\n  - record: s\n    expr: down\n");
const std::vector<std::string> words{
    "rules", "--url=http://prom:9090/", "--start=1600000000", "--end=1600010000", "--output-dir=" + import.data(),
    rules};
REQUIRE(import.Run(words) == server::kSuccess);
CHECK_THAT(import.out, Contains("2020-09-13"));
// No answer covers more than two hours, and together they are every slot of the group from start to end.
REQUIRE(asked.size() == 4);
std::vector<double> slots;
for (const server::Params& params : asked) {
  if (params.Get("query") != "up") continue;
  const double first = std::stod(std::string(params.Get("start")));
  const double last = std::stod(std::string(params.Get("end")));
  CHECK(last - first <= 7200);
  for (double t = first; t <= last; t += 30) slots.push_back(t);
}
CHECK(slots.front() >= 1'600'000'000);
CHECK(slots.front() < 1'600'000'030);
CHECK(slots.back() > 1'600'010'000 - 30);
const Series stored = import.Stored();
REQUIRE(stored.size() == 2);
const Points& r = stored.at("r{job=\"of_rule\"}");
REQUIRE(r.size() == slots.size());
for (std::size_t i = 0; i < r.size(); ++i) {
  CHECK(r[i] == std::pair(static_cast<TimestampMs>(std::llround(slots[i] * 1000)), 1.5));
  if (i > 0) CHECK(r[i].first - r[i - 1].first == 30'000);
}
CHECK(stored.at("s{job=\"a\", zone=\"z\"}").size() == slots.size());
// A rule that cannot be evaluated does not keep the others out.
broken = "up";
CHECK(import.Run(words) == server::kFailure);
CHECK_THAT(import.err, Contains("rule importer error: " + rules + ":5: r: query range: execution: too much"));
CHECK_THAT(import.err, Contains("error importing rules"));
CHECK(import.Stored() == stored);
}
