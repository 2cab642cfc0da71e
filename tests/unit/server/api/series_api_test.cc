#include "server/api/series_api.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"

using namespace vigia;
using namespace vigia::server;
using nlohmann::json;

namespace {

struct Api {
  Api() {
    for (const char* job : {"a", "b"}) memory.Add({{"__name__", "up"}, {"job", job}}, 1'000, 1);
    RegisterSeriesApi(router, memory);
  }
  json Get(const std::string& path, const std::vector<std::pair<std::string, std::string>>& params, int status) {
    const Router::Match match = router.Find("GET", "/api/v1/" + path);
    REQUIRE(match.handler != nullptr);
    Request request;
    request.method = "GET";
    request.path_args = match.args;
    for (const auto& [name, value] : params) request.params.Add(name, value);
    const Response response = (*match.handler)(request);
    CHECK(response.status == status);
    return json::parse(response.body);
  }
  tests::MemoryStorage memory;
  Router router;
};

constexpr const char* kEndpoints[] = {"labels", "label/job/values", "series"};

}  // namespace

// Texts, statuses and the order of checks are what Prometheus 3.5.3 answers.
TEST_CASE("bad parameters of labels and series are named") {
  Api api;
  for (const std::string path : kEndpoints) {
    INFO(path);
    const std::pair<std::string, std::string> up{"match[]", "up"};
    const auto error = [&](const std::vector<std::pair<std::string, std::string>>& params) {
      return api.Get(path, params, 400)["error"].get<std::string>();
    };
    CHECK(error({up, {"start", "x"}}) ==
          "invalid parameter \"start\": invalid time value for 'start': cannot parse \"x\" to a valid timestamp");
    CHECK(error({up, {"end", "x"}}) ==
          "invalid parameter \"end\": invalid time value for 'end': cannot parse \"x\" to a valid timestamp");
    CHECK(error({up, {"limit", "x"}, {"start", "x"}}) ==
          "invalid parameter \"limit\": strconv.Atoi: parsing \"x\": invalid syntax");
    CHECK(error({up, {"limit", "-1"}}) == "invalid parameter \"limit\": limit must be non-negative");
    CHECK(error({{"match[]", "{"}, {"start", "x"}}).starts_with("invalid parameter \"start\": "));
    const std::string prefix = path == "series" ? "invalid parameter \"match[]\": " : "";
    CHECK(error({{"match[]", "{"}}) == prefix + "1:2: parse error: unexpected end of input inside braces");
    CHECK(error({{"match[]", "{a=\"\"}"}}) == prefix + "match[] must contain at least one non-empty matcher");
  }
  CHECK(api.Get("series", {{"start", "x"}}, 400)["error"] == "no match[] parameter provided");
}

TEST_CASE("a range that ends before it starts has nothing in it") {
  Api api;
  for (const std::string path : kEndpoints) {
    INFO(path);
    const json answer = api.Get(path, {{"match[]", "up"}, {"start", "2"}, {"end", "1"}}, 200);
    CHECK(answer == json::parse(R"({"status":"success","data":[]})"));
    CHECK(api.Get(path, {{"match[]", "up"}, {"start", "1"}, {"end", "1"}}, 200)["data"].size() == 2);
  }
}

TEST_CASE("a limit may have a plus") {
  Api api;
  const json answer = api.Get("label/job/values", {{"limit", "+1"}}, 200);
  CHECK(answer["data"] == json{"a"});
  CHECK(answer["warnings"] == json{"results truncated due to limit"});
}
