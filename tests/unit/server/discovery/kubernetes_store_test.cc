// Objects in the form of the Kubernetes API reference, and the labels that Prometheus' documentation names.
#include "server/discovery/kubernetes_store.h"

#include "config/yaml/parse_json.h"
#include "tests/support/catch.h"
#include "tests/unit/server/discovery/fixture.h"
#include "tests/unit/server/discovery/kubernetes_examples.h"

using namespace vigia::server;
using vigia::config::KubernetesAttachMetadata;
using vigia::config::KubernetesRole;
using vigia::storage::Labels;

namespace {

class Cluster {
 public:
  explicit Cluster(KubernetesRole role, KubernetesAttachMetadata attach = {})
      : store_(role, attach, [this] { ++changes; }) {}

  Cluster& With(ObjectKind kind, std::string_view json) {
    const auto node = vigia::config::yaml::ParseJson(json, "object").value();
    store_.Put(kind, KeyOf(JsonView(node)), ParseObject(kind, node));
    return *this;
  }
  // source -> its group.
  std::map<std::string, TargetGroup> Groups() const {
    std::map<std::string, TargetGroup> out;
    for (TargetGroup& group : store_.Groups()) out.emplace(group.source, std::move(group));
    return out;
  }
  TargetGroup One() const {
    const auto groups = store_.Groups();
    REQUIRE(groups.size() == 1);
    return groups[0];
  }
  KubernetesStore& store() { return store_; }
  int changes = 0;

 private:
  KubernetesStore store_;
};

// The targets' own labels by address.
std::map<std::string, Labels> ByAddress(const TargetGroup& group) {
  std::map<std::string, Labels> out;
  for (const Labels& target : group.targets) CHECK(out.emplace(target.Get("__address__"), target).second);
  return out;
}

std::string Get(const Labels& labels, const std::string& name) {
  return std::string(labels.Get("__meta_kubernetes_" + name));
}

}  // namespace

TEST_CASE("kubernetes: a node") {
  const TargetGroup group = Cluster(KubernetesRole::kNode).With(ObjectKind::kNode, kNodeObject).One();
  CHECK(group.source == "node/worker-1");
  CHECK(group.labels == Labels{{"__meta_kubernetes_node_name", "worker-1"},
                               {"__meta_kubernetes_node_provider_id", "kind://docker/kind/worker-1"},
                               {"__meta_kubernetes_node_label_kubernetes_io_arch", "amd64"},
                               {"__meta_kubernetes_node_labelpresent_kubernetes_io_arch", "true"},
                               {"__meta_kubernetes_node_annotation_node_alpha_kubernetes_io_ttl", "0"},
                               {"__meta_kubernetes_node_annotationpresent_node_alpha_kubernetes_io_ttl", "true"},
                               {"__meta_kubernetes_node_condition_ready", "true"},
                               {"__meta_kubernetes_node_condition_memorypressure", "false"}});
  REQUIRE(group.targets.size() == 1);
  CHECK(group.targets[0] == Labels{{"__address__", "10.0.0.11:10250"},
                                   {"instance", "worker-1"},
                                   {"__meta_kubernetes_node_address_Hostname", "worker-1"},
                                   {"__meta_kubernetes_node_address_InternalIP", "10.0.0.11"}});
  CHECK(Cluster(KubernetesRole::kNode)
            .With(ObjectKind::kNode, R"({"metadata":{"name":"n"},"status":{"addresses":[]}})")
            .Groups()
            .empty());
}

