#include "storage/tsdb/selection.h"

#include <algorithm>
#include <cassert>

#include "storage/codec/sample_order.h"
#include "storage/rowgroup/reader.h"

namespace vigia::storage {
namespace {

// Floats and histograms of one series in one sequence.
void Interleave(std::vector<TimestampMs> histogram_t, std::vector<HistogramPtr> histograms,
                const std::vector<TimestampMs>& histogram_starts, ReadBuffer& buffer) {
  std::vector<TimestampMs> t;
  std::vector<double> v;
  std::vector<HistogramPtr> h;
  std::vector<TimestampMs> starts;
  const bool has_starts = !buffer.starts.empty() || !histogram_starts.empty();
  const auto start_at = [](const std::vector<TimestampMs>& of, std::size_t i) { return of.empty() ? 0 : of[i]; };
  std::size_t f = 0;
  std::size_t g = 0;
  while (f < buffer.t.size() || g < histogram_t.size()) {
    const bool histogram = f == buffer.t.size() || (g < histogram_t.size() && histogram_t[g] < buffer.t[f]);
    if (!histogram && g < histogram_t.size() && histogram_t[g] == buffer.t[f]) ++g;
    t.push_back(histogram ? histogram_t[g] : buffer.t[f]);
    v.push_back(histogram ? 0 : buffer.v[f]);
    h.push_back(histogram ? std::move(histograms[g]) : nullptr);
    if (has_starts) starts.push_back(histogram ? start_at(histogram_starts, g) : start_at(buffer.starts, f));
    histogram ? ++g : ++f;
  }
  buffer.t = std::move(t);
  buffer.v = std::move(v);
  buffer.h = std::move(h);
  buffer.starts = std::move(starts);
}

// Appends the samples within `range`. The starts of both are as in ColumnSamples.
template <class Value>
void AppendWithin(TimeInterval range, const std::vector<TimestampMs>& t, const std::vector<Value>& v,
                  const std::vector<TimestampMs>& starts, std::vector<TimestampMs>& out_t, std::vector<Value>& out_v,
                  std::vector<TimestampMs>& out_starts) {
  const auto begin = std::lower_bound(t.begin(), t.end(), range.from);
  const auto end = std::upper_bound(begin, t.end(), range.to);
  const auto skip = begin - t.begin();
  const auto count = end - begin;
  if (!starts.empty()) {
    out_starts.resize(out_t.size());
    out_starts.insert(out_starts.end(), starts.begin() + skip, starts.begin() + skip + count);
  }
  out_t.insert(out_t.end(), begin, end);
  out_v.insert(out_v.end(), v.begin() + skip, v.begin() + skip + count);
}

struct TileScratch : ReadScratch {
  TileCache tiles;
};

TileCache& TilesOf(ReadBuffer& buffer) {
  auto* scratch = dynamic_cast<TileScratch*>(buffer.scratch.get());
  if (scratch == nullptr) {
    auto fresh = std::make_unique<TileScratch>();
    scratch = fresh.get();
    buffer.scratch = std::move(fresh);
  }
  return scratch->tiles;
}

}  // namespace

TsdbSelection::TsdbSelection(const ReadDeps& deps, Pins::Pin pin, std::shared_ptr<const RunSet> runs,
                             std::shared_ptr<const TombstoneSet> tombstones, std::vector<SelectedTarget> targets,
                             TimestampMs from, TimestampMs to, Restoration restoration)
    : deps_(deps),
      pin_(std::move(pin)),
      runs_(std::move(runs)),
      tombstones_(std::move(tombstones)),
      kept_(deps.policies.Current()),
      targets_(std::move(targets)),
      from_(from),
      to_(to),
      restoration_(restoration) {
  const TimestampMs now_ms = deps_.clock();
  std::vector<const Run*> overlapping;
  for (const auto& run : runs_->runs) {
    if (run->min_t <= to && run->max_t >= from) overlapping.push_back(run.get());
  }
  for (std::uint32_t i = 0; i < targets_.size(); ++i) {
    SelectedTarget& target = targets_[i];
    kept_->Hide(target.target->id(), now_ms, target.expired);
    for (const Run* run : overlapping) {
      const RunTarget* const entry = run->Find(target.target->id());
      if (entry == nullptr || entry->min_t > to || entry->max_t < from) continue;
      SelectedRun& part = target.runs.emplace_back(SelectedRun{run, entry, tombstones_->HiddenIn(*run, entry->target)});
      kept_->Hide(entry->target, now_ms, part.hidden);
    }
    for (std::size_t k = 0; k < target.columns.size(); ++k) {
      series_.push_back({i, target.columns[k], target.lines[k]});
    }
  }
}

Labels TsdbSelection::labels(std::size_t i) const {
  assert(i < size());
  return deps_.series.LabelsOf(targets_[series_[i].target].target->id(), series_[i].line, nullptr);
}

Labels TsdbSelection::wanted_labels(std::size_t i) const {
  assert(i < size());
  return deps_.series.LabelsOf(targets_[series_[i].target].target->id(), series_[i].line,
                               wanted_ ? &*wanted_ : nullptr);
}

Status TsdbSelection::ReadUndamaged(const SelectedRun& part, std::uint32_t column, TimeInterval range, TileCache& tiles,
                                    RunSamples& into) const {
  const auto& starts = part.entry->chunk_starts;
  for (std::uint32_t chunk = 0; chunk < starts.size(); ++chunk) {
    const TimestampMs from = std::max(range.from, starts[chunk]);
    const TimestampMs to = std::min(range.to, chunk + 1 < starts.size() ? starts[chunk + 1] - 1 : part.entry->max_t);
    if (from > to) continue;
    const std::string key = GroupKey(*part.run, part.entry->target, column / kPageColumns, chunk);
    if (deps_.quarantine.HasGroup(key)) {
      into.in_all_rows = false;
      continue;
    }
    Status status = ReadColumn(deps_.store, *part.run, *part.entry, column, from, to, tiles, into);
    if (!status && status.error().code == Errc::kCorruption) {
      return deps_.quarantine.SetAsideGroup(key, status.error());
    }
    if (!status) return status;
  }
  return {};
}

Status TsdbSelection::ReadStored(const SelectedRun& part, std::uint32_t column, TimeInterval range, TileCache& tiles,
                                 RunSamples& into) const {
  if (deps_.quarantine.HasGroupOf(*part.run)) return ReadUndamaged(part, column, range, tiles, into);
  Status status = ReadColumn(deps_.store, *part.run, *part.entry, column, range.from, range.to, tiles, into);
  if (!status && status.error().code == Errc::kCorruption) return ReadUndamaged(part, column, range, tiles, into);
  return status;
}

Status TsdbSelection::ReadHead(const SelectedTarget& target, std::uint32_t column, ColumnSamples& samples) const {
  const std::vector<TimeInterval> hidden = target.expired.Of(column);
  const std::size_t first = samples.t.size();
  const std::size_t first_histogram = samples.histogram_t.size();
  Status status = ReadColumn(target.snapshot, column, from_, to_, samples);
  if (!status || hidden.empty()) return status;
  if (EraseHidden(hidden, first, samples.t, samples.v, samples.starts)) samples.in_all_rows = false;
  EraseHidden(hidden, first_histogram, samples.histogram_t, samples.h, samples.histogram_starts);
  return {};
}

Status TsdbSelection::ReadRun(const SelectedRun& part, std::uint32_t column, TileCache& tiles,
                              ColumnSamples& samples) const {
  const std::vector<TimeInterval> hidden = part.hidden.Of(column);
  for (const TimeInterval& interval : hidden) {
    if (!interval.Covers(part.entry->min_t, part.entry->max_t)) continue;
    samples.in_all_rows = false;
    return {};
  }
  const DurationMs resolution =
      part.entry->downsampled.empty() || restoration_.as == Restored::kNothing ? 0 : part.entry->ResolutionOf(column);
  if (resolution > 0) return ReadDownsampled(part, column, resolution, tiles, samples);
  const std::size_t first = samples.t.size();
  const std::size_t first_histogram = samples.histogram_t.size();
  RunSamples into{samples.t,          samples.v,      samples.histogram_t,
                  samples.h,          samples.starts, samples.histogram_starts,
                  samples.in_all_rows};
  Status status = ReadStored(part, column, {from_, to_}, tiles, into);
  if (!status || hidden.empty()) return status;
  if (EraseHidden(hidden, first, samples.t, samples.v, samples.starts)) samples.in_all_rows = false;
  EraseHidden(hidden, first_histogram, samples.histogram_t, samples.h, samples.histogram_starts);
  return {};
}

// Reads as far as the records of the first and the last sample may reach, and cuts what is too much.
Status TsdbSelection::ReadDownsampled(const SelectedRun& part, std::uint32_t column, DurationMs resolution_ms,
                                      TileCache& tiles, ColumnSamples& samples) const {
  samples.in_all_rows = false;
  const TimeInterval range{std::max(from_, part.entry->min_t) - resolution_ms,
                           std::min(to_, part.entry->max_t) + resolution_ms};
  ColumnContent content;
  bool ignored = false;
  RunSamples into{
      content.float_t,          content.floats, content.histogram_t, content.histograms, content.float_starts,
      content.histogram_starts, ignored,        &content.dropped};
  if (Status status = ReadStored(part, column, range, tiles, into); !status) return status;
  if (!content.float_starts.empty()) content.float_starts.resize(content.float_t.size());
  if (!content.histogram_starts.empty()) content.histogram_starts.resize(content.histogram_t.size());
  const std::vector<TimeInterval> hidden = part.hidden.Of(column);
  EraseHiddenRecords(hidden, content.float_t, content.histogram_t, content.dropped);
  EraseHidden(hidden, 0, content.float_t, content.floats, content.float_starts);
  EraseHidden(hidden, 0, content.histogram_t, content.histograms, content.histogram_starts);
  Restore(restoration_, content);
  AppendWithin({from_, to_}, content.float_t, content.floats, content.float_starts, samples.t, samples.v,
               samples.starts);
  AppendWithin({from_, to_}, content.histogram_t, content.histograms, content.histogram_starts, samples.histogram_t,
               samples.h, samples.histogram_starts);
  return {};
}

Result<SamplesView> TsdbSelection::Read(std::size_t i, ReadBuffer& buffer) const {
  assert(i < size());
  const SelectedTarget& target = targets_[series_[i].target];
  const std::uint32_t column = series_[i].column;
  ColumnSamples samples;
  std::swap(samples.t, buffer.t);  // Reuses the caller's memory.
  std::swap(samples.v, buffer.v);
  std::swap(samples.starts, buffer.starts);
  samples.t.clear();
  samples.v.clear();
  samples.starts.clear();
  buffer.h.clear();
  TileCache& tiles = TilesOf(buffer);
  bool ascends = true;  // Within one run times do.
  for (const SelectedRun& part : target.runs) {
    const std::size_t first = samples.t.size();
    if (Status status = ReadRun(part, column, tiles, samples); !status) return status.error();
    ascends = ascends && AscendsAt(samples.t, first);
  }
  const std::size_t first = samples.t.size();
  if (Status status = ReadHead(target, column, samples); !status) return status.error();
  if (!ascends || !AscendsFrom(samples.t, first)) SortByTime(samples.t, samples.v, samples.starts);
  if (!samples.starts.empty()) samples.starts.resize(samples.t.size());
  SortByTime(samples.histogram_t, samples.h, samples.histogram_starts);
  std::swap(samples.t, buffer.t);
  std::swap(samples.v, buffer.v);
  std::swap(samples.starts, buffer.starts);
  if (!samples.histogram_t.empty()) {
    Interleave(std::move(samples.histogram_t), std::move(samples.h), samples.histogram_starts, buffer);
  }
  const bool shared = samples.in_all_rows && buffer.h.empty() && !buffer.t.empty();
  return SamplesView{buffer.t, buffer.v, buffer.h, shared ? target.target->id() : 0, buffer.starts};
}

}  // namespace vigia::storage
