#include "storage/rowgroup/downsample.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "storage/model/sample.h"

namespace vigia::storage {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The interval (k * resolution, (k + 1) * resolution] of a time.
std::int64_t IntervalOf(TimestampMs t, DurationMs resolution_ms) {
  const TimestampMs before = t - 1;
  return before >= 0 ? before / resolution_ms : -((-before + resolution_ms - 1) / resolution_ms);
}

double Smaller(double a, double b) { return std::isnan(a) || b < a ? b : a; }
double Greater(double a, double b) { return std::isnan(a) || b > a ? b : a; }

// Adds up with little error (Neumaier).
class Sum {
 public:
  void Add(double value) {
    const double next = sum_ + value;
    if (!std::isfinite(next)) {
      compensation_ = 0;
    } else if (std::fabs(sum_) >= std::fabs(value)) {
      compensation_ += (sum_ - next) + value;
    } else {
      compensation_ += (value - next) + sum_;
    }
    sum_ = next;
  }
  double Total() const { return sum_ + compensation_; }

 private:
  double sum_ = 0;
  double compensation_ = 0;
};

// The record of each sample, null where it has none.
std::vector<const DroppedSamples*> RecordsOf(const std::vector<TimestampMs>& t,
                                             const std::vector<DroppedSamples>& records) {
  std::vector<const DroppedSamples*> out(t.size());
  std::size_t i = 0;
  for (const DroppedSamples& record : records) {
    while (i < t.size() && t[i] < record.t) ++i;
    if (i < t.size() && t[i] == record.t) out[i] = &record;
  }
  return out;
}

// Which samples lie where others were dropped before: late ones, whose place among these nobody knows.
std::vector<bool> AmongDropped(const std::vector<TimestampMs>& t, const std::vector<const DroppedSamples*>& records) {
  std::vector<bool> out(t.size());
  TimestampMs start = kMaxTimestampMs;
  for (std::size_t i = t.size(); i-- > 0;) {
    out[i] = t[i] > start;
    if (records[i] != nullptr) start = std::min(start, t[i] - records[i]->span_ms);
  }
  return out;
}

class FloatThinner {
 public:
  FloatThinner(DurationMs resolution_ms, const ColumnContent& content)
      : resolution_ms_(resolution_ms),
        t_(content.float_t),
        v_(content.floats),
        records_(RecordsOf(content.float_t, content.dropped)),
        among_dropped_(AmongDropped(content.float_t, records_)) {}

  // Which samples stay.
  std::vector<bool> Choose() const;
  // What the samples first..last - 1, which go, and the record of `last` come to; v_[first - 1] stays when there is
  // one.
  DroppedSamples Combine(std::size_t first, std::size_t last) const;
  const DroppedSamples* record(std::size_t i) const { return records_[i]; }

 private:
  void ChooseOf(std::size_t begin, std::size_t end, std::vector<bool>& kept) const;
  bool IsBoundary(std::size_t i) const;
  void AddExtremes(std::size_t first, std::size_t last, DroppedSamples& out) const;
  double HiddenIncrease(std::size_t first, std::size_t last) const;