TEST_CASE("kubernetes: a pod has a target for each port of each container") {
  const TargetGroup group = Cluster(KubernetesRole::kPod).With(ObjectKind::kPod, kPodObject).One();
  CHECK(group.source == "pod/shop/web-1");
  CHECK(group.labels == Labels{{"__meta_kubernetes_namespace", "shop"},
                               {"__meta_kubernetes_pod_name", "web-1"},
                               {"__meta_kubernetes_pod_ip", "10.244.1.5"},
                               {"__meta_kubernetes_pod_ipv4", "10.244.1.5"},
                               {"__meta_kubernetes_pod_ipv6", "fd00::5"},
                               {"__meta_kubernetes_pod_label_app_kubernetes_io_name", "web"},
                               {"__meta_kubernetes_pod_labelpresent_app_kubernetes_io_name", "true"},
                               {"__meta_kubernetes_pod_labelpresent_empty", "true"},
                               {"__meta_kubernetes_pod_annotation_prometheus_io_scrape", "true"},
                               {"__meta_kubernetes_pod_annotationpresent_prometheus_io_scrape", "true"},
                               {"__meta_kubernetes_pod_ready", "true"},
                               {"__meta_kubernetes_pod_phase", "Running"},
                               {"__meta_kubernetes_pod_node_name", "worker-1"},
                               {"__meta_kubernetes_pod_host_ip", "10.0.0.11"},
                               {"__meta_kubernetes_pod_uid", "u-1"},
                               {"__meta_kubernetes_pod_controller_kind", "ReplicaSet"},
                               {"__meta_kubernetes_pod_controller_name", "web-7d4b9"}});
  const auto targets = ByAddress(group);
  REQUIRE(targets.size() == 3);
  CHECK(targets.at("10.244.1.5:8080") == Labels{{"__address__", "10.244.1.5:8080"},
                                                {"__meta_kubernetes_pod_container_name", "web"},
                                                {"__meta_kubernetes_pod_container_id", "containerd://aa"},
                                                {"__meta_kubernetes_pod_container_image", "web:1"},
                                                {"__meta_kubernetes_pod_container_init", "false"},
                                                {"__meta_kubernetes_pod_container_port_name", "http"},
                                                {"__meta_kubernetes_pod_container_port_number", "8080"},
                                                {"__meta_kubernetes_pod_container_port_protocol", "TCP"}});
  CHECK_FALSE(targets.at("10.244.1.5:9090").Has("__meta_kubernetes_pod_container_port_name"));
  // Without a port the address is the pod's alone.
  CHECK(Get(targets.at("10.244.1.5"), "pod_container_init") == "true");
  CHECK(Get(targets.at("10.244.1.5"), "pod_container_id") == "containerd://bb");
}

TEST_CASE("kubernetes: a pod without an address has no target; IPv6 has brackets") {
  CHECK(Cluster(KubernetesRole::kPod)
            .With(ObjectKind::kPod, R"({"metadata":{"name":"p","namespace":"n"},"spec":{"containers":[{"name":"c"}]}})")
            .Groups()
            .empty());
  const TargetGroup group =
      Cluster(KubernetesRole::kPod)
          .With(ObjectKind::kPod, R"({"metadata":{"name":"p","namespace":"n"},"spec":{"containers":[{"name":"c"},
                {"name":"d","ports":[{"containerPort":1}]}]},"status":{"podIP":"fd00::1"}})")
          .One();
  CHECK(group.targets[0].Get("__address__") == "[fd00::1]");
  CHECK(group.targets[1].Get("__address__") == "[fd00::1]:1");
  CHECK(Get(group.labels, "pod_ready") == "unknown");
}

TEST_CASE("kubernetes: what is attached to a pod") {
  KubernetesAttachMetadata all{true, true, true, true, true};
  Cluster cluster(KubernetesRole::kPod, all);
  cluster.With(ObjectKind::kPod, kPodObject);
  CHECK(cluster.Groups().empty());  // Its node is not known, or not selected.
  cluster.With(ObjectKind::kNode, kNodeObject)
      .With(ObjectKind::kNamespace, kNamespaceObject)
      .With(ObjectKind::kReplicaSet, kReplicaSetObject);
  const TargetGroup group = cluster.One();
  CHECK(Get(group.labels, "node_name") == "worker-1");
  CHECK(Get(group.labels, "node_label_kubernetes_io_arch") == "amd64");
  CHECK(Get(group.labels, "node_labelpresent_kubernetes_io_arch") == "true");
  CHECK(Get(group.labels, "node_annotation_node_alpha_kubernetes_io_ttl").empty());
  CHECK(Get(group.labels, "namespace_label_team") == "sales");
  CHECK(Get(group.labels, "namespace_labelpresent_team") == "true");
  CHECK(Get(group.labels, "namespace_annotation_owner") == "me");
  CHECK(Get(group.labels, "pod_deployment_name") == "web");
  Cluster jobs(KubernetesRole::kPod, {false, false, false, true, true});
  jobs.With(ObjectKind::kPod, kJobPodObject).With(ObjectKind::kJob, kJobObject);
  CHECK(Get(jobs.One().labels, "pod_job_name") == "backup-29");
  CHECK(Get(jobs.One().labels, "pod_cronjob_name") == "backup");
}

