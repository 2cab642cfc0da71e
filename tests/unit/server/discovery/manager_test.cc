#include "server/discovery/manager.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <stdlib.h>

#include "server/http/server.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_folder.h"

using namespace vigia::server;
using vigia::config::DiscoveryConfig;
using vigia::config::FileSdConfig;
using vigia::config::HttpSdConfig;
using vigia::storage::Labels;
using vigia::storage::Registry;
using vigia::tests::Eventually;
using vigia::tests::TempFolder;

namespace {

// Remembers the last groups of each job as text: "address{labels} address{labels}".
class Received {
 public:
  void operator()(const std::string& job, const std::vector<TargetGroup>& groups) {
    std::string text;
    for (const TargetGroup& group : groups) {
      for (const Labels& target : group.targets) {
        text += fmt::format("{}{}{}", text.empty() ? "" : " ", target.Get("__address__"), group.labels.ToString());
      }
    }
    const std::lock_guard lock(mu_);
    last_[job] = text;
    ++updates_;
  }
  std::string Of(const std::string& job) {
    const std::lock_guard lock(mu_);
    return last_.contains(job) ? last_[job] : "nothing";
  }
  int updates() {
    const std::lock_guard lock(mu_);
    return updates_;
  }

 private:
  std::mutex mu_;
  std::map<std::string, std::string> last_;
  int updates_ = 0;
};

struct Fixture {
  Registry registry;
  Received received;
  DiscoveryManager manager{
      "scrape", "test",
      [this](const std::string& job, const std::vector<TargetGroup>& groups) { received(job, groups); }, registry,
      Logger::Silent()};
};

DiscoveryConfig Files(const std::filesystem::path& pattern) {
  DiscoveryConfig config;
  config.file_sd_configs.push_back(FileSdConfig{{pattern.string()}, 10});
  return config;
}

}  // namespace

TEST_CASE("static targets arrive within Apply") {
  Fixture f;
  DiscoveryConfig config;
  config.static_configs = {{{"a:1", "b:2"}, Labels{{"env", "x"}}}, {{"c:3"}, Labels{}}};
  f.manager.Apply({{"job", config}, {"none", {}}});
  CHECK(f.received.Of("job") == "a:1{env=\"x\"} b:2{env=\"x\"} c:3{}");
  CHECK(f.received.Of("none") == "");
  CHECK(f.registry.AddGauge("prometheus_sd_discovered_targets", "", Labels{{"name", "scrape"}, {"config", "job"}})
            .value() == 3);
}

TEST_CASE("files are read, followed, kept while broken, and forgotten when gone") {
  const TempFolder dir;
  dir.Write("a.json", R"([{"targets": ["a:1"], "labels": {"env": "x"}}])");
  dir.Write("b.yml", "- targets: ['b:1']\n");
  Fixture f;
  f.manager.Apply({{"job", Files(dir.Below("*.json"))}, {"both", Files(dir.Below("*.*"))}});
  const std::string a = fmt::format("a:1{{__meta_filepath=\"{}/a.json\", env=\"x\"}}", dir.path());
  REQUIRE(Eventually([&] { return f.received.Of("job") == a; }));

  dir.Write("a.json", "[{broken");
  const auto& errors = f.registry.AddCounter("prometheus_sd_file_read_errors_total", "");
  REQUIRE(Eventually([&] { return errors.value() > 0; }));
  CHECK(f.received.Of("job") == a);

  dir.Write("a.json", R"([{"targets": ["a:2", "a:3"]}])");
  REQUIRE(Eventually([&] { return f.received.Of("job").starts_with("a:2{"); }));

  std::filesystem::remove(dir.Below("a.json"));
  REQUIRE(Eventually([&] { return f.received.Of("job").empty(); }));
}

TEST_CASE("a reload keeps what a mechanism found; equal ones are shared") {
  const TempFolder dir;
  dir.Write("a.json", R"([{"targets": ["a:1"]}])");
  Fixture f;
  f.manager.Apply({{"one", Files(dir.Below("*.json"))}});
  REQUIRE(Eventually([&] { return f.received.Of("one").starts_with("a:1"); }));
  const auto& received = f.registry.AddCounter("prometheus_sd_received_updates_total", "", Labels{{"name", "scrape"}});
  const double before = received.value();
  f.manager.Apply({{"one", Files(dir.Below("*.json"))}, {"two", Files(dir.Below("*.json"))}});
  CHECK(f.received.Of("two").starts_with("a:1"));  // At once, from the provider of the first job.
  CHECK(received.value() == before);
  f.manager.Stop();
  const int updates = f.received.updates();
  f.manager.Apply({{"one", {}}});
  CHECK(f.received.updates() == updates);
}

TEST_CASE("http: groups are fetched, failures keep the last ones") {
  std::atomic<int> mode = 0;
  std::atomic<int> requests = 0;
  Router router;
  router.Add({"GET"}, "/sd", [&](const Request& request) {
    ++requests;
    Response response;
    response.content_type = mode == 1 ? "text/html" : "application/json";
    response.status = mode == 2 ? 503 : 200;
    response.body = mode == 3 ? "[]"
                              : R"([{"targets": ["h:1"], "labels": {"seconds": ")" +
                                    std::string(request.headers.Get("X-Prometheus-Refresh-Interval-Seconds")) + "\"}}]";
    return response;
  });
  Registry server_registry;
  HttpServerOptions options;
  options.listen = {"127.0.0.1:0"};
  HttpServer server(options, router, server_registry, Logger::Silent());
  REQUIRE(server.Start().has_value());

  Fixture f;
  DiscoveryConfig config;
  const std::string url = fmt::format("http://127.0.0.1:{}/sd", server.port());
  config.http_sd_configs.push_back(HttpSdConfig{url, 20, {}});
  f.manager.Apply({{"job", config}});
  const std::string expected = fmt::format("h:1{{__meta_url=\"{}\", seconds=\"0.02\"}}", url);
  REQUIRE(Eventually([&] { return f.received.Of("job") == expected; }));
  const auto& failures = f.registry.AddCounter("prometheus_sd_http_failures_total", "");
  for (const int broken : {1, 2}) {
    const double before = failures.value();
    mode = broken;
    REQUIRE(Eventually([&] { return failures.value() > before + 1; }));
    CHECK(f.received.Of("job") == expected);
  }
  mode = 3;
  REQUIRE(Eventually([&] { return f.received.Of("job").empty(); }));
}

TEST_CASE("a mechanism that cannot be set up is counted and the job goes on") {
  Fixture f;
  DiscoveryConfig config;
  config.static_configs = {{{"a:1"}, Labels{}}};
  HttpSdConfig http;
  http.url = "http://h/";
  http.http.http_headers = {{"X-A", {}, {}, {"/nowhere/at/all"}}};
  config.http_sd_configs.push_back(http);
  f.manager.Apply({{"job", config}});
  CHECK(f.received.Of("job") == "a:1{}");
  CHECK(f.registry.AddGauge("prometheus_sd_failed_configs", "", Labels{{"name", "scrape"}}).value() == 1);
}