  const DurationMs resolution_ms_;
  const std::vector<TimestampMs>& t_;
  const std::vector<double>& v_;
  const std::vector<const DroppedSamples*> records_;
  const std::vector<bool> among_dropped_;
};

// Between i - 1 and i.
bool FloatThinner::IsBoundary(std::size_t i) const {
  if (IsStaleNan(v_[i - 1]) || IsStaleNan(v_[i])) return true;
  return t_[i] - t_[i - 1] > kGapMs && records_[i] == nullptr && !among_dropped_[i];
}

std::vector<bool> FloatThinner::Choose() const {
  std::vector<bool> kept(t_.size(), false);
  for (std::size_t begin = 0; begin < t_.size();) {
    const std::int64_t interval = IntervalOf(t_[begin], resolution_ms_);
    std::size_t end = begin + 1;
    while (end < t_.size() && IntervalOf(t_[end], resolution_ms_) == interval) ++end;
    ChooseOf(begin, end, kept);
    begin = end;
  }
  return kept;
}

void FloatThinner::ChooseOf(std::size_t begin, std::size_t end, std::vector<bool>& kept) const {
  kept[begin] = true;
  kept[end - 1] = true;
  std::vector<std::size_t> resets;
  bool has_records = records_[begin] != nullptr;
  for (std::size_t i = begin + 1; i < end; ++i) {
    has_records = has_records || records_[i] != nullptr;
    if (IsBoundary(i)) {
      kept[i - 1] = true;
      kept[i] = true;
    } else if (v_[i] < v_[i - 1] && !among_dropped_[i - 1] && !among_dropped_[i]) {
      resets.push_back(i);
    }
  }
  for (const std::size_t i : resets) {
    if (resets.size() > kMaxKeptResets) break;
    kept[i - 1] = true;
    kept[i] = true;
  }
  const auto first = kept.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto last = kept.begin() + static_cast<std::ptrdiff_t>(end);
  const bool pays = has_records || static_cast<std::size_t>(std::count(first, last, false)) >= kMinDropped;
  if (!pays) std::fill(first, last, true);
}

// The values before the resets of a counter that nobody sees between first - 1 and last any more.
double FloatThinner::HiddenIncrease(std::size_t first, std::size_t last) const {
  double hidden = 0;
  double before = first > 0 ? v_[first - 1] : kNan;
  const double start = before;
  for (std::size_t i = first; i <= last; ++i) {
    if (records_[i] != nullptr) hidden += records_[i]->increase;
    if (std::isnan(v_[i])) continue;
    if (v_[i] < before) hidden += before;
    before = v_[i];
  }
  if (v_[last] < start) hidden -= start;  // Shows.
  return hidden;
}

void FloatThinner::AddExtremes(std::size_t first, std::size_t last, DroppedSamples& out) const {
  out.min = kNan;
  out.max = kNan;
  for (std::size_t i = first; i <= last; ++i) {
    if (records_[i] != nullptr) {
      out.min = Smaller(out.min, records_[i]->min);
      out.max = Greater(out.max, records_[i]->max);
    }
    if (i == last || std::isnan(v_[i])) continue;
    out.min = Smaller(out.min, v_[i]);
    out.max = Greater(out.max, v_[i]);
  }
  const double before = first > 0 ? v_[first - 1] : kNan;
  out.within = !(out.min < Smaller(before, v_[last])) && !(out.max > Greater(before, v_[last]));
  // Beside a NaN alone everything is an extreme.
  if (std::isnan(before) && std::isnan(v_[last])) out.within = std::isnan(out.min);
}

DroppedSamples FloatThinner::Combine(std::size_t first, std::size_t last) const {
  DroppedSamples out;
  out.t = t_[last];
  out.span_ms = t_[last] - (first > 0 ? t_[first - 1] : t_[first] - 1);
  Sum sum;
  for (std::size_t i = first; i <= last; ++i) {
    if (i < last) sum.Add(v_[i]);
    if (i < last) ++out.count;
    if (records_[i] == nullptr) continue;
    sum.Add(records_[i]->sum);
    out.count += records_[i]->count;
  }
  out.sum = sum.Total();
  AddExtremes(first, last, out);
  out.increase = HiddenIncrease(first, last);
  return out;
}

std::uint64_t ThinFloats(DurationMs resolution_ms, ColumnContent& content, std::vector<DroppedSamples>& records) {
  const FloatThinner thinner(resolution_ms, content);
  const std::vector<bool> kept = thinner.Choose();
  ColumnContent out;
  std::size_t first = 0;  // Of those that go, before i.
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (!kept[i]) continue;
    if (i > first) {
      records.push_back(thinner.Combine(first, i));
    } else if (thinner.record(i) != nullptr) {
      records.push_back(*thinner.record(i));
    }
    first = i + 1;
    out.float_t.push_back(content.float_t[i]);
    out.floats.push_back(content.floats[i]);
    if (!content.float_starts.empty()) out.float_starts.push_back(content.float_starts[i]);
  }
  const std::uint64_t dropped = kept.size() - out.float_t.size();
  content.float_t = std::move(out.float_t);
  content.floats = std::move(out.floats);
  content.float_starts = std::move(out.float_starts);
  return dropped;
}

// The last of each interval, both sides of gaps and of staleness markers, and the first of all.
std::vector<bool> ChooseHistograms(DurationMs resolution_ms, const ColumnContent& content,
                                   const std::vector<const DroppedSamples*>& records) {
  const std::vector<TimestampMs>& t = content.histogram_t;
  std::vector<bool> kept(t.size(), false);
  const std::vector<bool> among_dropped = AmongDropped(t, records);
  auto marker = content.float_t.begin();
  for (std::size_t i = 0; i < t.size(); ++i) {
    marker = std::lower_bound(marker, content.float_t.end(), t[i]);  // Floats end a row of histograms, too.
    const bool broken = i == 0 || (t[i] - t[i - 1] > kGapMs && records[i] == nullptr && !among_dropped[i]) ||
                        (marker != content.float_t.begin() && *std::prev(marker) > t[i - 1]);
    if (broken) kept[i] = true;
    if (i == 0) continue;
    if (broken || IntervalOf(t[i], resolution_ms) != IntervalOf(t[i - 1], resolution_ms)) kept[i - 1] = true;
  }
  if (!kept.empty()) kept.back() = true;
  return kept;
}

