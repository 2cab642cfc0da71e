#include "promql/exec/info_operator.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "promql/exec/evaluation_error.h"
#include "promql/exec/map_operators.h"

namespace vigia::promql {
namespace {

using storage::Matcher;
using storage::Result;
using storage::Status;

const std::vector<std::string>& IdentifyingLabels() {
  static const std::vector<std::string> kLabels = {"instance", "job"};
  return kLabels;
}

std::string IdentityOf(const Labels& labels) { return std::string(labels.Keep(IdentifyingLabels()).bytes()); }

// As a regular expression that matches nothing else.
std::string Escaped(std::string_view text) {
  constexpr std::string_view kSpecial = R"(\.+*?()|[]{}^$-)";
  std::string escaped;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

InfoOperator::InfoOperator(QueryContext& context, OperatorPtr input, const PlanNode& info, SampleCounter* samples)
    : Operator(context, input->steps(), Accounting::kGathered),
      input_(std::move(input)),
      select_(*info.As<SelectNode>()),
      info_profile_(context.ProfileOf(info)),
      samples_(samples),
      rows_(context.budget()),
      reserved_(context.budget()) {
  AddInput(input_.get());
  for (const Matcher& matcher : select_.matchers) {
    if (matcher.name() == storage::kMetricName) continue;
    data_labels_.push_back(matcher.name());
    if (!matcher.MatchesEmpty()) needs_info_ = true;
  }
}

Result<std::vector<SeriesInfo>> InfoOperator::MakeSeries() {
  auto series = input_->Series();
  if (!series) return series;
  base_ = std::move(*series);
  if (const Status status = rows_.AddAll(*input_); !status) return status.error();
  has_base_.assign(steps().count, 0);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const StoredRow row = rows_.row(i);
    for (std::size_t k = 0; k < row.valid.size(); ++k) has_base_[row.first + k] |= row.valid[k];
  }
  if (AddIdentityMatchers()) {
    if (const Status status = ReadInfo(); !status) return status.error();
  }
  std::vector<SeriesInfo> results;
  result_of_step_.resize(rows_.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (const Status status = context().Interrupted(); !status) return status.error();
    if (const Status status = EnrichRow(i, results); !status) return status.error();
  }
  return results;
}

bool InfoOperator::IsInfoMetric(const Labels& labels) const {
  return std::ranges::all_of(select_.matchers, [&](const Matcher& matcher) {
    return matcher.name() != storage::kMetricName || matcher.Matches(labels.metric_name());
  });
}

bool InfoOperator::AddIdentityMatchers() {
  constexpr std::size_t kMaxValues =
      2000;  // A longer expression costs more than it saves: results do not depend on it.
  bool any = false;
  for (const std::string& name : IdentifyingLabels()) {
    std::set<std::string_view> values;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Labels& labels = base_[rows_.row(i).id].labels;
      if (const std::string_view value = labels.Get(name); !value.empty() && !IsInfoMetric(labels))
        values.insert(value);
    }
    if (values.empty()) continue;
    any = true;
    if (values.size() > kMaxValues) continue;
    std::string pattern;
    for (const std::string_view value : values) pattern += (pattern.empty() ? "" : "|") + Escaped(value);
    auto matcher = Matcher::Create(storage::MatchType::kRegex, name, std::move(pattern));
    if (matcher) select_.matchers.push_back(std::move(*matcher));
  }
  return any;
}

Status InfoOperator::ReadInfo() {
  info_operator_ = std::make_unique<SelectOperator>(context(), steps(), select_, samples_);
  info_operator_->Observe(info_profile_);
  AddInput(info_operator_.get());
  auto series = info_operator_->Series();
  if (!series) return series.error();
  info_ = std::move(*series);
  RowBatch batch(steps().count);
  while (true) {
    const Result<std::size_t> rows = info_operator_->Next(batch);
    if (!rows) return rows.error();
    if (*rows == 0) break;
    for (std::size_t i = 0; i < *rows; ++i) {
      if (Status status = NoteInfo(batch.id(i), batch.row(i)); !status) return status;
    }
  }
  for (auto& [identity, places] : newest_by_identity_) {
    std::ranges::sort(places, {}, [&](std::size_t place) { return newest_[place].metric; });
  }
  return {};
}

Status InfoOperator::NoteInfo(SeriesId id, const Row& row) {
  const Result<std::size_t> place = NewestOf(info_[id].labels);
  if (!place) return place.error();
  std::vector<Newest::Cell>& cells = newest_[*place].cells;
  for (std::size_t step = 0; step < cells.size(); ++step) {
    if (row.valid[step] == 0 || has_base_[step] == 0) continue;
    Newest::Cell& cell = cells[step];
    const TimestampMs t = std::llround(row.values[step] * 1000);
    if (cell.series != kNone && cell.t == t) {
      return EvaluationError("found duplicate series for info metric: existing " +
                             info_[cell.series].labels.ToString() + " @ " + std::to_string(t) + ", new " +
                             info_[id].labels.ToString() + " @ " + std::to_string(t));
    }
    if (cell.series == kNone || cell.t < t) cell = {id, t};
  }
  return {};
}

Result<std::size_t> InfoOperator::NewestOf(const Labels& info) {
  std::vector<std::size_t>& places = newest_by_identity_[IdentityOf(info)];
  for (const std::size_t place : places) {
    if (newest_[place].metric == info.metric_name()) return place;
  }
  const std::uint64_t bytes = steps().count * sizeof(Newest::Cell);
  if (const Status status = reserved_.Add(bytes / sizeof(double) + 1); !status) return status.error();
  places.push_back(newest_.size());
  newest_.push_back({std::string(info.metric_name()), std::vector<Newest::Cell>(steps().count)});
  return places.back();
}

Status InfoOperator::EnrichRow(std::size_t i, std::vector<SeriesInfo>& results) {
  const StoredRow row = rows_.row(i);
  const SeriesInfo& base = base_[row.id];
  std::vector<std::size_t> places;
  const bool is_info = IsInfoMetric(base.labels);
  if (const auto found = newest_by_identity_.find(IdentityOf(base.labels));
      found != newest_by_identity_.end() && !is_info) {
    places = found->second;
  }
  if (Status status = reserved_.Add(row.valid.size() / 2 + 1); !status) return status;
  std::vector<std::uint32_t>& result_of_step = result_of_step_[i];
  result_of_step.assign(row.valid.size(), kNone);
  std::map<std::vector<std::uint32_t>, std::uint32_t> known;
  std::vector<std::uint32_t> infos;
  for (std::size_t k = 0; k < row.valid.size(); ++k) {
    if (row.valid[k] == 0) continue;
    infos.clear();
    for (const std::size_t place : places) {
      const std::uint32_t series = newest_[place].cells[row.first + k].series;
      if (series != kNone) infos.push_back(series);
    }
    auto at = known.find(infos);
    if (at == known.end()) {
      std::uint32_t result = kNone;
      if (is_info) {
        result = static_cast<std::uint32_t>(results.size());
        if (Status status = context().budget().ReserveLabels(BytesInVector(base)); !status) return status;
        results.push_back(base);
      } else {
        const Result<std::uint32_t> enriched = Enrich(base, infos, results);
        if (!enriched) return enriched.error();
        result = *enriched;
      }
      at = known.emplace(infos, result).first;
      if (result != kNone) outputs_.push_back({i, result});
    }
    result_of_step[k] = at->second;
  }
  return {};
}

Result<std::uint32_t> InfoOperator::Enrich(const SeriesInfo& base, const std::vector<std::uint32_t>& infos,
                                           std::vector<SeriesInfo>& results) {
  if (infos.empty() && needs_info_) return kNone;
  std::map<std::string_view, std::string_view> added;
  for (const std::uint32_t info : infos) {
    for (const storage::LabelView label : info_[info].labels) {
      if (label.name == storage::kMetricName) continue;
      if (!data_labels_.empty() && std::ranges::find(data_labels_, label.name) == data_labels_.end()) continue;
      if (!base.labels.Get(label.name).empty()) continue;
      const auto [at, is_new] = added.emplace(label.name, label.value);
      if (!is_new && at->second != label.value) {
        return EvaluationError("conflicting label: " + std::string(label.name));
      }
    }
  }
  storage::LabelsBuilder builder(base.labels);
  for (const auto& [name, value] : added) builder.Set(std::string(name), std::string(value));
  SeriesInfo result{builder.Build(), base.drop_name};
  if (const Status status = context().budget().ReserveLabels(BytesInVector(result)); !status) return status.error();
  results.push_back(std::move(result));
  return static_cast<std::uint32_t>(results.size() - 1);
}

Status InfoOperator::Fill(RowBatch& out) {
  for (; next_ < outputs_.size() && !out.full(); ++next_) {
    const Output& output = outputs_[next_];
    const Row row = rows_.AppendTo(output.row, out);
    out.set_id(out.size() - 1, output.result);
    const std::size_t first = rows_.row(output.row).first;
    const std::vector<std::uint32_t>& result_of_step = result_of_step_[output.row];
    for (std::size_t k = 0; k < result_of_step.size(); ++k) {
      if (result_of_step[k] != output.result) row.valid[first + k] = 0;
    }
  }
  return {};
}

}  // namespace vigia::promql
