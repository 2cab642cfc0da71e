#include "server/scrape/target.h"

#include <algorithm>
#include <array>
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
constexpr std::string_view kNativeHistograms = "__scrape_native_histograms__";
constexpr std::string_view kClassicHistograms = "__always_scrape_classic_histograms__";
constexpr std::string_view kConvertHistograms = "__convert_classic_histograms_to_nhcb__";
constexpr std::string_view kUnixSocket = "__unix_socket__";
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
  const auto fill_bool = [&](std::string_view name, bool value) { fill(name, value ? "true" : "false"); };
  fill_bool(kNativeHistograms, config.scrape_native_histograms);
  fill_bool(kClassicHistograms, config.always_scrape_classic_histograms);
  fill_bool(kConvertHistograms, config.convert_classic_histograms_to_nhcb);
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

// As Go's strconv.ParseBool has it. Of a label that relabelling removed, the job's value.
storage::Status ReadBool(const Labels& labels, std::string_view label, bool otherwise, bool& out) {
  constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> kFalse{"0", "f", "F", "false", "FALSE", "False"};
  const std::string_view text = labels.Get(label);
  out = text.empty() ? otherwise : std::ranges::find(kTrue, text) != kTrue.end();
  if (text.empty() || out || std::ranges::find(kFalse, text) != kFalse.end()) return {};
  return Error{Errc::kInvalid, fmt::format("error parsing {}: strconv.ParseBool: parsing {}: invalid syntax", label,
                                           storage::Quoted(text))};
}

storage::Status ReadHistogramHandling(const config::ScrapeConfig& config, const Labels& labels,
                                      HistogramHandling& out) {
  storage::Status status = ReadBool(labels, kNativeHistograms, config.scrape_native_histograms, out.native);
  if (status) {
    status = ReadBool(labels, kClassicHistograms, config.always_scrape_classic_histograms, out.keep_classic);
  }
  if (status) {
    status = ReadBool(labels, kConvertHistograms, config.convert_classic_histograms_to_nhcb, out.classic_to_custom);
  }
  return status;
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
  if (auto status = ReadHistogramHandling(config, relabelled, target.histograms); !status) return status.error();
  target.unix_socket = relabelled.Get(kUnixSocket);
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