std::uint64_t ThinHistograms(DurationMs resolution_ms, ColumnContent& content, std::vector<DroppedSamples>& out) {
  const auto records = RecordsOf(content.histogram_t, content.dropped);
  const std::vector<bool> kept = ChooseHistograms(resolution_ms, content, records);
  std::size_t count = 0;
  std::uint64_t before = 0;  // Dropped, since the last one that stays.
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (records[i] != nullptr) before += records[i]->count;
    if (!kept[i]) {
      ++before;
      continue;
    }
    const TimestampMs t = content.histogram_t[i];
    const DurationMs span = count > 0 ? t - content.histogram_t[count - 1] : resolution_ms;
    if (before > 0) out.push_back({t, span, std::exchange(before, 0), 0, kNan, kNan, 0, true});
    content.histogram_t[count] = t;
    if (count != i) content.histograms[count] = std::move(content.histograms[i]);
    if (!content.histogram_starts.empty()) content.histogram_starts[count] = content.histogram_starts[i];
    ++count;
  }
  content.histogram_t.resize(count);
  content.histograms.resize(count);
  if (!content.histogram_starts.empty()) content.histogram_starts.resize(count);
  return kept.size() - count;
}

// What the column has from the first to the last of the times.
ColumnContent Slice(const ColumnContent& content, std::span<const TimestampMs> times) {
  ColumnContent out;
  out.column = content.column;
  const auto copy = [&](const auto& t, const auto& values, const auto& starts, auto& t_out, auto& values_out,
                        auto& starts_out) {
    const auto first = std::lower_bound(t.begin(), t.end(), times.front()) - t.begin();
    const auto end = std::upper_bound(t.begin() + first, t.end(), times.back()) - t.begin();
    t_out.assign(t.begin() + first, t.begin() + end);
    values_out.assign(values.begin() + first, values.begin() + end);
    if (!starts.empty()) starts_out.assign(starts.begin() + first, starts.begin() + end);
  };
  copy(content.float_t, content.floats, content.float_starts, out.float_t, out.floats, out.float_starts);
  copy(content.histogram_t, content.histograms, content.histogram_starts, out.histogram_t, out.histograms,
       out.histogram_starts);
  for (const DroppedSamples& record : content.dropped) {
    if (times.front() <= record.t && record.t <= times.back()) out.dropped.push_back(record);
  }
  return out;
}

// `times`: of the columns, one after the other without a gap.
Result<LoadedTile> TileOf(const std::vector<ColumnContent>& columns, std::span<const TimestampMs> times) {
  std::vector<ColumnContent> slices;
  for (const ColumnContent& column : columns) {
    ColumnContent slice = Slice(column, times);
    if (!slice.empty()) slices.push_back(std::move(slice));
  }
  PinnedValue bytes(BuildTile(slices, times, /*subset=*/true));
  const auto tile = TileView::Open(bytes.view());
  if (!tile) return tile.error();
  return LoadedTile{std::move(bytes), *tile, {times.begin(), times.end()}};
}

}  // namespace

std::uint64_t Downsample(DurationMs resolution_ms, ColumnContent& content) {
  std::vector<DroppedSamples> records;
  std::uint64_t dropped = ThinHistograms(resolution_ms, content, records);  // While all markers are there.
  dropped += ThinFloats(resolution_ms, content, records);
  content.dropped = std::move(records);
  SortColumn(content);
  return dropped;
}

Result<DownsampledTiles> DownsampleTiles(std::span<const LoadedTile> tiles, std::span<const std::uint32_t> columns,
                                         const std::function<DurationMs(std::uint32_t)>& resolution_of) {
  DownsampledTiles out;
  std::vector<ColumnContent> contents;
  for (const std::uint32_t column : columns) {
    ColumnContent content;
    content.column = column;
    for (const LoadedTile& tile : tiles) {
      if (Status status = AppendColumn(tile.tile, tile.times, content); !status) return status.error();
    }
    SortColumn(content);
    if (const DurationMs resolution = resolution_of(column); resolution > 0)
      out.dropped += Downsample(resolution, content);
    if (!content.empty()) contents.push_back(std::move(content));
  }
  const std::vector<TimestampMs> times = TimesOf(contents);
  for (std::size_t first = 0; first < times.size(); first += kDownsampledRows) {
    const auto rows = std::span(times).subspan(first, std::min(kDownsampledRows, times.size() - first));
    auto tile = TileOf(contents, rows);
    if (!tile) return tile.error();
    out.tiles.push_back(std::move(*tile));
  }
  return out;
}

}  // namespace vigia::storage
