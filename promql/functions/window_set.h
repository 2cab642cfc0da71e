// The windows that the steps of a query cut out of one column of timestamps, computed once and shared by every series
// that has this column (design/query.md 2): bounds, and the terms of rate, increase and delta that depend on time
// alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "storage/model/timestamp.h"

namespace vigia::promql {

using storage::DurationMs;
using storage::TimestampMs;

enum class WindowKind {
  kPlain,     // Samples in (start, end].
  kAnchored,  // And those in (start - lookback, start].
  kSmoothed,  // And those in (end, end + lookback] as well.
};

// Where the windows lie. Step i is evaluated at eval_start_ms + i * eval_step_ms; its window is (end - range_ms, end]
// with end = end_start_ms + i * end_step_ms. Without modifiers the two grids are one; an offset moves the ends; `@`
// pins them (end_step_ms 0).
struct RangeGrid {
  std::size_t steps = 1;
  TimestampMs eval_start_ms = 0;
  DurationMs eval_step_ms = 0;
  TimestampMs end_start_ms = 0;
  DurationMs end_step_ms = 0;
  DurationMs range_ms = 0;
  WindowKind kind = WindowKind::kPlain;
  DurationMs lookback_ms = 0;  // For the extended kinds only.

  TimestampMs EvalTime(std::size_t step) const { return eval_start_ms + static_cast<DurationMs>(step) * eval_step_ms; }
  TimestampMs RangeEnd(std::size_t step) const { return end_start_ms + static_cast<DurationMs>(step) * end_step_ms; }
  TimestampMs RangeStart(std::size_t step) const { return RangeEnd(step) - range_ms; }
  double RangeSeconds() const;  // As Go's Duration.Seconds() rounds it.
};

// Samples [begin, end) of the column.
struct Window {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
};

// What rate, increase and delta need to know of a window with two samples or more, in seconds (surface.md 4.8).
struct Extrapolation {
  double sampled = 0;   // From the first sample to the last.
  double to_start = 0;  // Extrapolated to the left, before the zero point of a counter shortens it.
  double to_end = 0;
  double factor = 0;      // (sampled + to_start + to_end) / sampled
  double per_second = 0;  // factor / the range in seconds
};

// The same by columns, for loops over steps. Steps whose window has fewer than two samples are not valid; their other
// entries say nothing, but may be used.
struct RateColumns {
  std::vector<std::uint8_t> valid;
  std::vector<std::uint32_t> first, last;  // Samples.
  std::vector<double> factors, per_second;
  // A counter that is not below its growth times this has its zero point before what is extrapolated.
  std::vector<double> limits;
};

// Both bounds of the windows ascend (not strictly) with the step. Immutable once Extrapolations() and ForRates() were
// called; not thread-safe before.
class WindowSet {
 public:
  // REQUIRES: `timestamps` strictly ascends and outlives the set; end_step_ms >= 0; fewer than 2^32 samples.
  WindowSet(std::span<const TimestampMs> timestamps, const RangeGrid& grid);

  const RangeGrid& grid() const { return grid_; }
  std::span<const TimestampMs> timestamps() const { return timestamps_; }
  std::size_t steps() const { return windows_.size(); }
  std::span<const Window> windows() const { return windows_; }
  // Samples of all windows together: what max-samples counts, and what tells a kernel how much the windows overlap.
  std::uint64_t total_samples() const { return total_samples_; }
  // Samples that are in at least one window.
  std::uint64_t distinct_samples() const { return distinct_samples_; }
  std::uint32_t largest_window() const { return largest_window_; }

  // One per step, of meaning only where the window has two samples or more. Computed at the first call.
  std::span<const Extrapolation> Extrapolations() const;
  // Of all steps. Computed at the first call.
  const RateColumns& ForRates() const;

 private:
  const RangeGrid grid_;
  const std::span<const TimestampMs> timestamps_;
  std::vector<Window> windows_;
  std::uint64_t total_samples_ = 0;
  std::uint64_t distinct_samples_ = 0;
  std::uint32_t largest_window_ = 0;
  mutable std::vector<Extrapolation> extrapolations_;
  mutable RateColumns rates_;
};

}  // namespace vigia::promql