TEST_CASE("kubernetes: a service has a target for each port") {
  KubernetesAttachMetadata attach;
  attach.name_space = true;
  Cluster cluster(KubernetesRole::kService, attach);
  cluster.With(ObjectKind::kService, kServiceObject).With(ObjectKind::kNamespace, kNamespaceObject);
  const TargetGroup group = cluster.One();
  CHECK(group.source == "svc/shop/web");
  CHECK(Get(group.labels, "namespace") == "shop");
  CHECK(Get(group.labels, "service_name") == "web");
  CHECK(Get(group.labels, "service_label_app") == "web");
  CHECK(Get(group.labels, "namespace_label_team") == "sales");
  CHECK(ByAddress(group).at("web.shop.svc:80") == Labels{{"__address__", "web.shop.svc:80"},
                                                         {"__meta_kubernetes_service_cluster_ip", "10.96.0.7"},
                                                         {"__meta_kubernetes_service_loadbalancer_ip", "1.2.3.4"},
                                                         {"__meta_kubernetes_service_port_name", "http"},
                                                         {"__meta_kubernetes_service_port_number", "80"},
                                                         {"__meta_kubernetes_service_port_protocol", "TCP"},
                                                         {"__meta_kubernetes_service_type", "LoadBalancer"}});
  const TargetGroup external =
      Cluster(KubernetesRole::kService)
          .With(ObjectKind::kService, R"({"metadata":{"name":"e","namespace":"n"},"spec":{"type":"ExternalName",
                "externalName":"db.example.org","ports":[{"port":5432,"protocol":"TCP"}]}})")
          .One();
  CHECK(Get(external.targets[0], "service_external_name") == "db.example.org");
  CHECK_FALSE(external.targets[0].Has("__meta_kubernetes_service_cluster_ip"));
}

TEST_CASE("kubernetes: an ingress has a target for each path") {
  const TargetGroup group = Cluster(KubernetesRole::kIngress).With(ObjectKind::kIngress, kIngressObject).One();
  CHECK(group.source == "ingress/shop/front");
  CHECK(Get(group.labels, "ingress_name") == "front");
  CHECK(Get(group.labels, "ingress_class_name") == "nginx");
  CHECK(Get(group.labels, "ingress_label_app") == "web");
  REQUIRE(group.targets.size() == 4);
  CHECK(group.targets[0] == Labels{{"__address__", "shop.example.org"},
                                   {"__meta_kubernetes_ingress_host", "shop.example.org"},
                                   {"__meta_kubernetes_ingress_path", "/"},
                                   {"__meta_kubernetes_ingress_scheme", "https"}});
  CHECK(Get(group.targets[1], "ingress_path") == "/cart");
  CHECK(Get(group.targets[2], "ingress_scheme") == "http");  // a.b.example.org is not of *.example.org.
  CHECK(Get(group.targets[3], "ingress_path") == "/");       // A rule without paths.
}

TEST_CASE("kubernetes: endpoints are joined with their service, pods, nodes and namespace") {
  KubernetesAttachMetadata attach;
  attach.node = true;
  attach.name_space = true;
  Cluster cluster(KubernetesRole::kEndpoints, attach);
  cluster.With(ObjectKind::kEndpoints, kEndpointsObject)
      .With(ObjectKind::kService, kServiceObject)
      .With(ObjectKind::kPod, kPodObject)
      .With(ObjectKind::kNode, kNodeObject)
      .With(ObjectKind::kNamespace, kNamespaceObject);
  const TargetGroup group = cluster.One();
  CHECK(group.source == "endpoints/shop/web");
  CHECK(Get(group.labels, "namespace") == "shop");
  CHECK(Get(group.labels, "endpoints_name") == "web");
  CHECK(Get(group.labels, "endpoints_label_app") == "web");
  CHECK(Get(group.labels, "endpoints_annotation_note") == "x");
  CHECK(Get(group.labels, "service_name") == "web");
  CHECK(Get(group.labels, "namespace_label_team") == "sales");
  const auto targets = ByAddress(group);
  REQUIRE(targets.size() == 3);
  const Labels& ready = targets.at("10.244.1.5:8080");
  CHECK(Get(ready, "endpoint_ready") == "true");
  CHECK(Get(ready, "endpoint_port_name") == "http");
  CHECK(Get(ready, "endpoint_port_protocol") == "TCP");
  CHECK(Get(ready, "endpoint_node_name") == "worker-1");
  CHECK(Get(ready, "endpoint_hostname") == "web-1");
  CHECK(Get(ready, "endpoint_address_target_kind") == "Pod");
  CHECK(Get(ready, "endpoint_address_target_name") == "web-1");
  CHECK(Get(ready, "pod_name") == "web-1");
  CHECK(Get(ready, "pod_container_name") == "web");
  CHECK(Get(ready, "pod_container_port_number") == "8080");
  CHECK(Get(ready, "node_label_kubernetes_io_arch") == "amd64");
  CHECK(Get(targets.at("10.9.9.9:8080"), "endpoint_ready") == "false");
  CHECK_FALSE(targets.at("10.9.9.9:8080").Has("__meta_kubernetes_pod_name"));
  // The pod's other port, which the service does not have.
  CHECK(Get(targets.at("10.244.1.5:9090"), "pod_container_port_number") == "9090");
  CHECK_FALSE(targets.at("10.244.1.5:9090").Has("__meta_kubernetes_endpoint_ready"));
}

