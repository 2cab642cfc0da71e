// Listing and watching against an API server, through the manager.
#include "tests/unit/server/discovery/fake_api_server.h"
#include "tests/unit/server/discovery/kubernetes_examples.h"

using namespace vigia::server;
using Catch::Matchers::Contains;
using vigia::config::DiscoveryConfig;
using vigia::config::KubernetesRole;
using vigia::config::KubernetesSdConfig;
using vigia::storage::Labels;

namespace {

constexpr const char* kPods = "/api/v1/pods";

std::string PodNamed(const std::string& name, const std::string& ip) {
  return fmt::format(R"({{"metadata":{{"name":"{}","namespace":"shop","resourceVersion":"@"}},
      "spec":{{"containers":[{{"name":"c","ports":[{{"containerPort":80}}]}}]}},"status":{{"podIP":"{}"}}}})",
                     name, ip);
}

DiscoveryConfig Asking(const FakeApiServer& server, KubernetesRole role) {
  KubernetesSdConfig config;
  config.role = role;
  config.api_server = server.Url() + "/";
  DiscoveryConfig discovery;
  discovery.kubernetes_sd_configs.push_back(config);
  return discovery;
}

bool EventuallyAddresses(Discovery& discovery, const std::vector<std::string>& expected) {
  return Eventually([&] { return discovery.Addresses() == expected; });
}

Labels PodEvents(const char* event) { return Labels{{"role", "pod"}, {"event", event}}; }

}  // namespace

