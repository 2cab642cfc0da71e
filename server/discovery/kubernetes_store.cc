#include "server/discovery/kubernetes_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/discovery/meta_labels.h"

namespace vigia::server {
namespace {

using config::KubernetesRole;
using storage::Labels;
using storage::LabelsBuilder;

std::size_t IndexOf(ObjectKind kind) { return static_cast<std::size_t>(kind); }

void Merge(const Labels& from, LabelsBuilder& into) {
  for (const storage::LabelView label : from) into.Set(label.name, label.value);
}

void AddContainer(const Container& container, LabelsBuilder& target) {
  target.Set("__meta_kubernetes_pod_container_name", container.name)
      .Set("__meta_kubernetes_pod_container_image", container.image)
      .Set("__meta_kubernetes_pod_container_init", container.init ? "true" : "false");
}

void AddPort(const ContainerPort& port, LabelsBuilder& target) {
  target.Set("__meta_kubernetes_pod_container_port_name", port.name)
      .Set("__meta_kubernetes_pod_container_port_number", port.number)
      .Set("__meta_kubernetes_pod_container_port_protocol", port.protocol);
}

}  // namespace

// Joins the objects of a store that does not change meanwhile.
class KubernetesStore::Builder {
 public:
  explicit Builder(const KubernetesStore& store) : store_(store) {}

  std::vector<TargetGroup> Groups() {
    switch (store_.role_) {
      case KubernetesRole::kNone: break;
      case KubernetesRole::kNode:
        ForEach<Node>(ObjectKind::kNode, [this](const Node& node) { Add(node.group); });
        break;
      case KubernetesRole::kPod: ForEach<Pod>(ObjectKind::kPod, [this](const Pod& pod) { AddPod(pod); }); break;
      case KubernetesRole::kService:
        ForEach<Service>(ObjectKind::kService, [this](const Service& service) {
          AddWithNamespace(service.group, std::string(service.group.labels.Get("__meta_kubernetes_namespace")));
        });
        break;
      case KubernetesRole::kIngress:
        ForEach<Ingress>(ObjectKind::kIngress,
                         [this](const Ingress& ingress) { AddWithNamespace(ingress.group, ingress.name_space); });
        break;
      case KubernetesRole::kEndpoints:
        ForEach<EndpointSet>(ObjectKind::kEndpoints, [this](const EndpointSet& set) { AddEndpoints(set); });
        break;
      case KubernetesRole::kEndpointSlice:
        ForEach<EndpointSet>(ObjectKind::kEndpointSlice, [this](const EndpointSet& set) { AddEndpoints(set); });
        break;
    }
    return std::move(groups_);
  }

 private:
  template <class T, class Fn>
  void ForEach(ObjectKind kind, Fn fn) {
    for (const auto& [key, object] : store_.objects_[IndexOf(kind)]) {
      if (const T* one = std::get_if<T>(&object)) fn(*one);
    }
  }

  template <class T>
  const T* Find(ObjectKind kind, std::string_view key) const {
    const Objects& objects = store_.objects_[IndexOf(kind)];
    const auto at = objects.find(key);
    return at == objects.end() ? nullptr : std::get_if<T>(&at->second);
  }

  void Add(TargetGroup group) {
    if (!group.targets.empty()) groups_.push_back(std::move(group));
  }

  void AddWithNamespace(TargetGroup group, const std::string& name_space) {
    LabelsBuilder labels(group.labels);
    AttachNamespace(name_space, labels);
    group.labels = labels.Build();
    Add(std::move(group));
  }

  void AttachNamespace(std::string_view name, LabelsBuilder& labels) const {
    if (!store_.attach_.name_space) return;
    if (const auto* known = Find<Namespace>(ObjectKind::kNamespace, name)) Merge(known->attached, labels);
  }

  void AttachNode(std::string_view name, LabelsBuilder& labels) const {
    if (!store_.attach_.node || name.empty()) return;
    if (const auto* known = Find<Node>(ObjectKind::kNode, name)) Merge(known->attached, labels);
  }

  // A pod's own labels, and what its controller belongs to.
  Labels LabelsOf(const Pod& pod) const {
    LabelsBuilder labels(pod.labels);
    const std::string key = KeyOf(pod.name_space, pod.controller.name);
    if (pod.controller.kind == "ReplicaSet" && store_.attach_.deployment) {
      const auto* set = Find<Owner>(ObjectKind::kReplicaSet, key);
      if (set != nullptr && set->controller.kind == "Deployment") {
        labels.Set("__meta_kubernetes_pod_deployment_name", set->controller.name);
      }
    }
    if (pod.controller.kind == "Job") {
      if (store_.attach_.job) labels.Set("__meta_kubernetes_pod_job_name", pod.controller.name);
      const auto* job = store_.attach_.cronjob ? Find<Owner>(ObjectKind::kJob, key) : nullptr;
      if (job != nullptr && job->controller.kind == "CronJob") {
        labels.Set("__meta_kubernetes_pod_cronjob_name", job->controller.name);
      }
    }
    return labels.Build();
  }