TEST_CASE("kubernetes: a slice of endpoints") {
  Cluster cluster(KubernetesRole::kEndpointSlice);
  cluster.With(ObjectKind::kEndpointSlice, kSliceObject).With(ObjectKind::kPod, kPodObject);
  const TargetGroup group = cluster.One();
  CHECK(group.source == "endpointslice/shop/web-abc");
  CHECK(Get(group.labels, "endpointslice_name") == "web-abc");
  CHECK(Get(group.labels, "endpointslice_address_type") == "IPv4");
  CHECK(Get(group.labels, "endpointslice_label_kubernetes_io_service_name") == "web");
  CHECK(Get(group.labels, "service_name").empty());
  const auto targets = ByAddress(group);
  REQUIRE(targets.size() == 3);
  const Labels& one = targets.at("10.244.1.5:8080");
  CHECK(Get(one, "endpointslice_port") == "8080");
  CHECK(Get(one, "endpointslice_port_name") == "http");
  CHECK(Get(one, "endpointslice_port_protocol") == "TCP");
  CHECK(Get(one, "endpointslice_port_app_protocol") == "http");
  CHECK(Get(one, "endpointslice_endpoint_conditions_ready") == "true");
  CHECK(Get(one, "endpointslice_endpoint_conditions_serving") == "true");
  CHECK(Get(one, "endpointslice_endpoint_conditions_terminating") == "false");
  CHECK(Get(one, "endpointslice_endpoint_hostname") == "web-1");
  CHECK(Get(one, "endpointslice_endpoint_node_name") == "worker-1");
  CHECK(Get(one, "endpointslice_endpoint_zone") == "eu-1a");
  CHECK(Get(one, "endpointslice_address_target_kind") == "Pod");
  CHECK(Get(one, "endpointslice_address_target_name") == "web-1");
  CHECK(Get(one, "endpointslice_endpoint_topology_kubernetes_io_hostname") == "worker-1");
  CHECK(Get(one, "endpointslice_endpoint_topology_present_kubernetes_io_hostname") == "true");
  CHECK(Get(one, "pod_container_image") == "web:1");
  CHECK(targets.contains("10.244.2.6:8080"));
  CHECK(targets.contains("10.244.1.5:9090"));
}

TEST_CASE("kubernetes: of a service with both families only the first is a target") {
  const auto groups = [](std::string_view policy) {
    Cluster cluster(KubernetesRole::kEndpointSlice);
    cluster.With(ObjectKind::kEndpointSlice, kSliceObject);
    cluster.With(ObjectKind::kService,
                 fmt::format(R"({{"metadata":{{"name":"web","namespace":"shop","labels":{{"a":"b"}}}},
                   "spec":{{"ipFamilies":["IPv6","IPv4"],"ipFamilyPolicy":"{}","ports":[]}}}})",
                             policy));
    return cluster.Groups();
  };
  CHECK(groups("PreferDualStack").empty());
  CHECK(groups("RequireDualStack").empty());
  CHECK(Get(groups("SingleStack").at("endpointslice/shop/web-abc").labels, "service_label_a") == "b");
}

TEST_CASE("kubernetes: objects come, are replaced by namespace, and go") {
  Cluster cluster(KubernetesRole::kPod);
  cluster.With(ObjectKind::kPod, kPodObject).With(ObjectKind::kPod, kJobPodObject);
  CHECK(cluster.Groups().size() == 2);
  cluster.store().Replace(ObjectKind::kPod, "shop", {});
  CHECK(cluster.One().source == "pod/ops/backup-29-x");
  cluster.store().Remove(ObjectKind::kPod, "ops/backup-29-x");
  CHECK(cluster.Groups().empty());
  CHECK(cluster.changes == 4);
}

TEST_CASE("kubernetes: objects of any form are survived") {
  for (const std::string_view json :
       {"null", "7", "[]", "{}", R"({"metadata":[],"spec":{"containers":[null,{"ports":7}],
       "rules":[{}],"ports":[null]},"status":{"podIP":"1.1.1.1","addresses":[{}]},"subsets":[{"ports":[{}],
       "addresses":[{}]}],"endpoints":[{"addresses":[""]}],"ports":[{}]})"}) {
    const auto node = vigia::config::yaml::ParseJson(json, "object").value();
    for (std::size_t kind = 0; kind < kObjectKinds; ++kind) {
      KubernetesStore store(KubernetesRole::kEndpointSlice, {}, [] {});
      store.Put(static_cast<ObjectKind>(kind), "k", ParseObject(static_cast<ObjectKind>(kind), node));
      CHECK(store.Groups().size() <= 1);
    }
  }
}
