#include "storage/tsdb/selection.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "storage/rowgroup/reader.h"

namespace vigia::storage {
namespace {

// Parts arrive in the order in which they were written; out-of-order ones must be sorted in. Of samples with one
// timestamp the first that was written counts.
template <class Value>
void SortByTime(std::vector<TimestampMs>& t, std::vector<Value>& v) {
  if (std::adjacent_find(t.begin(), t.end(), std::greater_equal<>()) == t.end()) return;
  std::vector<std::size_t> order(t.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return t[a] < t[b]; });
  std::vector<TimestampMs> new_t;
  std::vector<Value> new_v;
  for (const std::size_t i : order) {
    if (!new_t.empty() && new_t.back() == t[i]) continue;
    new_t.push_back(t[i]);
    new_v.push_back(std::move(v[i]));
  }
  t = std::move(new_t);
  v = std::move(new_v);
}

// Floats and histograms of one series in one sequence.
void Interleave(std::vector<TimestampMs> histogram_t, std::vector<HistogramPtr> histograms, ReadBuffer& buffer) {
  std::vector<TimestampMs> t;
  std::vector<double> v;
  std::vector<HistogramPtr> h;
  std::size_t f = 0;
  std::size_t g = 0;
  while (f < buffer.t.size() || g < histogram_t.size()) {
    const bool histogram = f == buffer.t.size() || (g < histogram_t.size() && histogram_t[g] < buffer.t[f]);
    if (!histogram && g < histogram_t.size() && histogram_t[g] == buffer.t[f]) ++g;
    t.push_back(histogram ? histogram_t[g] : buffer.t[f]);
    v.push_back(histogram ? 0 : buffer.v[f]);
    h.push_back(histogram ? std::move(histograms[g]) : nullptr);
    histogram ? ++g : ++f;
  }
  buffer.t = std::move(t);
  buffer.v = std::move(v);
  buffer.h = std::move(h);
}

}  // namespace

TsdbSelection::TsdbSelection(const ReadDeps& deps, std::shared_ptr<const RunSet> runs,
                             std::vector<SelectedTarget> targets, TimestampMs from, TimestampMs to)
    : deps_(deps), runs_(std::move(runs)), targets_(std::move(targets)), from_(from), to_(to) {
  std::vector<const Run*> overlapping;
  for (const auto& run : runs_->runs) {
    if (run->min_t <= to && run->max_t >= from) overlapping.push_back(run.get());
  }
  for (std::uint32_t i = 0; i < targets_.size(); ++i) {
    SelectedTarget& target = targets_[i];
    for (const Run* run : overlapping) {
      const RunTarget* const entry = run->Find(target.target->id());
      if (entry != nullptr && entry->min_t <= to && entry->max_t >= from) target.runs.emplace_back(run, entry);
    }
    for (const std::uint32_t column : target.columns) series_.emplace_back(i, column);
  }
}

Labels TsdbSelection::labels(std::size_t i) const {
  assert(i < size());
  return deps_.series.LabelsOf(targets_[series_[i].first].target->id(), series_[i].second);
}

Result<SamplesView> TsdbSelection::Read(std::size_t i, ReadBuffer& buffer) const {
  assert(i < size());
  const SelectedTarget& target = targets_[series_[i].first];
  const std::uint32_t column = series_[i].second;
  ColumnSamples samples;
  std::swap(samples.t, buffer.t);  // Reuses the caller's memory.
  std::swap(samples.v, buffer.v);
  samples.t.clear();
  samples.v.clear();
  buffer.h.clear();
  RunSamples into{samples.t, samples.v, samples.histogram_t, samples.h, samples.in_all_rows};
  for (const auto& [run, entry] : target.runs) {
    if (Status status = ReadColumn(deps_.store, *run, *entry, column, from_, to_, into); !status) return status.error();
  }
  if (Status status = ReadColumn(target.snapshot, column, from_, to_, samples); !status) return status.error();
  SortByTime(samples.t, samples.v);
  SortByTime(samples.histogram_t, samples.h);
  std::swap(samples.t, buffer.t);
  std::swap(samples.v, buffer.v);
  if (!samples.histogram_t.empty()) Interleave(std::move(samples.histogram_t), std::move(samples.h), buffer);
  const bool shared = samples.in_all_rows && buffer.h.empty() && !buffer.t.empty();
  return SamplesView{buffer.t, buffer.v, buffer.h, shared ? target.target->id() : 0};
}

}  // namespace vigia::storage
