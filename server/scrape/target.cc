#include "server/scrape/target.h"

#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "config/relabel/relabel.h"
#include "promql/parser/parse.h"
#include "server/scrape/schedule.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Labels;
using storage::LabelsBuilder;
using storage::LabelView;

constexpr std::string_view kAddress = "__address__";
constexpr std::string_view kScheme = "__scheme__";
constexpr std::string_view kMetricsPath = "__metrics_path__";
constexpr std::string_view kInterval = "__scrape_interval__";
constexpr std::string_view kTimeout = "__scrape_timeout__";
constexpr std::string_view kParamPrefix = "__param_";
constexpr std::string_view kMetaPrefix = "__meta_";
constexpr std::string_view kReservedPrefix = "__";

Labels WithDefaults(const config::ScrapeConfig& config, const Labels& discovered) {
  LabelsBuilder builder(discovered);
  const auto fill = [&](std::string_view name, std::string_view value) {
    if (builder.Get(name).empty()) builder.Set(name, value);
  };
  fill("job", config.job_name);
  fill(kInterval, promql::FormatDuration(config.scrape_interval_ms));
  fill(kTimeout, promql::FormatDuration(config.scrape_timeout_ms));
  fill(kMetricsPath, config.metrics_path);
  fill(kScheme, config.scheme);
  for (const auto& [name, values] : config.params) {
    if (!values.empty()) fill(fmt::format("{}{}", kParamPrefix, name), values[0]);
  }
  return builder.Build();
}

storage::Result<storage::DurationMs> PositiveDuration(const Labels& labels, std::string_view label,
                                                      std::string_view what) {
  const auto duration = promql::ParseDuration(labels.Get(label));
  if (!duration) return Prefixed(duration.error(), fmt::format("error parsing {}", what));
  if (*duration == 0) return Error{Errc::kInvalid, fmt::format("{} cannot be 0", what)};
  return *duration;
}

storage::Status Check(const Labels& labels) {
  const std::string_view address = labels.Get(kAddress);
  if (address.empty()) return Error{Errc::kInvalid, "no address"};
  if (address.find('/') != std::string_view::npos) {
    return Error{Errc::kInvalid, fmt::format("{} is not a valid hostname", storage::Quoted(address))};
  }
  for (const LabelView label : labels) {
    if (storage::IsValidUtf8(label.value)) continue;
    return Error{Errc::kInvalid, fmt::format("invalid label value for {}: {}", storage::Quoted(label.name),
                                             storage::Quoted(label.value))};
  }
  return {};
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

std::string Escaped(std::string_view text, std::string_view also_kept) {
  std::string out;
  for (const char c : text) {
    if (IsUnreserved(c) || also_kept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string EscapedQuery(std::string_view text) {
  std::string out = Escaped(text, " ");
  for (char& c : out) {
    if (c == ' ') c = '+';
  }
  return out;
}

}  // namespace

std::string TargetUrl(const config::ScrapeConfig& config, const Labels& all_labels) {
  std::map<std::string, std::vector<std::string>, std::less<>> params;
  for (const auto& [name, values] : config.params) params[name] = values;
  for (const LabelView label : all_labels) {
    if (!label.name.starts_with(kParamPrefix)) continue;
    auto& values = params[std::string(label.name.substr(kParamPrefix.size()))];
    if (values.empty()) values.emplace_back();
    values[0] = label.value;
  }
  std::string query;
  for (const auto& [name, values] : params) {
    for (const std::string& value : values) {
      query += fmt::format("{}{}={}", query.empty() ? '?' : '&', EscapedQuery(name), EscapedQuery(value));
    }
  }
  const std::string_view scheme = all_labels.Get(kScheme);
  const std::string_view path = all_labels.Get(kMetricsPath);
  return fmt::format("{}://{}{}{}{}", scheme.empty() ? "http" : scheme, all_labels.Get(kAddress),
                     path.empty() || path.starts_with('/') ? "" : "/", Escaped(path, "$&+,/:;=@"), query);
}

storage::Result<TargetOutcome> BuildTarget(const config::ScrapeConfig& config, const Labels& discovered) {
  TargetOutcome outcome;
  Target& target = outcome.target;
  target.discovered_labels = WithDefaults(config, discovered);
  LabelsBuilder builder(target.discovered_labels);
  if (!config::Apply(config.relabel_configs, builder) || builder.Build().empty()) {
    outcome.dropped = true;
    return outcome;
  }
  const Labels relabelled = builder.Build();
  if (const auto status = Check(relabelled); !status) return status.error();
  const auto interval = PositiveDuration(relabelled, kInterval, "scrape interval");
  if (!interval) return interval.error();
  const auto timeout = PositiveDuration(relabelled, kTimeout, "scrape timeout");
  if (!timeout) return timeout.error();
  target.interval_ms = *interval;
  target.timeout_ms = *timeout;
  if (target.timeout_ms > target.interval_ms) {
    return Error{Errc::kInvalid,
                 fmt::format("scrape timeout cannot be greater than scrape interval ({} > {})",
                             storage::Quoted(relabelled.Get(kTimeout)), storage::Quoted(relabelled.Get(kInterval)))};
  }
  LabelsBuilder all(relabelled);
  LabelsBuilder shown(relabelled);
  for (const LabelView label : relabelled) {
    if (label.name.starts_with(kMetaPrefix)) all.Delete(label.name);
    if (label.name.starts_with(kReservedPrefix)) shown.Delete(label.name);
  }
  if (!relabelled.Has("instance")) {
    all.Set("instance", relabelled.Get(kAddress));
    shown.Set("instance", relabelled.Get(kAddress));
  }
  const Labels all_labels = all.Build();
  target.labels = shown.Build();
  target.url = TargetUrl(config, all_labels);
  target.hash = TargetHash(all_labels, target.url);
  return outcome;
}

}  // namespace vigia::server
