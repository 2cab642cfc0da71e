#include "server/api/admin_api.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;
using nlohmann::json;

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Writes down what is asked of storage.
class Api {
 public:
  explicit Api(bool enabled = true) {
    AdminApiDeps deps;
    deps.enabled = enabled;
    deps.snapshot = [] { return storage::Result<std::string>("name"); };
    deps.compact = [] { return storage::Status(); };
    deps.delete_series = [this](std::span<const storage::Matcher> matchers, storage::TimestampMs from,
                                storage::TimestampMs to) {
      std::string call;
      for (const auto& matcher : matchers) call += matcher.ToString() + " ";
      calls.push_back(call + std::to_string(from) + ".." + std::to_string(to));
      return answer;
    };
    deps.clean_tombstones = [this] {
      calls.push_back("clean");
      return answer;
    };
    RegisterAdminApi(router_, std::move(deps));
  }
  Response Send(const std::string& method, const std::string& path, const Parameters& params = {}) {
    Request request;
    request.method = method;
    request.path = "/api/v1/admin/tsdb/" + path;
    for (const auto& [name, value] : params) request.params.Add(name, value);
    const Router::Match match = router_.Find(method, request.path);
    REQUIRE(match.handler != nullptr);
    return (*match.handler)(request);
  }

  std::vector<std::string> calls;
  storage::Status answer;

 private:
  Router router_;
};

void CheckError(const Response& response, int status, const std::string& type, const std::string& text) {
  CHECK(response.status == status);
  const json body = json::parse(response.body);
  CHECK(body["status"] == "error");
  CHECK(body["errorType"] == type);
  CHECK(body["error"] == text);
}

}  // namespace

TEST_CASE("deletes reach storage with their selectors and times") {
  Api api;
  const auto method = GENERATE("POST", "PUT");
  const Response response = api.Send(method, "delete_series",
                                     {{"match[]", "up{job=\"a\"}"}, {"match[]", "x"}, {"start", "1.5"}, {"end", "2"}});
  CHECK(response.status == 204);
  CHECK(response.body.empty());
  CHECK(api.calls == std::vector<std::string>{"job=\"a\" __name__=\"up\" 1500..2000", "__name__=\"x\" 1500..2000"});
}

TEST_CASE("without times everything is deleted") {
  Api api;
  CHECK(api.Send("POST", "delete_series", {{"match[]", "up"}}).status == 204);
  CHECK(api.calls == std::vector<std::string>{"__name__=\"up\" " + std::to_string(storage::kMinTimestampMs) + ".." +
                                              std::to_string(storage::kMaxTimestampMs)});
}

TEST_CASE("bad requests delete nothing") {
  Api api;
  CheckError(api.Send("POST", "delete_series"), 400, "bad_data", "no match[] parameter provided");
  CHECK(api.Send("POST", "delete_series", {{"match[]", "up"}, {"match[]", "{"}}).status == 400);
  CheckError(api.Send("POST", "delete_series", {{"match[]", "up"}, {"start", "x"}}), 400, "bad_data",
             "invalid parameter \"start\": invalid time value for 'start': cannot parse \"x\" to a valid timestamp");
  CheckError(api.Send("POST", "delete_series", {{"match[]", "{"}}), 400, "bad_data",
             "invalid parameter \"match[]\": 1:2: parse error: unexpected end of input inside braces");
  CHECK(api.calls.empty());
}

TEST_CASE("failures of storage are internal, being busy is unavailable") {
  Api api;
  api.answer = storage::Error{storage::Errc::kLimit, "too many"};
  CheckError(api.Send("POST", "delete_series", {{"match[]", "up"}}), 500, "internal", "too many");
  api.answer = storage::Error{storage::Errc::kUnavailable, "disk full"};
  CheckError(api.Send("PUT", "clean_tombstones"), 500, "unavailable", "disk full");
  api.answer = {};
  CHECK(api.Send("POST", "clean_tombstones").status == 204);
}

TEST_CASE("admin endpoints answer unavailable when they are off") {
  Api api(false);
  const auto path = GENERATE("delete_series", "clean_tombstones", "snapshot", "compact");
  CheckError(api.Send("POST", path, {{"match[]", "up"}}), 500, "unavailable", "admin APIs disabled");
  CHECK(api.calls.empty());
}
