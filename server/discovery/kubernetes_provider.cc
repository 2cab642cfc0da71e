#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <stop_token>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include "server/discovery/bell.h"
#include "server/discovery/kubernetes_access.h"
#include "server/discovery/kubernetes_resources.h"
#include "server/discovery/kubernetes_watch.h"
#include "server/discovery/provider.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using config::KubernetesRole;
using config::KubernetesSdConfig;

class KubernetesProvider final : public Provider {
 public:
  KubernetesProvider(const KubernetesSdConfig& config, KubernetesAccess access, asio::any_io_executor executor,
                     SdMetrics& metrics, Logger log)
      : config_(config),
        access_(std::move(access)),
        executor_(std::move(executor)),
        metrics_(metrics),
        log_(log.With({{"role", ToString(config.role)}})) {}

  asio::awaitable<std::optional<std::vector<TargetGroup>>> Look() override {
    if (bell_ == nullptr) {
      bell_ = std::make_shared<Bell>(co_await asio::this_coro::executor);
      StartWatches();
    }
    // Half of what belongs together would be targets that are not wanted.
    do {
      co_await bell_->Wait();
    } while (!stop_.stop_requested() && *unsynced_ > 0);
    if (stop_.stop_requested()) co_return std::nullopt;
    pacer_.Tick();
    co_return store_->Groups();
  }

  storage::DurationMs pause_ms() const override { return pacer_.pause_ms(); }

  void Stop() override {
    stop_.request_stop();
    for (const auto& watch : watches_) watch->Wake();
    watches_.clear();
    if (bell_ != nullptr) Bell::Ring(bell_);
  }

 private:
  void StartWatches() {
    store_ =
        std::make_shared<KubernetesStore>(config_.role, config_.attach_metadata, [bell = bell_] { Bell::Ring(bell); });
    client_ = std::make_shared<HttpClient>(executor_, access_.options);
    const std::vector<WatchedResource> resources = Resources();
    *unsynced_ = resources.size();
    for (const WatchedResource& resource : resources) {
      const auto strand = asio::make_strand(executor_);
      auto synced = [unsynced = unsynced_, bell = bell_] {
        --*unsynced;
        Bell::Ring(bell);
      };
      auto watch = std::make_shared<KubernetesWatch>(strand, resource, access_.base_url, client_, store_, metrics_,
                                                     log_, std::move(synced), stop_.get_token());
      watches_.push_back(watch);
      asio::co_spawn(strand, watch->Run(), [watch, log = log_](std::exception_ptr failure) {
        if (failure) log.Error("Watching Kubernetes ended by an exception");
      });
    }
  }

  // What the role and the wish for more labels need to know, in each namespace.
  std::vector<WatchedResource> Resources() const {
    std::vector<WatchedResource> out;
    for (const std::string& name_space : Namespaces()) {
      for (const ObjectKind kind : KindsOfRole()) out.push_back(Selected(kind, name_space));
      const bool with_pods = config_.role == KubernetesRole::kPod || config_.role == KubernetesRole::kEndpoints ||
                             config_.role == KubernetesRole::kEndpointSlice;
      if (with_pods && config_.attach_metadata.deployment) {
        out.push_back({ObjectKind::kReplicaSet, name_space, "", ""});
      }
      if (with_pods && config_.attach_metadata.cronjob) out.push_back({ObjectKind::kJob, name_space, "", ""});
    }
    const bool is_node = config_.role == KubernetesRole::kNode;
    const bool on_nodes = config_.role != KubernetesRole::kService && config_.role != KubernetesRole::kIngress;
    if (is_node || (on_nodes && config_.attach_metadata.node)) out.push_back(Selected(ObjectKind::kNode, ""));
    if (!is_node && config_.attach_metadata.name_space) out.push_back({ObjectKind::kNamespace, "", "", ""});
    return out;
  }

  std::vector<std::string> Namespaces() const {
    std::vector<std::string> names = config_.namespaces.names;
    if (config_.namespaces.own_namespace) names.push_back(access_.own_namespace);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (names.empty()) names.emplace_back();
    return names;
  }

  std::vector<ObjectKind> KindsOfRole() const {
    switch (config_.role) {
      case KubernetesRole::kNone:
      case KubernetesRole::kNode: return {};
      case KubernetesRole::kPod: return {ObjectKind::kPod};
      case KubernetesRole::kService: return {ObjectKind::kService};
      case KubernetesRole::kIngress: return {ObjectKind::kIngress};
      case KubernetesRole::kEndpoints: return {ObjectKind::kEndpoints, ObjectKind::kService, ObjectKind::kPod};
      case KubernetesRole::kEndpointSlice: return {ObjectKind::kEndpointSlice, ObjectKind::kService, ObjectKind::kPod};
    }
    return {};
  }

  WatchedResource Selected(ObjectKind kind, const std::string& name_space) const {
    WatchedResource resource{kind, name_space, "", ""};
    for (const config::KubernetesSelector& selector : config_.selectors) {
      if (ToString(selector.role) != RoleName(kind)) continue;
      resource.label_selector = selector.label;
      resource.field_selector = selector.field;
    }
    return resource;
  }

  const KubernetesSdConfig config_;
  const KubernetesAccess access_;
  const asio::any_io_executor executor_;
  SdMetrics& metrics_;
  const Logger log_;
  const std::shared_ptr<std::atomic<std::size_t>> unsynced_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::stop_source stop_;
  std::shared_ptr<Bell> bell_;
  std::shared_ptr<KubernetesStore> store_;
  std::shared_ptr<HttpClient> client_;
  std::vector<std::shared_ptr<KubernetesWatch>> watches_;
  Pacer pacer_;
};

}  // namespace

storage::Result<std::unique_ptr<Provider>> NewKubernetesProvider(const KubernetesSdConfig& config,
                                                                 const std::string& user_agent,
                                                                 asio::any_io_executor executor, SdMetrics& metrics,
                                                                 Logger log) {
  auto access = AccessTo(config, user_agent, PodSurroundings::OfThisProcess());
  if (!access) return access.error();
  return std::unique_ptr<Provider>(
      std::make_unique<KubernetesProvider>(config, *std::move(access), std::move(executor), metrics, std::move(log)));
}

}  // namespace vigia::server
