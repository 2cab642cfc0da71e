#include "server/app/app.h"

#include <fstream>

#include "config/yaml/parse.h"
#include "server/api/openapi.h"
#include "server/http/client.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

using namespace vigia;
using namespace vigia::server;

namespace {

struct Fixture {
  explicit Fixture(const std::string& web_config = "") : client(io.executor(), {}) {
    Options options;
    options.storage_path = folder.Below("data");
    options.listen_addresses = {"127.0.0.1:0"};
    if (!web_config.empty()) {
      options.web_config_file = folder.Below("web.yml");
      std::ofstream(options.web_config_file) << web_config;
    }
    LoadedConfig loaded;
    loaded.config = config::ParseConfig("", "prometheus.yml").value();
    app = std::move(App::Create(options, loaded, Logger::Silent()).value());
    REQUIRE(app->Start().has_value());
  }
  HttpResponse Get(const std::string& path) {
    HttpRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(app->port()) + path;
    return client.Fetch(request).value();
  }

  tests::TempFolder folder;
  IoThreads io{1};
  HttpClient client;
  std::unique_ptr<App> app;
};

}  // namespace

TEST_CASE("the OpenAPI document has words for all endpoints, and only for such") {
  Fixture fixture;
  CHECK(OpenApiGaps(fixture.app->router()) == std::vector<std::string>{});
  for (const auto& [query, version] :
       {std::pair("", "3.1.0"), {"?openapi_version=3.1", "3.1.0"}, {"?openapi_version=3.2", "3.2.0"}}) {
    const HttpResponse answer = fixture.Get(std::string("/api/v1/openapi.yaml") + query);
    CHECK(answer.status == 200);
    CHECK(answer.headers.Get("Content-Type") == "application/yaml; charset=utf-8");
    const auto document = config::yaml::Parse(answer.body, "openapi.yaml");
    INFO((document.has_error() ? document.error().what : ""));
    REQUIRE(document.has_value());
    CHECK(document->Find("openapi")->text == version);
    const config::yaml::Node* const paths = document->Find("paths");
    REQUIRE(paths != nullptr);
    REQUIRE(paths->Find("/query_range") != nullptr);
    CHECK(paths->Find("/query_range")->Find("get") != nullptr);
    CHECK(paths->Find("/query_range")->Find("post") != nullptr);
    CHECK(paths->Find("/admin/tsdb/snapshot")->Find("put") != nullptr);
    CHECK(paths->Find("/openapi.yaml") != nullptr);
  }
  CHECK(fixture.Get("/api/v1/openapi.yaml?openapi_version=2").status == 400);
}

TEST_CASE("requests beyond the rate limit are answered 429") {
  Fixture fixture("rate_limit: {interval: 1h, burst: 3}\n");
  for (int i = 0; i < 3; ++i) CHECK(fixture.Get("/-/healthy").status == 200);
  CHECK(fixture.Get("/-/healthy").status == 429);
  CHECK(fixture.Get("/metrics").status == 429);
}
