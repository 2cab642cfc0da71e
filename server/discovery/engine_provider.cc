#include "server/discovery/engine_provider.h"

#include <chrono>
#include <utility>

#include "config/schema/secret.h"

namespace vigia::server {

using SteadyClock = std::chrono::steady_clock;

EngineProvider::EngineProvider(std::string_view mechanism, const std::string& host,
                               storage::DurationMs refresh_interval_ms, std::unique_ptr<DockerEngine> engine,
                               const std::string& job, SdMetrics& metrics, Logger log)
    : host_(config::RedactedUrl(host)),
      refresh_interval_ms_(refresh_interval_ms),
      engine_(std::move(engine)),
      log_(std::move(log)),
      failures_(metrics.RefreshFailures(mechanism, job)),
      refused_(metrics.AnswersRefused(mechanism)),
      seconds_(metrics.RefreshSeconds(mechanism, job)) {}

boost::asio::awaitable<std::optional<std::vector<TargetGroup>>> EngineProvider::Look() {
  const auto start = SteadyClock::now();
  auto group = co_await Refresh(*engine_);
  seconds_.Observe(std::chrono::duration<double>(SteadyClock::now() - start).count());
  if (group) {
    std::vector<TargetGroup> groups;
    groups.push_back(*std::move(group));
    co_return groups;
  }
  failures_.Add();
  if (group.error().code == storage::Errc::kLimit) refused_.Add();
  log_.Error("Unable to refresh target groups", {{"host", host_}, {"err", group.error()}});
  co_return std::nullopt;
}

}  // namespace vigia::server
