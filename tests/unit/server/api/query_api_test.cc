#include "server/api/query_api.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"

using namespace vigia;
using namespace vigia::server;
using nlohmann::json;

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Says when it was written to, so that results are kept.
class KeepableStorage : public tests::MemoryStorage {
 public:
  const storage::TimeVersions* time_versions() const override { return &versions_; }

 private:
  storage::TimeVersions versions_;
};

struct Api {
  Api() : engine({}, memory, registry) {
    memory.AddEvery({{"__name__", "x"}}, 1'000, {0, 1, 2, 3, 4, 5});
    RegisterQueryApi(router, {engine, [] { return storage::TimestampMs{5'000}; }});
  }
  json Get(const std::string& path, const Parameters& params, int status) {
    Request request;
    request.method = "GET";
    for (const auto& [name, value] : params) request.params.Add(name, value);
    const Response response = (*router.Find("GET", "/api/v1/" + path).handler)(request);
    CHECK(response.status == status);
    return json::parse(response.body);
  }
  KeepableStorage memory;
  storage::Registry registry;
  promql::Engine engine;
  Router router;
};

// With parameters in front of good ones: the first of a name counts.
Parameters Range(Parameters params) {
  for (const auto& [name, value] : Parameters{{"query", "x"}, {"start", "1"}, {"end", "3"}, {"step", "1"}}) {
    params.emplace_back(name, value);
  }
  return params;
}

}  // namespace

// Texts, statuses and the order of checks are what Prometheus 3.5.3 answers.
TEST_CASE("bad parameters of both kinds of query are named") {
  Api api;
  for (const std::string path : {"query", "query_range"}) {
    INFO(path);
    const auto error = [&](const Parameters& params) {
      return api.Get(path, Range(params), 400)["error"].get<std::string>();
    };
    CHECK(error({{"limit", "x"}, {"time", "x"}, {"start", "x"}, {"timeout", "x"}}) ==
          "invalid parameter \"limit\": strconv.Atoi: parsing \"x\": invalid syntax");
    CHECK(error({{"timeout", "x"}, {"lookback_delta", "x"}}) ==
          "invalid parameter \"timeout\": cannot parse \"x\" to a valid duration");
    CHECK(error({{"lookback_delta", "x"}, {"query", "sum("}}) ==
          "error parsing lookback delta duration: cannot parse \"x\" to a valid duration");
    CHECK(error({{"lookback_delta", "1e300"}}) ==
          "error parsing lookback delta duration: cannot parse \"1e300\" to a valid duration. It overflows int64");
    CHECK(error({{"query", "sum("}}) == "invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis");
    CHECK(error({{"query", "sum("}, {"timeout", "0"}}).starts_with("invalid parameter \"query\": "));
    CHECK(error({{"explain", "x"}}) == "invalid parameter \"explain\": must be plan or analyze");
  }
  CHECK(api.Get("query", {{"query", "x"}, {"time", "x"}, {"timeout", "x"}}, 400)["error"] ==
        "invalid parameter \"time\": invalid time value for 'time': cannot parse \"x\" to a valid timestamp");
}

TEST_CASE("bad times of a range query are named") {
  Api api;
  const auto error = [&](const Parameters& params) {
    return api.Get("query_range", Range(params), 400)["error"].get<std::string>();
  };
  CHECK(error({{"start", "x"}, {"timeout", "x"}}) ==
        "invalid parameter \"start\": cannot parse \"x\" to a valid timestamp");
  CHECK(error({{"end", "0"}}) == "invalid parameter \"end\": end timestamp must not be before start time");
  for (const char* step : {"0", "-1", "NaN"}) {
    CHECK(error({{"step", step}}) ==
          "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive "
          "integer");
  }
  CHECK(error({{"end", "20000"}}).starts_with("exceeded maximum resolution of 11,000 points per timeseries."));
}

TEST_CASE("a lookback of nothing or less is the default") {
  Api api;
  for (const char* lookback : {"0", "-1", "NaN"}) {
    INFO(lookback);
    const json data = api.Get("query", {{"query", "x"}, {"time", "100"}, {"lookback_delta", lookback}}, 200)["data"];
    CHECK(data["result"].size() == 1);
  }
  CHECK(api.Get("query", {{"query", "x"}, {"time", "100"}, {"lookback_delta", "10"}}, 200)["data"]["result"].empty());
}

TEST_CASE("a query without any time times out, whatever is kept") {
  Api api;
  CHECK(api.Get("query_range", Range({}), 200)["data"]["result"].size() == 1);
  for (const char* timeout : {"0", "-1", "NaN"}) {
    INFO(timeout);
    CHECK(api.Get("query_range", Range({{"timeout", timeout}}), 503)["errorType"] == "timeout");
  }
}