  void AddPod(const Pod& pod) {
    if (pod.ip.empty()) return;
    // A selector of nodes selects their pods.
    if (store_.attach_.node && Find<Node>(ObjectKind::kNode, pod.node_name) == nullptr) return;
    TargetGroup group;
    group.source = "pod/" + KeyOf(pod.name_space, pod.name);
    LabelsBuilder labels(LabelsOf(pod));
    labels.Set("__meta_kubernetes_namespace", pod.name_space);
    AttachNode(pod.node_name, labels);
    AttachNamespace(pod.name_space, labels);
    group.labels = labels.Build();
    for (const Container& container : pod.containers) {
      LabelsBuilder base;
      AddContainer(container, base);
      base.Set("__meta_kubernetes_pod_container_id", container.id);
      if (container.ports.empty()) {
        const bool ipv6 = pod.ip.find(':') != std::string::npos;
        base.Set("__address__", ipv6 ? "[" + pod.ip + "]" : pod.ip);
        group.targets.push_back(base.Build());
      }
      for (const ContainerPort& port : container.ports) {
        AddPort(port, base);
        base.Set("__address__", HostAndPort(pod.ip, port.number));
        group.targets.push_back(base.Build());
      }
    }
    Add(std::move(group));
  }

  // Of a service with addresses of both families only those of its first family are targets.
  static bool IsSecondFamily(const EndpointSet& set, const Service* service) {
    return service != nullptr && service->dual_stack && !service->first_family.empty() &&
           (set.address_type == "IPv4" || set.address_type == "IPv6") && set.address_type != service->first_family;
  }

  struct SeenPod {
    const Pod* pod;
    Labels labels;
    std::vector<std::string_view> ports;  // Covered by the service.
  };

  void AddEndpoints(const EndpointSet& set) {
    const auto* service =
        set.service.empty() ? nullptr : Find<Service>(ObjectKind::kService, KeyOf(set.name_space, set.service));
    if (IsSecondFamily(set, service)) return;
    TargetGroup group;
    group.source = set.source;
    LabelsBuilder labels(set.labels);
    if (service != nullptr) Merge(service->group.labels, labels);
    AttachNamespace(set.name_space, labels);
    group.labels = labels.Build();
    std::vector<SeenPod> seen;
    for (const Endpoint& endpoint : set.endpoints) group.targets.push_back(TargetOf(endpoint, seen));
    for (const SeenPod& one : seen) AddOtherPorts(one, group.targets);
    Add(std::move(group));
  }

  Labels TargetOf(const Endpoint& endpoint, std::vector<SeenPod>& seen) const {
    LabelsBuilder target(endpoint.labels);
    AttachNode(endpoint.target_kind == "Node" ? endpoint.target_name : endpoint.node_name, target);
    if (endpoint.target_kind != "Pod") return target.Build();
    const auto* pod = Find<Pod>(ObjectKind::kPod, KeyOf(endpoint.target_namespace, endpoint.target_name));
    if (pod == nullptr) return target.Build();
    auto known = std::find_if(seen.begin(), seen.end(), [pod](const SeenPod& one) { return one.pod == pod; });
    if (known == seen.end()) known = seen.insert(known, SeenPod{pod, LabelsOf(*pod), {}});
    known->ports.push_back(endpoint.port);
    Merge(known->labels, target);
    for (const Container& container : pod->containers) {
      const auto port = std::find_if(container.ports.begin(), container.ports.end(), [&](const ContainerPort& one) {
        return !endpoint.port.empty() && one.number == endpoint.port;
      });
      if (port == container.ports.end()) continue;
      AddContainer(container, target);
      AddPort(*port, target);
    }
    return target.Build();
  }

  // Ports that a pod exposes beside those of the service.
  static void AddOtherPorts(const SeenPod& seen, std::vector<Labels>& out) {
    if (seen.pod->ip.empty()) return;
    for (const Container& container : seen.pod->containers) {
      for (const ContainerPort& port : container.ports) {
        if (std::find(seen.ports.begin(), seen.ports.end(), port.number) != seen.ports.end()) continue;
        LabelsBuilder target(seen.labels);
        AddContainer(container, target);
        AddPort(port, target);
        target.Set("__address__", HostAndPort(seen.pod->ip, port.number));
        out.push_back(target.Build());
      }
    }
  }

  const KubernetesStore& store_;
  std::vector<TargetGroup> groups_;
};

KubernetesStore::KubernetesStore(KubernetesRole role, config::KubernetesAttachMetadata attach,
                                 std::function<void()> changed)
    : role_(role), attach_(attach), changed_(std::move(changed)) {}

bool KubernetesStore::Put(ObjectKind kind, const std::string& key, KubernetesObject object) {
  bool added = false;
  {
    const std::lock_guard lock(mu_);
    added = objects_[IndexOf(kind)].insert_or_assign(key, std::move(object)).second;
  }
  changed_();
  return added;
}

void KubernetesStore::Remove(ObjectKind kind, const std::string& key) {
  {
    const std::lock_guard lock(mu_);
    objects_[IndexOf(kind)].erase(key);
  }
  changed_();
}

void KubernetesStore::Replace(ObjectKind kind, const std::string& name_space,
                              std::map<std::string, KubernetesObject> objects) {
  {
    const std::lock_guard lock(mu_);
    Objects& known = objects_[IndexOf(kind)];
    const std::string prefix = name_space.empty() ? std::string() : KeyOf(name_space, "");
    for (auto at = known.lower_bound(prefix); at != known.end() && at->first.starts_with(prefix);) at = known.erase(at);
    known.insert(std::make_move_iterator(objects.begin()), std::make_move_iterator(objects.end()));
  }
  changed_();
}

std::size_t KubernetesStore::CountOf(ObjectKind kind) const {
  const std::lock_guard lock(mu_);
  return objects_[IndexOf(kind)].size();
}

std::vector<TargetGroup> KubernetesStore::Groups() const {
  const std::lock_guard lock(mu_);
  return Builder(*this).Groups();
}

}  // namespace vigia::server
