#include "server/app/retention.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "config/schema/scalar_text.h"
#include "promql/parser/parse.h"

namespace vigia::server {
namespace {

constexpr storage::DurationMs kDefaultRetentionMs = std::int64_t{15} * 24 * 3600 * 1000;

using Policies = std::vector<RetentionPolicyStatus>;

storage::Result<Policies> Measure(const storage::Tsdb& tsdb, Policies policies) {
  std::vector<storage::RetentionPolicy> asked;
  for (const RetentionPolicyStatus& policy : policies) {
    asked.push_back({policy.selector, policy.matchers, policy.time_ms});
  }
  const auto usage = tsdb.MeasureRetention(asked);
  if (usage.has_error()) return usage.error();
  policies.resize(usage->size());
  for (std::size_t i = 0; i < usage->size(); ++i) {
    policies[i].series = (*usage)[i].series;
    policies[i].bytes = (*usage)[i].bytes;
    policies[i].expired_bytes = (*usage)[i].expired_bytes;
  }
  return policies;
}

}  // namespace

Retention RetentionOf(const Options& options, const config::Config& config) {
  Retention retention{options.retention_time_ms, options.retention_size_bytes, 0};
  if (config.storage.tsdb && config.storage.tsdb->retention) {
    const auto& configured = *config.storage.tsdb->retention;
    retention.time_ms = configured.time_ms.value_or(retention.time_ms);
    retention.size_bytes = configured.size_bytes.value_or(retention.size_bytes);
    if (configured.percentage.value_or(0) > 0) {
      std::error_code error;
      std::filesystem::create_directories(options.storage_path, error);
      const auto space = std::filesystem::space(options.storage_path, error);
      if (!error) {
        retention.percentage = *configured.percentage;
        retention.size_bytes =
            static_cast<std::uint64_t>(static_cast<double>(space.capacity) * retention.percentage / 100);
      }
    }
  }
  if (retention.time_ms == 0 && retention.size_bytes == 0) retention.time_ms = kDefaultRetentionMs;
  return retention;
}

std::string ToString(const Retention& retention) {
  std::string text = retention.time_ms > 0 ? promql::FormatDuration(retention.time_ms) : "";
  if (retention.size_bytes == 0) return text;
  if (!text.empty()) text += " or ";
  return text + (retention.percentage > 0 ? fmt::format("{}%", retention.percentage)
                                          : config::FormatSizeBytes(retention.size_bytes));
}

std::vector<storage::RetentionPolicy> PoliciesOf(const config::Config& config) {
  std::vector<storage::RetentionPolicy> out;
  for (const auto& policy : config.storage.retention_policies) {
    for (const auto& selector : policy.match) out.push_back({selector.text, selector.matchers, policy.time_ms});
  }
  return out;
}

RetentionApiDeps MakeRetentionApi(const storage::Tsdb& tsdb, const Options& options,
                                  std::function<config::ConfigPtr()> current) {
  RetentionApiDeps deps;
  deps.policies = [current] {
    Policies out;
    for (auto& policy : PoliciesOf(*current())) {
      out.push_back({std::move(policy.selector), std::move(policy.matchers), policy.time_ms, 0, 0, 0});
    }
    return out;
  };
  deps.time_ms = [&options, current] { return RetentionOf(options, *current()).time_ms; };
  deps.measure = [&tsdb](Policies policies) { return Measure(tsdb, std::move(policies)); };
  return deps;
}

}  // namespace vigia::server
