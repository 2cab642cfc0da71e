#include <filesystem>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/yaml/parse_json.h"
#include "server/discovery/docker_targets.h"
#include "server/discovery/meta_labels.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/server/discovery/fixture.h"

using namespace vigia::server;
using vigia::config::DiscoveryConfig;
using vigia::config::DockerSdConfig;
using vigia::storage::Labels;

namespace {

// Recorded from Docker 20.10 (shortened): a web server in two networks, one container that uses its network, one
// without ports, one in the network of the host, one without a network.
constexpr std::string_view kContainers = R"([
{"Id":"d12a","Names":["/alone"],"Image":"demo:1","ImageID":"sha256:4ec6","Ports":[],"Labels":{},"State":"running",
 "HostConfig":{"NetworkMode":"none"},"NetworkSettings":{"Networks":{"none":{"NetworkID":"eb2a","IPAddress":"",
 "GlobalIPv6Address":""}}},"Mounts":[]},
{"Id":"6323","Names":["/hosted"],"Image":"demo:1","ImageID":"sha256:4ec6","Ports":[],"Labels":{},
 "HostConfig":{"NetworkMode":"host"},"NetworkSettings":{"Networks":{"host":{"IPAMConfig":null,"NetworkID":"1264",
 "IPAddress":"","GlobalIPv6Address":""}}}},
{"Id":"2044","Names":["/shop_exporter_1"],"Image":"demo:1","ImageID":"sha256:4ec6","Ports":[],
 "Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"exporter"},
 "HostConfig":{"NetworkMode":"container:c74f"},"NetworkSettings":{"Networks":{}}},
{"Id":"caf5","Names":["/shop_plain_1"],"Image":"demo:1","ImageID":"sha256:4ec6","Ports":[],
 "Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"plain"},
 "HostConfig":{"NetworkMode":"shop_back"},"NetworkSettings":{"Networks":{"shop_back":{"NetworkID":"b8fb",
 "IPAddress":"10.231.2.11"}}}},
{"Id":"c74f","Names":["/shop_web_1"],"Image":"demo:1","ImageID":"sha256:4ec6",
 "Ports":[{"PrivatePort":53,"Type":"udp"},{"IP":"127.0.0.1","PrivatePort":8080,"PublicPort":18080,"Type":"tcp"}],
 "Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web"},
 "HostConfig":{"NetworkMode":"shop_front"},"NetworkSettings":{"Networks":{
 "shop_front":{"NetworkID":"6c24","IPAddress":"10.231.1.10"},
 "shop_back":{"NetworkID":"b8fb","IPAddress":"10.231.2.10"}}}}])";

constexpr std::string_view kNetworks = R"([
{"Name":"none","Id":"eb2a","Scope":"local","Driver":"null","Internal":false,"Ingress":false,"Labels":{}},
{"Name":"host","Id":"1264","Scope":"local","Driver":"host","Internal":false,"Ingress":false,"Labels":{}},
{"Name":"shop_front","Id":"6c24","Scope":"local","Internal":false,"Ingress":false,"Labels":{"tier":"front"}},
{"Name":"shop_back","Id":"b8fb","Scope":"local","Internal":true,"Ingress":false,"Labels":{}}])";

std::map<std::string, Labels> Targets(std::string_view containers, const DockerSdConfig& config = {}) {
  const auto list = vigia::config::yaml::ParseJson(containers, "containers").value();
  const auto networks = vigia::config::yaml::ParseJson(kNetworks, "networks").value();
  const TargetGroup group = DockerTargets(list, networks, config);
  CHECK(group.source == "Docker");
  std::map<std::string, Labels> out;
  for (const Labels& target : group.targets) {
    const auto key = std::string(target.Get("__address__")) + std::string(target.Get("__meta_docker_container_name"));
    CHECK(out.emplace(key, target).second);
  }
  return out;
}

