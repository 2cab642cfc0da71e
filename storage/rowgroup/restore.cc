#include "storage/rowgroup/restore.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <utility>

#include "storage/model/sample.h"

namespace vigia::storage {
namespace {

constexpr DurationMs kSamplesPerWindow = 64;  // So many are enough: then a cut interval errs by a small share.

// Where the dropped samples of a record were.
struct Gap {
  TimestampMs after = 0;
  std::optional<double> before_v;  // Of the kept sample at `after`, if it is there and a number.
  double v = 0;                    // Of the kept sample behind.
  const DroppedSamples& record;

  DurationMs length_ms() const { return record.t - after; }
};

std::uint64_t CountFor(const Restoration& how, const Gap& gap) {
  const auto length = static_cast<std::uint64_t>(gap.length_ms());
  std::uint64_t wanted = gap.record.count;
  const auto window = static_cast<std::uint64_t>(std::max<DurationMs>(how.window_ms, 1));
  const std::uint64_t few = length / std::max<std::uint64_t>(window / kSamplesPerWindow, 1);
  switch (how.as) {
    case Restored::kNothing: wanted = 0; break;
    case Restored::kValueBefore: wanted = std::min(wanted, (length - 1) / window); break;
    // Counts, and how far rates extrapolate, depend on the number of samples in the window.
    case Restored::kLine:
    case Restored::kCounter:
    case Restored::kShare: break;
    case Restored::kSum:
    case Restored::kMin:
    case Restored::kMax: wanted = std::min(wanted, std::max<std::uint64_t>(few, 1)); break;
  }
  return std::min(wanted, length - 1);  // Times are whole milliseconds.
}

// `from` and `to` are kept samples, the others lie between them.
void AddLine(double from, double to, std::uint64_t count, std::vector<double>& out) {
  const bool straight = std::isfinite(from) && std::isfinite((to - from) * static_cast<double>(count));
  for (std::uint64_t i = 1; i <= count; ++i) {
    const double value = straight ? from + (to - from) * static_cast<double>(i) / static_cast<double>(count + 1) : to;
    out.push_back(straight ? std::clamp(value, std::min(from, to), std::max(from, to)) : value);
  }
}

// Values whose sum, added up with care, is `sum`: all but the last have few digits, so that no addition rounds.
void AddShares(double sum, std::uint64_t count, std::vector<double>& out) {
  if (!std::isfinite(sum)) return out.insert(out.end(), count, sum), void();
  constexpr std::uint64_t kDigitsCut = (std::uint64_t{1} << 29) - 1;
  const double exact = sum / static_cast<double>(count);
  const double share = std::bit_cast<double>(std::bit_cast<std::uint64_t>(exact) & ~kDigitsCut);
  out.insert(out.end(), count - 1, share);
  out.push_back(sum - share * static_cast<double>(count - 1));
}

// Up to a peak, from which one reset leads down to 0, and up to the kept sample behind. That is an increase of
// (peak - from) + to.
bool AddReset(double from, double to, double increase, std::uint64_t count, std::vector<double>& out) {
  const double peak = from + increase - to;
  if (!(from >= 0 && to >= 0 && peak >= from && std::isfinite(peak) && peak > 0)) return false;
  if (count == 1) {
    if (peak <= to && peak > from) return false;
    out.push_back(peak > to ? peak : 0);
    return true;
  }
  const double rising = increase > 0 ? (peak - from) / increase : 0;
  const auto up = std::clamp(static_cast<std::uint64_t>(std::llround(static_cast<double>(count) * rising)),
                             std::uint64_t{1}, count - 1);
  AddLine(from, peak, up - 1, out);
  out.push_back(peak);
  out.push_back(0);
  AddLine(0, to, count - up - 1, out);
  return true;
}

void AddCounter(double from, const Gap& gap, std::uint64_t count, std::vector<double>& out) {
  const double hidden = gap.record.increase;
  const double shown = gap.v >= from ? gap.v - from : gap.v;
  if (hidden > 0 && AddReset(from, gap.v, shown + hidden, count, out)) return;
  if (gap.v < from) from = std::min(0.0, gap.v);  // The reset shows: at the beginning.
  AddLine(from, gap.v, count, out);
}

void AddValues(const Restoration& how, const Gap& gap, std::uint64_t count, std::vector<double>& out) {
  const double from = gap.before_v.value_or(gap.v);
  const auto extreme = [&](double value) {
    if (gap.record.within || std::isnan(value)) return AddLine(from, gap.v, count, out);
    out.insert(out.end(), count, value);
  };
  switch (how.as) {
    case Restored::kNothing: return;
    case Restored::kValueBefore: return out.insert(out.end(), count, from), void();
    case Restored::kLine: return AddLine(from, gap.v, count, out);
    case Restored::kCounter: return AddCounter(from, gap, count, out);
    case Restored::kShare:
    case Restored::kSum: return AddShares(gap.record.sum, count, out);
    case Restored::kMin: return extreme(gap.record.min);
    case Restored::kMax: return extreme(gap.record.max);
  }
}

// Times of `count` samples in the gap, evenly.
void AddTimes(const Gap& gap, std::uint64_t count, std::vector<TimestampMs>& out) {
  const auto parts = static_cast<TimestampMs>(count) + 1;
  for (TimestampMs i = 1; i < parts; ++i) {
    // Without the product of two large numbers.
    out.push_back(gap.after + gap.length_ms() / parts * i + gap.length_ms() % parts * i / parts);
  }
}

const DroppedSamples* RecordAt(TimestampMs t, const std::vector<DroppedSamples>& records, std::size_t& next) {
  while (next < records.size() && records[next].t < t) ++next;
  return next < records.size() && records[next].t == t ? &records[next] : nullptr;
}

void RestoreFloats(const Restoration& how, ColumnContent& content) {
  ColumnContent out;
  std::size_t next = 0;
  const bool has_starts = !content.float_starts.empty();
  for (std::size_t i = 0; i < content.float_t.size(); ++i) {
    const TimestampMs t = content.float_t[i];
    if (const DroppedSamples* record = RecordAt(t, content.dropped, next)) {
      Gap gap{t - record->span_ms, std::nullopt, content.floats[i], *record};
      if (i > 0 && content.float_t[i - 1] >= gap.after) {
        gap.after = content.float_t[i - 1];
        if (!std::isnan(content.floats[i - 1])) gap.before_v = content.floats[i - 1];
      }
      const bool held = how.as != Restored::kValueBefore || gap.before_v.has_value();
      const std::uint64_t count = gap.length_ms() > 1 && held ? CountFor(how, gap) : 0;
      if (count > 0) AddTimes(gap, count, out.float_t);
      if (count > 0) AddValues(how, gap, count, out.floats);
      if (has_starts) out.float_starts.resize(out.float_t.size());
    }
    out.float_t.push_back(t);
    out.floats.push_back(content.floats[i]);
    if (has_starts) out.float_starts.push_back(content.float_starts[i]);
  }
  content.float_t = std::move(out.float_t);
  content.floats = std::move(out.floats);
  content.float_starts = std::move(out.float_starts);
}

// Only the one before again: nothing else is known of them.
void RestoreHistograms(const Restoration& how, ColumnContent& content) {
  ColumnContent out;
  std::size_t next = 0;
  const bool has_starts = !content.histogram_starts.empty();
  for (std::size_t i = 0; i < content.histogram_t.size(); ++i) {
    const TimestampMs t = content.histogram_t[i];
    const DroppedSamples* record = RecordAt(t, content.dropped, next);
    if (record != nullptr && i > 0) {
      const Gap gap{content.histogram_t[i - 1], std::nullopt, 0, *record};
      const std::uint64_t count = CountFor(how, gap);
      AddTimes(gap, count, out.histogram_t);
      out.histograms.insert(out.histograms.end(), count, content.histograms[i - 1]);
      if (has_starts) out.histogram_starts.resize(out.histogram_t.size());
    }
    out.histogram_t.push_back(t);
    out.histograms.push_back(content.histograms[i]);
    if (has_starts) out.histogram_starts.push_back(content.histogram_starts[i]);
  }
  content.histogram_t = std::move(out.histogram_t);
  content.histograms = std::move(out.histograms);
  content.histogram_starts = std::move(out.histogram_starts);
}

}  // namespace

void Restore(const Restoration& how, ColumnContent& content) {
  if (how.as != Restored::kNothing && !content.dropped.empty()) {
    RestoreFloats(how, content);
    if (how.as == Restored::kValueBefore) RestoreHistograms(how, content);
  }
  content.dropped.clear();
}

}  // namespace vigia::storage
