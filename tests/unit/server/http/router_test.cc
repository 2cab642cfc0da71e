#include "server/http/router.h"

#include "server/http/server_metrics.h"
#include "tests/support/catch.h"

namespace vigia::server {
namespace {

Handler Says(std::string text) {
  return [text](const Request&) {
    Response response;
    response.body = text;
    return response;
  };
}

Router MakeRouter() {
  Router router;
  router.Add({"GET"}, "/", Says("root"));
  router.Add({"GET", "POST"}, "/api/v1/query", Says("query"));
  router.Add({"GET"}, "/api/v1/label/{name}/values", Says("values"));
  router.Add({"GET"}, "/api/v1/label/special/values", Says("special"));
  router.Add({"GET"}, "/assets/{path...}", Says("assets"));
  router.Add({"GET"}, "/assets/index.css", Says("css"));
  router.Add({"GET"}, "/x", Says("get x"));
  router.Add({"PUT", "POST"}, "/x", Says("put x"));
  return router;
}

TEST_CASE("the router finds the most specific pattern") {
  const Router router = MakeRouter();
  struct Case {
    const char* method;
    const char* path;
    const char* answer;  // Null: not found.
    std::vector<std::string> args;
  };
  const std::vector<Case> cases = {
      {"GET", "/", "root", {}},
      {"GET", "/api/v1/query", "query", {}},
      {"POST", "/api/v1/query", "query", {}},
      {"HEAD", "/", "root", {}},
      {"HEAD", "/assets/a/b.js", "assets", {"a/b.js"}},
      {"HEAD", "/api/v1/query", nullptr, {}},
      {"GET", "/api/v1/query/", nullptr, {}},
      {"GET", "/api/v1/Query", nullptr, {}},
      {"GET", "/api/v1/label/job/values", "values", {"job"}},
      {"GET", "/api/v1/label/special/values", "special", {}},
      {"GET", "/api/v1/label/a%2Fb%20c/values", "values", {"a/b c"}},
      {"GET", "/api/v1/label//values", nullptr, {}},
      {"GET", "/api/v1/label/a/b/values", nullptr, {}},
      {"GET", "/assets/a/b.js", "assets", {"a/b.js"}},
      {"GET", "/assets/", "assets", {""}},
      {"GET", "/assets", nullptr, {}},
      {"GET", "/assets/index.css", "css", {}},
      {"GET", "/x", "get x", {}},
      {"PUT", "/x", "put x", {}},
      {"GET", "/%zz", nullptr, {}},
      {"GET", "", "root", {}},
  };
  for (const Case& c : cases) {
    INFO(c.method << " " << c.path);
    const Router::Match match = router.Find(c.method, c.path);
    if (c.answer == nullptr) {
      CHECK(match.handler == nullptr);
    } else {
      REQUIRE(match.handler != nullptr);
      CHECK((*match.handler)(Request{}).body == c.answer);
      CHECK(match.args == c.args);
    }
  }
}

TEST_CASE("a known path with another method lists the methods it has") {
  const Router router = MakeRouter();
  const Router::Match match = router.Find("DELETE", "/x");
  CHECK(match.handler == nullptr);
  CHECK(match.pattern == "/x");
  CHECK(match.allowed_methods == std::vector<std::string>{"GET", "PUT", "POST"});
  CHECK(router.Find("DELETE", "/nothing").pattern.empty());
}

TEST_CASE("the fallback answers what no pattern matches") {
  Router router = MakeRouter();
  router.SetFallback(Says("fallback"));
  CHECK((*router.Find("GET", "/nothing").handler)(Request{}).body == "fallback");
  CHECK(router.Find("DELETE", "/x").handler == nullptr);
}

TEST_CASE("patterns are labelled as Prometheus labels them") {
  CHECK(HandlerLabel("/api/v1/label/{name}/values") == "/api/v1/label/:name/values");
  CHECK(HandlerLabel("/assets/{filepath...}") == "/assets/*filepath");
  CHECK(HandlerLabel("/") == "/");
}

TEST_CASE("header names have no case") {
  Headers headers;
  headers.Add("Content-Type", "a");
  headers.Add("X", "1");
  headers.Add("x", "2");
  CHECK(headers.Get("content-TYPE") == "a");
  CHECK(headers.Get("X") == "1");
  headers.Set("x", "3");
  CHECK(headers.Get("X") == "3");
  CHECK(std::distance(headers.begin(), headers.end()) == 2);
  CHECK_FALSE(headers.Has("Y"));
}

}  // namespace
}  // namespace vigia::server
