// A Consul agent as its HTTP API documentation describes it: catalogue, health, blocking queries.
#include "config/yaml/parse_json.h"
#include "server/discovery/consul_targets.h"
#include "tests/unit/server/discovery/fixture.h"

using namespace vigia::server;
using Catch::Matchers::Contains;
using vigia::config::ConsulSdConfig;
using vigia::config::DiscoveryConfig;
using vigia::config::Secret;
using vigia::storage::Labels;

namespace {

constexpr std::string_view kInstances = R"([{"Node":{"ID":"40e4","Node":"foobar","Address":"10.1.10.12",
"Datacenter":"dc1","TaggedAddresses":{"lan":"10.1.10.12","wan":"1.2.3.4"},"Meta":{"instance-type":"m5"}},
"Service":{"ID":"redis1","Service":"redis","Tags":["primary","v1"],"Address":"10.1.10.13","Port":8000,
"Meta":{"redis_version":"4.0"},"Namespace":"default"},"Checks":[{"CheckID":"service:redis1","Status":"passing"},
{"CheckID":"serfHealth","Status":"warning"}]},
{"Node":{"Node":"other","Address":"fd00::1","Meta":null},"Service":{"ID":"redis2","Tags":null,"Address":"",
"Port":8001},"Checks":[{"CheckID":"_node_maintenance","Status":"critical"}]}])";

TargetGroup Targets(std::string_view json, const ConsulSdConfig& config = {}) {
  const auto node = vigia::config::yaml::ParseJson(json, "instances").value();
  return ConsulTargets("redis", "dc1", node, config);
}

// Answers questions at once when they are behind `index`, and others after a moment, as if their time was over.
class FakeConsul {
 public:
  FakeConsul() {
    router_.Add({"GET"}, "/gate/v1/agent/self", [this](const Request& request) {
      Note(request);
      return broken ? Json("no", 500) : Json(R"({"Config":{"Datacenter":"dc9"}})");
    });
    router_.Add({"GET"}, "/gate/v1/catalog/services",
                [this](const Request& request) { return Blocking(request, "catalogue"); });
    router_.Add({"GET"}, "/gate/v1/health/service/{name}",
                [this](const Request& request) { return Blocking(request, request.path_args.at(0)); });
    server_.emplace(router_);
  }
  std::string Address() const { return server_->Address(); }
  void Set(const std::string& what, const std::string& json) {
    const std::lock_guard lock(mu_);
    answers_[what] = {++index_, json};
  }
  std::vector<std::string> Requests() {
    const std::lock_guard lock(mu_);
    return requests_;
  }
  int Count(const std::string& part) {
    const auto all = Requests();
    return static_cast<int>(
        std::count_if(all.begin(), all.end(), [&](const auto& r) { return r.find(part) != r.npos; }));
  }
  std::atomic<bool> broken = false;

