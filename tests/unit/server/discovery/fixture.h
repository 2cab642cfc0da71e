// What tests of discovery's mechanisms share: a manager, what its consumer got, and an HTTP server to ask.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "server/discovery/manager.h"
#include "server/http/server.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"

namespace vigia::server {

using tests::Eventually;

// The labels of a target with those of its group.
inline storage::Labels WholeTarget(const TargetGroup& group, const storage::Labels& target) {
  storage::LabelsBuilder all(group.labels);
  for (const storage::LabelView label : target) all.Set(label.name, label.value);
  return all.Build();
}

struct Discovery {
  // Groups of the only job, as they came last.
  std::vector<TargetGroup> Groups() {
    const std::lock_guard lock(mu);
    return last;
  }
  // address -> all labels.
  std::map<std::string, storage::Labels> Targets() {
    std::map<std::string, storage::Labels> out;
    for (const TargetGroup& group : Groups()) {
      for (const storage::Labels& target : group.targets) {
        out[std::string(target.Get("__address__"))] = WholeTarget(group, target);
      }
    }
    return out;
  }
  std::vector<std::string> Addresses() {
    std::vector<std::string> out;
    for (const auto& [address, labels] : Targets()) out.push_back(address);
    return out;
  }
  double CounterOf(std::string_view name, const storage::Labels& labels = {}) {
    return registry.AddCounter(name, "", labels).value();
  }

  storage::Registry registry;
  std::mutex mu;
  std::vector<TargetGroup> last;
  std::string logged;  // Read it when nothing is going on any more.
  DiscoveryManager manager{"scrape", "test",
                           [this](const std::string&, const std::vector<TargetGroup>& groups) {
                             const std::lock_guard lock(mu);
                             last = groups;
                           },
                           registry,
                           Logger::ToString(&logged, LogLevel::kDebug, LogFormat::kLogfmt, storage::SystemClock())};
};

struct TestServer {
  explicit TestServer(Router& router) : server(Options(), router, registry, Logger::Silent()) {
    REQUIRE(server.Start().has_value());
  }
  static HttpServerOptions Options() {
    HttpServerOptions options;
    options.listen = {"127.0.0.1:0"};
    return options;
  }
  std::string Address() const { return fmt::format("127.0.0.1:{}", server.port()); }

  storage::Registry registry;
  HttpServer server;
};

inline Response Json(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

}  // namespace vigia::server
