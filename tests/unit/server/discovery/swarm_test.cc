// Recorded from Docker 20.10 (shortened): a swarm of one node, a service of two tasks that publishes a port, and one
// that publishes none. Labels and addresses are those of Prometheus' documentation.
#include "config/yaml/parse_json.h"
#include "server/discovery/swarm_targets.h"
#include "tests/unit/server/discovery/fixture.h"

using namespace vigia::server;
using vigia::config::DockerSwarmSdConfig;
using vigia::config::SwarmRole;
using vigia::storage::Labels;

namespace {

constexpr std::string_view kNodes = R"([{"ID":"gbe4","Spec":{"Labels":{"zone":"a"},"Role":"manager",
"Availability":"active"},"Description":{"Hostname":"vm","Platform":{"Architecture":"x86_64","OS":"linux"},
"Engine":{"EngineVersion":"20.10.24"}},"Status":{"State":"ready","Addr":"127.0.0.1"},
"ManagerStatus":{"Leader":true,"Reachability":"reachable","Addr":"127.0.0.1:2377"}}])";

constexpr std::string_view kServices = R"([{"ID":"nnu8","Spec":{"Name":"plain","Labels":{},"TaskTemplate":{
"ContainerSpec":{"Image":"demo:1"}},"Mode":{"Global":{}}},"Endpoint":{"Spec":{"Mode":"vip"},"VirtualIPs":[
{"NetworkID":"t1rw","Addr":"10.0.1.7/24"},{"NetworkID":"none","Addr":""}]}},
{"ID":"nu7y","Spec":{"Name":"web","Labels":{"team":"x"},"TaskTemplate":{"ContainerSpec":{"Image":"demo:1",
"Hostname":"w","Labels":{"c.l":"1"}}},"Mode":{"Replicated":{"Replicas":2}}},"UpdateStatus":{"State":"completed"},
"Endpoint":{"Ports":[{"Name":"http","Protocol":"tcp","TargetPort":8080,"PublishedPort":18090,"PublishMode":"ingress"},
{"Protocol":"udp","TargetPort":53,"PublishedPort":53,"PublishMode":"ingress"}],
"VirtualIPs":[{"NetworkID":"anyo","Addr":"10.0.0.3/24"},{"NetworkID":"t1rw","Addr":"10.0.1.2/24"}]}}])";

constexpr std::string_view kTasks = R"([{"ID":"hxvn","Spec":{"ContainerSpec":{"Image":"demo:1",
"Labels":{"c.l":"1"}}},"ServiceID":"nu7y","Slot":2,"NodeID":"gbe4","Status":{"State":"running",
"ContainerStatus":{"ContainerID":"3256"},"PortStatus":{"Ports":[{"Protocol":"tcp","TargetPort":1,
"PublishedPort":18091,"PublishMode":"host"}]}},"DesiredState":"running","NetworksAttachments":[
{"Network":{"ID":"anyo"},"Addresses":["10.0.0.5/24"]}]},
{"ID":"piaj","Spec":{"ContainerSpec":{}},"ServiceID":"nnu8","NodeID":"gbe4","Status":{"State":"running"},
"DesiredState":"running","NetworksAttachments":[{"Network":{"ID":"t1rw"},"Addresses":["10.0.1.9/24"]}]}])";

constexpr std::string_view kNetworks = R"([{"Name":"ingress","Id":"anyo","Scope":"swarm","Internal":false,
"Ingress":true,"Labels":null},{"Name":"back","Id":"t1rw","Scope":"swarm","Internal":false,"Ingress":false,
"Labels":{"tier":"back"}}])";

vigia::config::yaml::Node Parsed(std::string_view json) { return vigia::config::yaml::ParseJson(json, "list").value(); }

std::map<std::string, Labels> ByAddress(const TargetGroup& group) {
  CHECK(group.source == "DockerSwarm");
  std::map<std::string, Labels> out;
  for (const Labels& target : group.targets) CHECK(out.emplace(target.Get("__address__"), target).second);
  return out;
}

}  // namespace

TEST_CASE("dockerswarm: nodes") {
  const auto nodes = Parsed(kNodes);
  const auto targets = ByAddress(SwarmNodes(nodes, {}));
  REQUIRE(targets.size() == 1);
  CHECK(targets.at("127.0.0.1:80") == Labels{{"__address__", "127.0.0.1:80"},
                                             {"__meta_dockerswarm_node_address", "127.0.0.1"},
                                             {"__meta_dockerswarm_node_availability", "active"},
                                             {"__meta_dockerswarm_node_engine_version", "20.10.24"},
                                             {"__meta_dockerswarm_node_hostname", "vm"},
                                             {"__meta_dockerswarm_node_id", "gbe4"},
                                             {"__meta_dockerswarm_node_label_zone", "a"},
                                             {"__meta_dockerswarm_node_manager_address", "127.0.0.1:2377"},
                                             {"__meta_dockerswarm_node_manager_leader", "true"},
                                             {"__meta_dockerswarm_node_manager_reachability", "reachable"},
                                             {"__meta_dockerswarm_node_platform_architecture", "x86_64"},
                                             {"__meta_dockerswarm_node_platform_os", "linux"},
                                             {"__meta_dockerswarm_node_role", "manager"},
                                             {"__meta_dockerswarm_node_status", "ready"}});
}

