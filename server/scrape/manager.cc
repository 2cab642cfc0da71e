#include "server/scrape/manager.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "server/discovery/client_config.h"
#include "server/scrape/request.h"
#include "server/scrape/schedule.h"

namespace vigia::server {
namespace {

std::string HostName() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

}  // namespace

ScrapeManager::ScrapeManager(ScrapeManagerOptions options, storage::Appendable& storage, storage::Registry& registry,
                             Logger log, storage::Clock clock)
    : options_(std::move(options)),
      log_(log.With({{"component", "scrape manager"}})),
      metrics_(registry),
      io_(options_.io_threads),
      context_{storage,
               metrics_,
               log_,
               std::move(clock),
               io_.executor(),
               shutdown_.get_token(),
               count_,
               {options_.exemplars, options_.starts, options_.type_and_unit_labels},
               options_.timestamp_tolerance_ms} {}

ScrapeManager::~ScrapeManager() { Stop(); }

storage::Status ScrapeManager::Apply(const config::ConfigPtr& config) {
  const std::lock_guard lock(mu_);
  if (stopped_) return storage::Error{storage::Errc::kUnavailable, "the scrape manager is stopped"};
  const std::string host = options_.host_name.empty() ? HostName() : options_.host_name;
  const std::uint64_t seed = OffsetSeed(host, config->global.external_labels);
  std::map<std::string, std::unique_ptr<ScrapePool>> gone;
  std::swap(gone, pools_);
  std::string failures;
  for (const config::ScrapeConfig& job : config->scrape_configs) {
    if (const auto at = gone.find(job.job_name); at != gone.end()) pools_.insert(gone.extract(at));
    if (const auto status = ApplyJob(job, seed); !status) {
      failures += fmt::format("{}{}: {}", failures.empty() ? "" : "; ", job.job_name, status.error().what);
    }
  }
  for (const auto& [name, pool] : gone) pool->End();
  offset_seed_ = seed;
  if (failures.empty()) return {};
  return storage::Error{storage::Errc::kInvalid, "failed to apply the new configuration: " + failures};
}

storage::Status ScrapeManager::ApplyJob(const config::ScrapeConfig& job, std::uint64_t offset_seed) {
  const auto at = pools_.find(job.job_name);
  const bool known = at != pools_.end();
  if (known && *at->second->config() == job && offset_seed == offset_seed_) return {};
  if (!known) metrics_.pools.Add();
  auto settings = MakeSettings(job, offset_seed);
  if (!settings) {
    (known ? metrics_.pool_reloads_failed : metrics_.pools_failed).Add();
    log_.Error(known ? "error reloading scrape pool" : "error creating new scrape pool",
               {{"err", settings.error()}, {"scrape_pool", job.job_name}});
    return settings.error();
  }
  if (known) {
    at->second->Reload(*settings);
  } else {
    pools_.emplace(job.job_name, std::make_unique<ScrapePool>(context_, *settings));
  }
  return {};
}

storage::Result<PoolSettingsPtr> ScrapeManager::MakeSettings(const config::ScrapeConfig& job,
                                                             std::uint64_t offset_seed) const {
  auto client = ToClientOptions(job.http, options_.user_agent);
  if (!client) return client.error();
  auto settings = std::make_shared<PoolSettings>();
  settings->config = std::make_shared<const config::ScrapeConfig>(job);
  settings->accept = AcceptHeader(job);
  settings->client = std::make_shared<HttpClient>(io_.executor(), std::move(*client));
  settings->offset_seed = offset_seed;
  if (!job.scrape_failure_log_file.empty()) {
    auto file = Logger::ToFile(job.scrape_failure_log_file, LogLevel::kError, LogFormat::kJson);
    if (!file) return Prefixed(file.error(), "scrape_failure_log_file");
    settings->failure_log = *file;
  }
  return PoolSettingsPtr(std::move(settings));
}

void ScrapeManager::SetTargets(const std::string& job, std::vector<TargetGroup> groups) {
  const std::lock_guard lock(mu_);
  if (const auto at = pools_.find(job); at != pools_.end()) at->second->Sync(std::move(groups));
}

void ScrapeManager::Stop() {
  {
    const std::lock_guard lock(mu_);
    if (std::exchange(stopped_, true)) return;
  }
  shutdown_.request_stop();
  count_.WaitForNone();
  {
    const std::lock_guard lock(mu_);
    pools_.clear();
  }
  io_.Stop();
}

TargetsSnapshot ScrapeManager::Targets() const {
  const std::lock_guard lock(mu_);
  TargetsSnapshot out;
  for (const auto& [name, pool] : pools_) pool->AppendTargets(out);
  return out;
}

std::vector<std::string> ScrapeManager::PoolNames() const {
  const std::lock_guard lock(mu_);
  std::vector<std::string> names;
  names.reserve(pools_.size());
  for (const auto& [name, pool] : pools_) names.push_back(name);
  return names;
}

ScrapeConfigPtr ScrapeManager::PoolConfig(const std::string& pool) const {
  const std::lock_guard lock(mu_);
  const auto at = pools_.find(pool);
  return at == pools_.end() ? nullptr : at->second->config();
}

std::vector<TargetMetadata> ScrapeManager::Metadata() const {
  const std::lock_guard lock(mu_);
  std::vector<TargetMetadata> out;
  for (const auto& [name, pool] : pools_) pool->AppendMetadata(out);
  return out;
}

}  // namespace vigia::server