 private:
  void Note(const Request& request) {
    const std::lock_guard lock(mu_);
    requests_.push_back(request.path + "?" + request.raw_query +
                        " token=" + std::string(request.headers.Get("X-Consul-Token")));
  }
  Response Blocking(const Request& request, const std::string& what) {
    Note(request);
    const std::string seen(request.params.Get("index"));
    for (int i = 0; i < 10; ++i) {
      {
        const std::lock_guard lock(mu_);
        const auto& [index, json] = answers_[what];
        if (broken) return Json("broken", 500);
        if (seen != std::to_string(index) || i == 9) {
          Response response = Json(json.empty() ? "[]" : json);
          response.headers.Add("X-Consul-Index", std::to_string(index));
          return response;
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return Json("[]");
  }

  Router router_;
  std::mutex mu_;
  int index_ = 10;
  std::map<std::string, std::pair<int, std::string>> answers_;
  std::vector<std::string> requests_;
  std::optional<TestServer> server_;  // Last, so that it ends first.
};

std::string Instance(const std::string& id, int port) {
  return fmt::format(
      R"([{{"Node":{{"Node":"n","Address":"10.0.0.1"}},"Service":{{"ID":"{}","Port":{}}},"Checks":[]}}])", id, port);
}

ConsulSdConfig Asking(const FakeConsul& consul) {
  ConsulSdConfig config;
  config.server = consul.Address();
  config.path_prefix = "/gate/";
  config.token = Secret("t0ken");
  config.refresh_interval_ms = 10;
  return config;
}

void Apply(Discovery& discovery, const ConsulSdConfig& config) {
  DiscoveryConfig all;
  all.consul_sd_configs.push_back(config);
  discovery.manager.Apply({{"job", all}});
}

}  // namespace

TEST_CASE("consul: an instance of a service") {
  const TargetGroup group = Targets(kInstances);
  CHECK(group.source == "redis");
  CHECK(group.labels == Labels{{"__meta_consul_service", "redis"}, {"__meta_consul_dc", "dc1"}});
  REQUIRE(group.targets.size() == 2);
  CHECK(group.targets[0] == Labels{{"__address__", "10.1.10.13:8000"},
                                   {"__meta_consul_address", "10.1.10.12"},
                                   {"__meta_consul_health", "warning"},
                                   {"__meta_consul_metadata_instance_type", "m5"},
                                   {"__meta_consul_namespace", "default"},
                                   {"__meta_consul_node", "foobar"},
                                   {"__meta_consul_service_address", "10.1.10.13"},
                                   {"__meta_consul_service_id", "redis1"},
                                   {"__meta_consul_service_metadata_redis_version", "4.0"},
                                   {"__meta_consul_service_port", "8000"},
                                   {"__meta_consul_tagged_address_lan", "10.1.10.12"},
                                   {"__meta_consul_tagged_address_wan", "1.2.3.4"},
                                   {"__meta_consul_tags", ",primary,v1,"}});
  // Without an address of its own it is at its node's.
  CHECK(group.targets[1].Get("__address__") == "[fd00::1]:8001");
  CHECK(group.targets[1].Get("__meta_consul_health") == "maintenance");
  CHECK(group.targets[1].Get("__meta_consul_tags") == ",,");
  ConsulSdConfig config;
  config.tag_separator = "|";
  CHECK(Targets(kInstances, config).targets[0].Get("__meta_consul_tags") == "|primary|v1|");
}

TEST_CASE("consul: the health of an instance is that of its worst check") {
  const auto health = [](const std::string& statuses) {
    return std::string(Targets(R"([{"Node":{"Address":"a"},"Service":{"Port":1},"Checks":[)" + statuses + "]}]")
                           .targets.at(0)
                           .Get("__meta_consul_health"));
  };
  CHECK(health("") == "passing");
  CHECK(health(R"({"Status":"passing"},{"Status":"critical"},{"Status":"warning"})") == "critical");
  CHECK(health(R"({"Status":"passing"},{"Status":"warning"})") == "warning");
  CHECK(health(R"({"Status":"odd"})") == "");
  CHECK(health(R"({"CheckID":"_service_maintenance:x","Status":"critical"})") == "maintenance");
}

TEST_CASE("consul: which services are wanted") {
  const auto tags = vigia::config::yaml::ParseJson(R"(["a","b"])", "tags").value();
  ConsulSdConfig config;
  CHECK(IsWanted("x", tags, config));
  config.tags = {"a", "b"};
  CHECK(IsWanted("x", tags, config));
  config.tags = {"a", "c"};
  CHECK_FALSE(IsWanted("x", tags, config));
  config.tags = {};
  config.services = {"y"};
  CHECK_FALSE(IsWanted("x", tags, config));
  CHECK(IsWanted("y", tags, config));
}

TEST_CASE("consul: services come, change and go") {
  FakeConsul consul;
  consul.Set("catalogue", R"({"web":["a"],"db":[]})");
  consul.Set("web", Instance("w", 80));
  consul.Set("db", Instance("d", 5432));
  Discovery discovery;
  ConsulSdConfig config = Asking(consul);
  config.node_meta = {{"rack", "1"}};
  config.filter = "Tag == a";
  config.health_filter = "Checks.Status == passing";
  config.name_space = "ns";
  Apply(discovery, config);
  REQUIRE(Eventually([&] {
    return discovery.Addresses() == std::vector<std::string>{"10.0.0.1:5432", "10.0.0.1:80"};
  }));
  CHECK(discovery.Targets().at("10.0.0.1:80").Get("__meta_consul_dc") == "dc9");
  consul.Set("web", Instance("w", 81));
  REQUIRE(Eventually([&] { return discovery.Targets().contains("10.0.0.1:81"); }));
  CHECK_FALSE(discovery.Targets().contains("10.0.0.1:80"));
  consul.Set("catalogue", R"({"web":["a"]})");
  REQUIRE(Eventually([&] { return discovery.Addresses() == std::vector<std::string>{"10.0.0.1:81"}; }));
  CHECK(consul.Count("/gate/v1/catalog/services?stale=&ns=ns&wait=120s&node-meta=rack%3A1&filter=Tag+%3D%3D+a "
                     "token=t0ken") >= 1);
  CHECK(consul.Count("/gate/v1/health/service/web?stale=&ns=ns&index=12&wait=120s&node-meta=rack%3A1&"
                     "filter=Checks.Status+%3D%3D+passing token=t0ken") >= 1);
  consul.Set("catalogue", "{}");
  REQUIRE(Eventually([&] { return discovery.Addresses().empty(); }));
  discovery.manager.Stop();
  CHECK_THAT(discovery.logged, !Contains("t0ken"));
}

TEST_CASE("consul: named services are asked for without the catalogue") {
  FakeConsul consul;
  consul.Set("web", Instance("w", 80));
  Discovery discovery;
  ConsulSdConfig config = Asking(consul);
  config.services = {"web"};
  config.datacenter = "dc2";
  config.allow_stale = false;
  Apply(discovery, config);
  REQUIRE(Eventually([&] { return discovery.Targets().contains("10.0.0.1:80"); }));
  CHECK(discovery.Targets().at("10.0.0.1:80").Get("__meta_consul_dc") == "dc2");
  CHECK(consul.Count("/catalog/") == 0);
  CHECK(consul.Count("/agent/self") == 0);
  CHECK(consul.Count("/health/service/web?dc=dc2&wait=120s ") == 1);
}

TEST_CASE("consul: failures are counted and keep what was found") {
  FakeConsul consul;
  consul.broken = true;
  consul.Set("catalogue", R"({"web":[]})");
  consul.Set("web", Instance("w", 80));
  Discovery discovery;
  Apply(discovery, Asking(consul));
  REQUIRE(Eventually([&] { return discovery.CounterOf("prometheus_sd_consul_rpc_failures_total") > 0; }));
  consul.broken = false;
  REQUIRE(Eventually([&] { return discovery.Targets().contains("10.0.0.1:80"); }));
  consul.broken = true;
  const double before = discovery.CounterOf("prometheus_sd_consul_rpc_failures_total");
  REQUIRE(Eventually([&] { return discovery.CounterOf("prometheus_sd_consul_rpc_failures_total") > before + 1; }));
  CHECK(discovery.Targets().contains("10.0.0.1:80"));
  discovery.manager.Stop();
  CHECK_THAT(discovery.logged,
             Contains("Error retrieving datacenter name") && Contains("Unexpected response code: 500"));
}