TEST_CASE("kubernetes: a list, then what changes") {
  FakeApiServer server({kPods});
  server.page = 2;
  for (int i = 1; i <= 5; ++i)
    server.Put(kPods, fmt::format("p{}", i), PodNamed(fmt::format("p{}", i), fmt::format("10.0.0.{}", i)));
  Discovery discovery;
  discovery.manager.Apply({{"job", Asking(server, KubernetesRole::kPod)}});
  REQUIRE(EventuallyAddresses(discovery, {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80", "10.0.0.5:80"}));
  CHECK(server.CountRequests("/api/v1/pods?limit=500&continue=p2") == 1);
  CHECK(server.CountRequests("/api/v1/pods?limit=500") == 3);
  server.Put(kPods, "p6", PodNamed("p6", "10.0.0.6"));
  server.Remove(kPods, "p1");
  server.Put(kPods, "p2", PodNamed("p2", "10.0.1.2"));
  REQUIRE(EventuallyAddresses(discovery, {"10.0.0.3:80", "10.0.0.4:80", "10.0.0.5:80", "10.0.0.6:80", "10.0.1.2:80"}));
  CHECK(discovery.Targets().at("10.0.0.6:80").Get("__meta_kubernetes_pod_name") == "p6");
  CHECK(server.CountRequests("watch=true") == 1);
  CHECK(server.CountRequests("allowWatchBookmarks=true&resourceVersion=105&timeoutSeconds=") == 1);
  CHECK(discovery.CounterOf("prometheus_sd_kubernetes_events_total", PodEvents("add")) == 6);
  CHECK(discovery.CounterOf("prometheus_sd_kubernetes_events_total", PodEvents("update")) == 1);
  CHECK(discovery.CounterOf("prometheus_sd_kubernetes_events_total", PodEvents("delete")) == 1);
  CHECK(discovery.CounterOf("prometheus_sd_kubernetes_failures_total") == 0);
}

TEST_CASE("kubernetes: a watch that ends goes on from the version it had come to") {
  FakeApiServer server({kPods});
  server.Put(kPods, "a", PodNamed("a", "10.0.0.1"));
  Discovery discovery;
  discovery.manager.Apply({{"job", Asking(server, KubernetesRole::kPod)}});
  REQUIRE(EventuallyAddresses(discovery, {"10.0.0.1:80"}));
  server.Bookmark(kPods);  // Version 102.
  REQUIRE(Eventually([&] {
    server.CutWatches();
    return server.CountRequests("resourceVersion=102&") > 0;
  }));
  server.Put(kPods, "b", PodNamed("b", "10.0.0.2"));
  REQUIRE(EventuallyAddresses(discovery, {"10.0.0.1:80", "10.0.0.2:80"}));
  CHECK(server.CountRequests("limit=500") == 1);
}

TEST_CASE("kubernetes: a version that is gone leads to a new list") {
  for (const bool as_event : {false, true}) {
    FakeApiServer server({kPods});
    server.gone_as_event = as_event;
    server.Put(kPods, "a", PodNamed("a", "10.0.0.1"));
    server.Put(kPods, "b", PodNamed("b", "10.0.0.2"));
    Discovery discovery;
    discovery.manager.Apply({{"job", Asking(server, KubernetesRole::kPod)}});
    REQUIRE(EventuallyAddresses(discovery, {"10.0.0.1:80", "10.0.0.2:80"}));
    server.Remove(kPods, "a");
    server.Put(kPods, "c", PodNamed("c", "10.0.0.3"));
    server.Compact();
    server.CutWatches();
    REQUIRE(EventuallyAddresses(discovery, {"10.0.0.2:80", "10.0.0.3:80"}));
    CHECK(server.CountRequests("limit=500") == 2);
  }
}

TEST_CASE("kubernetes: what is refused is tried again, and counted; what was found stays") {
  FakeApiServer server({kPods});
  server.Put(kPods, "a", PodNamed("a", "10.0.0.1"));
  server.Refuse(403);
  Discovery discovery;
  discovery.manager.Apply({{"job", Asking(server, KubernetesRole::kPod)}});
  REQUIRE(Eventually([&] { return discovery.CounterOf("prometheus_sd_kubernetes_failures_total") >= 2; }));
  CHECK(discovery.Addresses().empty());
  server.Refuse(std::nullopt);
  REQUIRE(EventuallyAddresses(discovery, {"10.0.0.1:80"}));
  server.Refuse(500);
  server.CutWatches();
  const double before = discovery.CounterOf("prometheus_sd_kubernetes_failures_total");
  REQUIRE(Eventually([&] { return discovery.CounterOf("prometheus_sd_kubernetes_failures_total") > before; }));
  CHECK(discovery.Addresses() == std::vector<std::string>{"10.0.0.1:80"});
  server.Refuse(std::nullopt);
  server.Put(kPods, "b", PodNamed("b", "10.0.0.2"));
  REQUIRE(EventuallyAddresses(discovery, {"10.0.0.1:80", "10.0.0.2:80"}));
  CHECK(discovery.CounterOf("prometheus_sd_kubernetes_http_request_total", Labels{{"status_code", "403"}}) >= 2);
  discovery.manager.Stop();
  CHECK_THAT(discovery.logged, Contains("Failed to list Kubernetes objects") && Contains("it is Forbidden"));
}

TEST_CASE("kubernetes: a stream of nonsense, or of one line without end, is ended") {
  FakeApiServer server({kPods});
  server.Put(kPods, "a", PodNamed("a", "10.0.0.1"));
  Discovery discovery;
  discovery.manager.Apply({{"job", Asking(server, KubernetesRole::kPod)}});
  REQUIRE(EventuallyAddresses(discovery, {"10.0.0.1:80"}));
  server.Raw(kPods, "this is no event\n");
  REQUIRE(Eventually([&] { return discovery.CounterOf("prometheus_sd_kubernetes_failures_total") > 0; }));
  server.Compact();
  REQUIRE(Eventually([&] { return server.CountRequests("limit=500") > 1; }));
  server.Raw(kPods, std::string(9 << 20, 'x'));
  const Labels of{{"mechanism", "kubernetes"}};
  REQUIRE(Eventually([&] { return discovery.CounterOf("vigia_sd_answers_refused_total", of) > 0; }));
  CHECK(discovery.Addresses() == std::vector<std::string>{"10.0.0.1:80"});
}

TEST_CASE("kubernetes: each role asks for what it needs, in its namespaces, with its selectors") {
  const std::string in_shop = "/api/v1/namespaces/shop/";
  const std::string slices = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices";
  const std::string sets = "/apis/apps/v1/namespaces/shop/replicasets";
  FakeApiServer server({in_shop + "pods", in_shop + "services", slices, sets, "/apis/batch/v1/namespaces/shop/jobs",
                        "/api/v1/nodes", "/api/v1/namespaces"});
  server.Put(slices, "web-abc", std::string(kSliceObject));
  server.Put(in_shop + "services", "web", std::string(kServiceObject));
  server.Put(in_shop + "pods", "web-1", std::string(kPodObject));
  server.Put(sets, "web-7d4b9", std::string(kReplicaSetObject));
  server.Put("/api/v1/nodes", "worker-1", std::string(kNodeObject));
  server.Put("/api/v1/namespaces", "shop", std::string(kNamespaceObject));
  DiscoveryConfig config = Asking(server, KubernetesRole::kEndpointSlice);
  KubernetesSdConfig& kubernetes = config.kubernetes_sd_configs[0];
  kubernetes.namespaces.names = {"shop"};
  kubernetes.selectors = {{KubernetesRole::kPod, "app in (a,b)", ""},
                          {KubernetesRole::kEndpointSlice, "", "metadata.name!=x"}};
  kubernetes.attach_metadata = {true, true, true, true, true};
  Discovery discovery;
  discovery.manager.Apply({{"job", config}});
  REQUIRE(Eventually([&] { return discovery.Targets().contains("10.244.1.5:8080"); }));
  const Labels target = discovery.Targets().at("10.244.1.5:8080");
  CHECK(target.Get("__meta_kubernetes_service_name") == "web");
  CHECK(target.Get("__meta_kubernetes_pod_deployment_name") == "web");
  CHECK(target.Get("__meta_kubernetes_node_label_kubernetes_io_arch") == "amd64");
  CHECK(target.Get("__meta_kubernetes_namespace_label_team") == "sales");
  CHECK(server.CountRequests(in_shop + "pods?limit=500&labelSelector=app+in+%28a%2Cb%29") == 1);
  CHECK(server.CountRequests(slices + "?limit=500&fieldSelector=metadata.name%21%3Dx") == 1);
  // A change of a service changes the targets of its endpoints.
  std::string renamed(kServiceObject);
  renamed.replace(renamed.find("\"app\":\"web\""), 11, "\"app\":\"new\"");
  server.Put(in_shop + "services", "web", renamed);
  REQUIRE(Eventually(
      [&] { return discovery.Targets().at("10.244.1.5:8080").Get("__meta_kubernetes_service_label_app") == "new"; }));
}

TEST_CASE("kubernetes: a reload without the job ends its watches") {
  FakeApiServer server({kPods});
  server.Put(kPods, "a", PodNamed("a", "10.0.0.1"));
  Discovery discovery;
  discovery.manager.Apply({{"job", Asking(server, KubernetesRole::kPod)}});
  REQUIRE(EventuallyAddresses(discovery, {"10.0.0.1:80"}));
  REQUIRE(Eventually([&] { return server.CountRequests("watch=true") == 1; }));
  discovery.manager.Apply({});
  server.CutWatches();
  server.Put(kPods, "b", PodNamed("b", "10.0.0.2"));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(server.CountRequests("watch=true") == 1);
  CHECK(discovery.Addresses() == std::vector<std::string>{"10.0.0.1:80"});
}