DiscoveryConfig Asking(const std::string& host) {
  DockerSdConfig config;
  config.host = host;
  config.refresh_interval_ms = 20;
  DiscoveryConfig discovery;
  discovery.docker_sd_configs.push_back(config);
  return discovery;
}

// A listener on a local socket that gives each connection one canned answer by the path that was asked.
class LocalEngine {
 public:
  explicit LocalEngine(const std::string& path) : path_(path), listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof(at.sun_path) - 1);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    thread_ = std::thread([this] { Serve(); });
  }
  ~LocalEngine() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    std::filesystem::remove(path_);
  }

 private:
  void Serve() {
    for (int peer = ::accept(listener_, nullptr, nullptr); peer >= 0; peer = ::accept(listener_, nullptr, nullptr)) {
      std::string request(4096, '\0');
      request.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(peer, request.data(), request.size()))));
      const bool ping = request.starts_with("GET /_ping ");
      const bool list = request.starts_with("GET /v1.41/containers/json ");
      const std::string_view body = ping ? "OK" : list ? kContainers : kNetworks;
      const std::string answer =
          fmt::format("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
                      body.size(), body);
      CHECK(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size()));
      ::close(peer);
    }
  }

  const std::string path_;
  const int listener_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("docker: a container has one target for its first network and each TCP port") {
  const auto targets = Targets(kContainers);
  REQUIRE(targets.size() == 5);
  CHECK(targets.at("10.231.2.10:8080/shop_web_1") ==
        Labels{{"__address__", "10.231.2.10:8080"},
               {"__meta_docker_container_id", "c74f"},
               {"__meta_docker_container_image", "demo:1"},
               {"__meta_docker_container_image_id", "sha256:4ec6"},
               {"__meta_docker_container_label_com_docker_compose_project", "shop"},
               {"__meta_docker_container_label_com_docker_compose_service", "web"},
               {"__meta_docker_container_name", "/shop_web_1"},
               {"__meta_docker_container_network_mode", "shop_front"},
               {"__meta_docker_network_id", "b8fb"},
               {"__meta_docker_network_ingress", "false"},
               {"__meta_docker_network_internal", "true"},
               {"__meta_docker_network_ip", "10.231.2.10"},
               {"__meta_docker_network_name", "shop_back"},
               {"__meta_docker_network_scope", "local"},
               {"__meta_docker_port_private", "8080"},
               {"__meta_docker_port_public", "18080"},
               {"__meta_docker_port_public_ip", "127.0.0.1"}});
  CHECK(targets.contains("10.231.2.11:80/shop_plain_1"));
  CHECK(targets.contains(":80/alone"));
  const Labels& hosted = targets.at("localhost/hosted");
  CHECK(hosted.Get("__meta_docker_network_name") == "host");
  CHECK_FALSE(hosted.Has("__meta_docker_port_private"));
  CHECK(targets.at("10.231.2.10:80/shop_exporter_1").Get("__meta_docker_container_network_mode") == "container:c74f");
}

TEST_CASE("docker: all networks of a container on demand, and its own defaults") {
  DockerSdConfig config;
  config.match_first_network = false;
  config.port = 9100;
  config.host_networking_host = "10.0.0.1";
  const auto targets = Targets(kContainers, config);
  CHECK(targets.size() == 7);
  CHECK(targets.at("10.231.1.10:8080/shop_web_1").Get("__meta_docker_network_label_tier") == "front");
  CHECK(targets.contains("10.231.2.10:8080/shop_web_1"));
  CHECK(targets.contains("10.231.1.10:9100/shop_exporter_1"));
  CHECK(targets.contains("10.0.0.1/hosted"));
}

