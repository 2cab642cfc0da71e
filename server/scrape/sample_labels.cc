#include "server/scrape/sample_labels.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "config/relabel/relabel.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Labels;
using storage::LabelsBuilder;
using storage::LabelView;

constexpr std::string_view kExported = "exported_";
constexpr std::size_t kShown = 50;  // Of a name or value, in an error.

bool IsExposed(const std::vector<LabelView>& exposed, std::string_view name) {
  return std::any_of(exposed.begin(), exposed.end(), [&](const LabelView& label) { return label.name == name; });
}

storage::Status CheckExposed(const std::vector<LabelView>& exposed) {
  for (std::size_t i = 0; i < exposed.size(); ++i) {
    if (std::max(exposed[i].name.size(), exposed[i].value.size()) > storage::kMaxLabelBytes) {
      return Error{Errc::kInvalid, "label name or value is longer than 16 MiB"};
    }
    if (!storage::IsValidUtf8(exposed[i].value)) {  // The name is looked at when all labels are known.
      return Error{Errc::kInvalid,
                   fmt::format("invalid label value for {}: expected UTF-8", storage::Quoted(exposed[i].name))};
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (exposed[i].name != exposed[j].name || exposed[i].value.empty() || exposed[j].value.empty()) continue;
      return Error{Errc::kInvalid,
                   fmt::format("label name {} is not unique: invalid sample", storage::Quoted(exposed[i].name))};
    }
  }
  return {};
}

// Gives the exposed labels that a target label pushed aside a name of their own, shorter names first.
void KeepConflicting(std::vector<LabelView> conflicting, LabelsBuilder& builder) {
  std::stable_sort(conflicting.begin(), conflicting.end(),
                   [](const LabelView& a, const LabelView& b) { return a.name.size() < b.name.size(); });
  for (const LabelView& label : conflicting) {
    std::string name(label.name);
    do {
      name.insert(0, kExported);
    } while (!builder.Get(name).empty());
    builder.Set(name, label.value);
  }
}

void Merge(const Labels& target, const std::vector<LabelView>& exposed, bool honor_labels, LabelsBuilder& builder) {
  for (const LabelView& label : exposed) {
    if (!label.value.empty()) builder.Set(label.name, label.value);
  }
  std::vector<LabelView> conflicting;
  for (const LabelView label : target) {
    if (honor_labels) {
      if (!IsExposed(exposed, label.name)) builder.Set(label.name, label.value);
      continue;
    }
    for (const LabelView& other : exposed) {
      if (other.name == label.name && !other.value.empty()) conflicting.push_back(other);
    }
    builder.Set(label.name, label.value);
  }
  KeepConflicting(std::move(conflicting), builder);
}

storage::Status CheckNames(const Labels& labels, config::NameValidation validation) {
  const std::string_view name = labels.metric_name();
  if (name.empty()) return Error{Errc::kInvalid, "missing metric name (__name__ label)"};
  bool valid = config::IsValidMetricName(name, validation);
  for (const LabelView label : labels) valid = valid && config::IsValidLabelName(label.name, validation);
  if (valid) return {};
  return Error{Errc::kInvalid, fmt::format("invalid metric name or label names: {}", labels.ToString())};
}

storage::Status CheckLimits(const config::ScrapeConfig& config, const Labels& labels) {
  const std::string_view metric = labels.metric_name().substr(0, kShown);
  const std::size_t count = labels.size();
  if (config.label_limit > 0 && count > config.label_limit) {
    return Error{Errc::kLimit, fmt::format("label_limit exceeded (metric: {}, number of labels: {}, limit: {})", metric,
                                           count, config.label_limit)};
  }
  if (config.label_name_length_limit == 0 && config.label_value_length_limit == 0) return {};
  for (const LabelView label : labels) {
    const std::string_view name = label.name.substr(0, kShown);
    if (config.label_name_length_limit > 0 && label.name.size() > config.label_name_length_limit) {
      return Error{Errc::kLimit,
                   fmt::format("label_name_length_limit exceeded (metric: {}, label name: {}, length: {}, limit: {})",
                               metric, name, label.name.size(), config.label_name_length_limit)};
    }
    if (config.label_value_length_limit > 0 && label.value.size() > config.label_value_length_limit) {
      return Error{Errc::kLimit,
                   fmt::format("label_value_length_limit exceeded (metric: {}, label name: {}, value: {}, length: {}, "
                               "limit: {})",
                               metric, name, storage::Quoted(label.value.substr(0, kShown)), label.value.size(),
                               config.label_value_length_limit)};
    }
  }
  return {};
}

}  // namespace

SampleLabels BuildSampleLabels(const config::ScrapeConfig& config, const Labels& target,
                               const std::vector<LabelView>& exposed) {
  SampleLabels out;
  out.status = CheckExposed(exposed);
  if (!out.status) return out;
  LabelsBuilder builder;
  Merge(target, exposed, config.honor_labels, builder);
  out.dropped = !config::Apply(config.metric_relabel_configs, builder);
  if (out.dropped) return out;
  out.labels = builder.Build();
  out.dropped = out.labels.empty();
  if (out.dropped) return out;
  out.status = CheckNames(out.labels, config.metric_name_validation_scheme);
  if (!out.status) return out;
  out.status = CheckLimits(config, out.labels);
  out.over_limit = !out.status;
  return out;
}

Labels ReportLabels(const Labels& target, std::string_view name) {
  return LabelsBuilder(target).Set(storage::kMetricName, name).Build();
}

}  // namespace vigia::server
