#include <utility>

#include "server/discovery/engine_provider.h"
#include "server/discovery/swarm_targets.h"

namespace vigia::server {
namespace {

using config::SwarmRole;
using storage::Result;

class SwarmProvider final : public EngineProvider {
 public:
  SwarmProvider(const config::DockerSwarmSdConfig& config, std::unique_ptr<DockerEngine> engine, const std::string& job,
                SdMetrics& metrics, Logger log)
      : EngineProvider("dockerswarm", config.host, config.refresh_interval_ms, std::move(engine), job, metrics,
                       std::move(log)),
        config_(config) {}

 private:
  boost::asio::awaitable<Result<TargetGroup>> Refresh(DockerEngine& engine) override {
    switch (config_.role) {
      case SwarmRole::kNone: break;
      case SwarmRole::kNodes: {
        const auto nodes = co_await engine.List("/nodes", config_.filters);
        if (!nodes) co_return Prefixed(nodes.error(), "error while listing swarm nodes");
        co_return SwarmNodes(*nodes, config_);
      }
      case SwarmRole::kServices: {
        const auto services = co_await engine.List("/services", config_.filters);
        if (!services) co_return Prefixed(services.error(), "error while listing swarm services");
        const auto networks = co_await engine.List("/networks");
        if (!networks) co_return Prefixed(networks.error(), "error while computing swarm network labels");
        co_return SwarmServices(*services, *networks, config_);
      }
      case SwarmRole::kTasks: co_return co_await Tasks(engine);
    }
    co_return TargetGroup();
  }

  boost::asio::awaitable<Result<TargetGroup>> Tasks(DockerEngine& engine) {
    const auto tasks = co_await engine.List("/tasks", config_.filters);
    if (!tasks) co_return Prefixed(tasks.error(), "error while listing swarm tasks");
    const auto services = co_await engine.List("/services");
    if (!services) co_return Prefixed(services.error(), "error while computing services labels and ports");
    const auto nodes = co_await engine.List("/nodes");
    if (!nodes) co_return Prefixed(nodes.error(), "error while computing nodes labels");
    const auto networks = co_await engine.List("/networks");
    if (!networks) co_return Prefixed(networks.error(), "error while computing swarm network labels");
    co_return SwarmTasks(*tasks, *services, *nodes, *networks, config_);
  }

  const config::DockerSwarmSdConfig config_;
};

}  // namespace

Result<std::unique_ptr<Provider>> NewDockerSwarmProvider(const config::DockerSwarmSdConfig& config,
                                                         const std::string& job, const std::string& user_agent,
                                                         boost::asio::any_io_executor executor, SdMetrics& metrics,
                                                         Logger log) {
  auto engine =
      DockerEngine::Make(config.host, config.http, config.refresh_interval_ms, user_agent, std::move(executor));
  if (!engine) return engine.error();
  return std::unique_ptr<Provider>(
      std::make_unique<SwarmProvider>(config, *std::move(engine), job, metrics, std::move(log)));
}

}  // namespace vigia::server
