#include <utility>

#include "server/discovery/docker_targets.h"
#include "server/discovery/engine_provider.h"

namespace vigia::server {
namespace {

class DockerProvider final : public EngineProvider {
 public:
  DockerProvider(const config::DockerSdConfig& config, std::unique_ptr<DockerEngine> engine, const std::string& job,
                 SdMetrics& metrics, Logger log)
      : EngineProvider("docker", config.host, config.refresh_interval_ms, std::move(engine), job, metrics,
                       std::move(log)),
        config_(config) {}

 private:
  boost::asio::awaitable<storage::Result<TargetGroup>> Refresh(DockerEngine& engine) override {
    const auto containers = co_await engine.List("/containers/json", config_.filters);
    if (!containers) co_return Prefixed(containers.error(), "error while listing containers");
    const auto networks = co_await engine.List("/networks");
    if (!networks) co_return Prefixed(networks.error(), "error while computing network labels");
    co_return DockerTargets(*containers, *networks, config_);
  }

  const config::DockerSdConfig config_;
};

}  // namespace

storage::Result<std::unique_ptr<Provider>> NewDockerProvider(const config::DockerSdConfig& config,
                                                             const std::string& job, const std::string& user_agent,
                                                             boost::asio::any_io_executor executor, SdMetrics& metrics,
                                                             Logger log) {
  auto engine =
      DockerEngine::Make(config.host, config.http, config.refresh_interval_ms, user_agent, std::move(executor));
  if (!engine) return engine.error();
  return std::unique_ptr<Provider>(
      std::make_unique<DockerProvider>(config, *std::move(engine), job, metrics, std::move(log)));
}

}  // namespace vigia::server
