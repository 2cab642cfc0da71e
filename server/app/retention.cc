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
    policies[i].samples = (*usage)[i].samples;
    policies[i].expired_samples = (*usage)[i].expired_samples;
  }
  return policies;
}

using Rules = std::vector<DownsamplingStatus>;

storage::Result<Rules> MeasureRules(const storage::Tsdb& tsdb, Rules rules) {
  std::vector<storage::DownsamplingRule> asked;
  for (const DownsamplingStatus& rule : rules) {
    asked.push_back({rule.selector, rule.matchers, rule.after_ms, rule.resolution_ms});
  }
  const auto usage = tsdb.TryDownsampling(asked);
  if (usage.has_error()) return usage.error();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const storage::DownsamplingUsage& measured = (*usage)[i];
    rules[i].series = measured.series;
    rules[i].bytes = measured.bytes;
    rules[i].samples = measured.samples;
    rules[i].downsampled_bytes = measured.downsampled_bytes;
    rules[i].due_bytes = measured.due_bytes;
    rules[i].due_samples = measured.due_samples;
    rules[i].replaced_samples = measured.replaced_samples;
    rules[i].freed_bytes = measured.freed_bytes;
  }
  return rules;
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

std::vector<storage::DownsamplingRule> DownsamplingOf(const config::Config& config) {
  std::vector<storage::DownsamplingRule> out;
  for (const auto& rule : config.storage.downsampling) {
    for (const auto& selector : rule.match) {
      out.push_back({selector.text, selector.matchers, rule.after_ms, rule.resolution_ms});
    }
  }
  return out;
}

RetentionApiDeps MakeRetentionApi(const storage::Tsdb& tsdb, const Options& options,
                                  std::function<config::ConfigPtr()> current) {
  RetentionApiDeps deps;
  deps.policies = [current] {
    Policies out;
    for (auto& policy : PoliciesOf(*current())) {
      RetentionPolicyStatus& status = out.emplace_back();
      status.selector = std::move(policy.selector);
      status.matchers = std::move(policy.matchers);
      status.time_ms = policy.time_ms;
    }
    return out;
  };
  deps.time_ms = [&options, current] { return RetentionOf(options, *current()).time_ms; };
  deps.downsampling = [current] {
    Rules out;
    for (auto& rule : DownsamplingOf(*current())) {
      DownsamplingStatus& status = out.emplace_back();
      status.selector = std::move(rule.selector);
      status.matchers = std::move(rule.matchers);
      status.after_ms = rule.after_ms;
      status.resolution_ms = rule.resolution_ms;
    }
    return out;
  };
  deps.measure_downsampling = [&tsdb](Rules rules) { return MeasureRules(tsdb, std::move(rules)); };
  deps.measure = [&tsdb](Policies policies) { return Measure(tsdb, std::move(policies)); };
  return deps;
}

}  // namespace vigia::server