TEST_CASE("dockerswarm: services") {
  const auto services = Parsed(kServices);
  const auto networks = Parsed(kNetworks);
  DockerSwarmSdConfig config;
  config.port = 9100;
  const auto targets = ByAddress(SwarmServices(services, networks, config));
  REQUIRE(targets.size() == 3);
  CHECK(targets.at("10.0.1.2:18090") == Labels{{"__address__", "10.0.1.2:18090"},
                                               {"__meta_dockerswarm_network_id", "t1rw"},
                                               {"__meta_dockerswarm_network_ingress", "false"},
                                               {"__meta_dockerswarm_network_internal", "false"},
                                               {"__meta_dockerswarm_network_label_tier", "back"},
                                               {"__meta_dockerswarm_network_name", "back"},
                                               {"__meta_dockerswarm_network_scope", "swarm"},
                                               {"__meta_dockerswarm_service_endpoint_port_name", "http"},
                                               {"__meta_dockerswarm_service_endpoint_port_publish_mode", "ingress"},
                                               {"__meta_dockerswarm_service_id", "nu7y"},
                                               {"__meta_dockerswarm_service_label_team", "x"},
                                               {"__meta_dockerswarm_service_mode", "replicated"},
                                               {"__meta_dockerswarm_service_name", "web"},
                                               {"__meta_dockerswarm_service_task_container_hostname", "w"},
                                               {"__meta_dockerswarm_service_task_container_image", "demo:1"},
                                               {"__meta_dockerswarm_service_updating_status", "completed"}});
  CHECK(targets.at("10.0.0.3:18090").Get("__meta_dockerswarm_network_ingress") == "true");
  CHECK(targets.at("10.0.1.7:9100").Get("__meta_dockerswarm_service_mode") == "global");
}

TEST_CASE("dockerswarm: tasks") {
  const auto tasks = Parsed(kTasks);
  const auto services = Parsed(kServices);
  const auto nodes = Parsed(kNodes);
  const auto networks = Parsed(kNetworks);
  const auto targets = ByAddress(SwarmTasks(tasks, services, nodes, networks, {}));
  REQUIRE(targets.size() == 3);
  CHECK(targets.at("10.0.0.5:18090") == Labels{{"__address__", "10.0.0.5:18090"},
                                               {"__meta_dockerswarm_container_label_c_l", "1"},
                                               {"__meta_dockerswarm_network_id", "anyo"},
                                               {"__meta_dockerswarm_network_ingress", "true"},
                                               {"__meta_dockerswarm_network_internal", "false"},
                                               {"__meta_dockerswarm_network_name", "ingress"},
                                               {"__meta_dockerswarm_network_scope", "swarm"},
                                               {"__meta_dockerswarm_node_address", "127.0.0.1"},
                                               {"__meta_dockerswarm_node_availability", "active"},
                                               {"__meta_dockerswarm_node_hostname", "vm"},
                                               {"__meta_dockerswarm_node_id", "gbe4"},
                                               {"__meta_dockerswarm_node_label_zone", "a"},
                                               {"__meta_dockerswarm_node_platform_architecture", "x86_64"},
                                               {"__meta_dockerswarm_node_platform_os", "linux"},
                                               {"__meta_dockerswarm_node_role", "manager"},
                                               {"__meta_dockerswarm_node_status", "ready"},
                                               {"__meta_dockerswarm_service_id", "nu7y"},
                                               {"__meta_dockerswarm_service_label_team", "x"},
                                               {"__meta_dockerswarm_service_mode", "replicated"},
                                               {"__meta_dockerswarm_service_name", "web"},
                                               {"__meta_dockerswarm_task_container_id", "3256"},
                                               {"__meta_dockerswarm_task_desired_state", "running"},
                                               {"__meta_dockerswarm_task_id", "hxvn"},
                                               {"__meta_dockerswarm_task_port_publish_mode", "ingress"},
                                               {"__meta_dockerswarm_task_slot", "2"},
                                               {"__meta_dockerswarm_task_state", "running"}});
  CHECK(targets.at("127.0.0.1:18091").Get("__meta_dockerswarm_task_port_publish_mode") == "host");
  CHECK(targets.at("10.0.1.9:80").Get("__meta_dockerswarm_task_slot") == "0");
}

TEST_CASE("dockerswarm: each role asks for its lists") {
  Router router;
  router.Add({"GET"}, "/_ping", [](const Request&) { return Json("OK"); });
  const auto serve = [&](const std::string& path, std::string_view body) {
    router.Add({"GET"}, "/v1.24" + path, [body](const Request&) { return Json(std::string(body)); });
  };
  serve("/nodes", kNodes);
  serve("/services", kServices);
  serve("/tasks", kTasks);
  serve("/networks", kNetworks);
  TestServer server(router);
  const std::map<SwarmRole, std::size_t> expected{
      {SwarmRole::kNodes, 1}, {SwarmRole::kServices, 3}, {SwarmRole::kTasks, 3}};
  for (const auto& [role, count] : expected) {
    Discovery discovery;
    DockerSwarmSdConfig config;
    config.host = "http://" + server.Address();
    config.role = role;
    vigia::config::DiscoveryConfig all;
    all.dockerswarm_sd_configs.push_back(config);
    discovery.manager.Apply({{"job", all}});
    REQUIRE(Eventually([&] { return discovery.Addresses().size() == count; }));
  }
}