TEST_CASE("docker: containers that lead in a circle, and answers of another form, do no harm") {
  CHECK(Targets(R"([{"Id":"a","Names":["/a"],"HostConfig":{"NetworkMode":"container:b"},"NetworkSettings":{}},
                    {"Id":"b","Names":["/b"],"HostConfig":{"NetworkMode":"container:a"},"NetworkSettings":null}])")
            .empty());
  CHECK(Targets(R"([{"Id":"a","Names":null,"NetworkSettings":{"Networks":{"n":{"IPAddress":"1.2.3.4"}}}}, 7, null, [],
                    {"Id":{},"Names":[{}],"Ports":{},"NetworkSettings":{"Networks":{"n":null}}}])")
            .empty());
  CHECK(Targets(R"({"message":"no"})").empty());
  const auto ipv6 = Targets(R"([{"Id":"a","Names":["/a"],"Ports":[{"PrivatePort":80,"Type":"tcp"}],
      "NetworkSettings":{"Networks":{"n":{"IPAddress":"","GlobalIPv6Address":"fc00::2"}}}}])");
  CHECK(ipv6.contains("[fc00::2]:80/a"));
}

TEST_CASE("names of labels") {
  CHECK(LabelNameOf("com.docker/compose-x_1") == "com_docker_compose_x_1");
  CHECK(LabelNameOf("größe") == "gr__e");
  CHECK(LabelNameOf("1x") == "1x");
}

TEST_CASE("docker: the engine is asked in its version, with filters; a failure keeps what was found") {
  std::atomic<int> mode = 0;
  std::mutex mu;
  std::string filters;
  Router router;
  router.Add({"GET"}, "/_ping", [](const Request&) {
    Response response = Json("OK");
    response.headers.Add("Api-Version", "1.99");
    return response;
  });
  router.Add({"GET"}, "/v1.51/containers/json", [&](const Request& request) {
    const std::lock_guard lock(mu);
    filters = request.params.Get("filters");
    if (mode == 1) return Json(R"({"message":"out of order"})", 500);
    if (mode == 2) return Json("[{");
    if (mode == 3) return Json("[]");
    return Json(std::string(kContainers));
  });
  router.Add({"GET"}, "/v1.51/networks", [](const Request&) { return Json(std::string(kNetworks)); });
  TestServer server(router);
  Discovery discovery;
  DiscoveryConfig config = Asking("tcp://" + server.Address() + "/");
  config.docker_sd_configs[0].filters = {{"label", {"a=b", "c\"d"}}, {"status", {"running"}}};
  discovery.manager.Apply({{"job", config}});
  REQUIRE(Eventually([&] { return discovery.Addresses().size() == 5; }));
  {
    const std::lock_guard lock(mu);
    CHECK(filters == R"({"label":{"a=b":true,"c\"d":true},"status":{"running":true}})");
  }
  const Labels of_job{{"mechanism", "docker"}, {"config", "job"}};
  for (const int broken : {1, 2}) {
    const double before = discovery.CounterOf("prometheus_sd_refresh_failures_total", of_job);
    mode = broken;
    REQUIRE(
        Eventually([&] { return discovery.CounterOf("prometheus_sd_refresh_failures_total", of_job) > before + 1; }));
    CHECK(discovery.Addresses().size() == 5);
  }
  mode = 3;
  REQUIRE(Eventually([&] { return discovery.Addresses().empty(); }));
  discovery.manager.Stop();
  CHECK_THAT(discovery.logged, Catch::Matchers::Contains("error while listing containers: Error response from daemon: "
                                                         "out of order"));
}

TEST_CASE("docker: an engine behind a local socket") {
  const vigia::tests::TempFolder folder;
  const std::string path = folder.Below("docker.sock");
  Discovery discovery;
  discovery.manager.Apply({{"job", Asking("unix://" + path)}});
  const Labels of_job{{"mechanism", "docker"}, {"config", "job"}};
  REQUIRE(Eventually([&] { return discovery.CounterOf("prometheus_sd_refresh_failures_total", of_job) > 0; }));
  {
    const LocalEngine engine(path);
    REQUIRE(Eventually([&] { return discovery.Addresses().size() == 5; }));
    discovery.manager.Stop();
  }
  CHECK_THAT(discovery.logged, Catch::Matchers::Contains("dial unix " + path + ": connect: no such file or directory"));
}
