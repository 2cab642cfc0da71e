#include "server/api/exemplars_api.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;
using nlohmann::json;

namespace {

// Gives one series and notes what it was asked for.
class Exemplars : public storage::ExemplarQueryable {
 public:
  storage::Result<std::vector<storage::ExemplarSeries>> SelectExemplars(
      storage::TimestampMs start_ms, storage::TimestampMs end_ms,
      std::span<const std::vector<storage::Matcher>> selectors) const override {
    start = start_ms;
    end = end_ms;
    asked.clear();
    for (const auto& matchers : selectors) {
      std::string text;
      for (const storage::Matcher& m : matchers) text += m.ToString() + ";";
      asked.push_back(text);
    }
    if (selectors.empty()) return std::vector<storage::ExemplarSeries>();
    const storage::Exemplar exemplar{storage::Labels{{"trace_id", "EpTxMJ40fUus7aGY"}}, 6, 1'600'096'945'479, true};
    return std::vector<storage::ExemplarSeries>{
        {storage::Labels{{"__name__", "test_exemplar_metric_total"}, {"job", "prometheus"}}, {exemplar}}};
  }
  mutable storage::TimestampMs start = 0;
  mutable storage::TimestampMs end = 0;
  mutable std::vector<std::string> asked;
};

struct Api {
  Api() { RegisterExemplarsApi(router, exemplars, {}); }
  Response Get(const std::vector<std::pair<std::string, std::string>>& params) {
    Request request;
    request.method = "GET";
    request.path = "/api/v1/query_exemplars";
    for (const auto& [name, value] : params) request.params.Add(name, value);
    return (*router.Find("GET", request.path).handler)(request);
  }
  Exemplars exemplars;
  Router router;
};

}  // namespace

// The answer is the example of Prometheus' documentation, docs/querying/api.md.
TEST_CASE("exemplars are shown by series") {
  Api api;
  const Response response = api.Get({{"query", "rate(test_exemplar_metric_total[5m]) / a{b!=\"c\"}"},
                                     {"start", "1600096945.479"},
                                     {"end", "1600096955"}});
  CHECK(response.status == 200);
  CHECK(json::parse(response.body) ==
        json::parse(R"({"status":"success","data":[{"seriesLabels":{"__name__":"test_exemplar_metric_total",
        "job":"prometheus"},"exemplars":[{"labels":{"trace_id":"EpTxMJ40fUus7aGY"},"value":"6",
        "timestamp":1600096945.479}]}]})"));
  CHECK(api.exemplars.start == 1'600'096'945'479);
  CHECK(api.exemplars.end == 1'600'096'955'000);
  CHECK(api.exemplars.asked ==
        std::vector<std::string>{"__name__=\"test_exemplar_metric_total\";", "b!=\"c\";__name__=\"a\";"});
}

TEST_CASE("times of exemplars may be left out, selectors too") {
  Api api;
  CHECK(json::parse(api.Get({{"query", "1 + 1"}}).body)["data"] == json::array());
  CHECK(api.exemplars.start == storage::kMinTimestampMs);
  CHECK(api.exemplars.end == storage::kMaxTimestampMs);
}

TEST_CASE("bad parameters of exemplars are named") {
  Api api;
  const auto error = [&](const std::vector<std::pair<std::string, std::string>>& params) {
    const Response response = api.Get(params);
    CHECK(response.status == 400);
    return json::parse(response.body)["error"].get<std::string>();
  };
  CHECK(error({{"query", "a"}, {"start", "x"}}) ==
        "invalid parameter \"start\": invalid time value for 'start': cannot parse \"x\" to a valid timestamp");
  CHECK(error({{"query", "sum("}}) == "1:5: parse error: unclosed left parenthesis");
  CHECK(error({{"query", "a"}, {"start", "2"}, {"end", "1"}}) == "end timestamp must not be before start timestamp");
}
