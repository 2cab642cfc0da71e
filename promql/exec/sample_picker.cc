#include "promql/exec/sample_picker.h"

#include "storage/model/sample.h"

namespace vigia::promql {

void SamplePicker::Pick(const storage::SamplesView& view) {
  if (view.column != 0 && view.column == column_) return;
  column_ = view.column;
  picks_.assign(steps_.count, kNone);
  const DurationMs lookback = context_.lookback_delta_ms();
  std::size_t after = 0;  // The first sample later than the step.
  for (std::size_t step = 0; step < picks_.size(); ++step) {
    const TimestampMs at = node_.shift.Apply(steps_.At(step));
    while (after < view.t.size() && view.t[after] <= at) ++after;
    if (after > 0 && view.t[after - 1] > at - lookback) picks_[step] = static_cast<std::uint32_t>(after - 1);
  }
}

std::uint64_t SamplePicker::TakeFloats(const storage::SamplesView& view, const Row& row) const {
  std::uint64_t found = 0;
  for (std::size_t step = 0; step < picks_.size(); ++step) {
    const std::uint32_t pick = picks_[step];
    if (pick == kNone || storage::IsStaleNan(view.v[pick])) continue;
    row.values[step] = node_.sample_time ? static_cast<double>(view.t[pick]) / 1000.0 : view.v[pick];
    row.valid[step] = 1;
    ++found;
  }
  return found;
}

std::uint64_t SamplePicker::TakeStarts(const storage::SamplesView& view, const Row& row) const {
  if (!context_.use_start_timestamps()) return 0;
  std::uint64_t found = 0;
  for (std::size_t step = 0; step < picks_.size(); ++step) {
    const std::uint32_t pick = picks_[step];
    if (pick == kNone || storage::IsStaleNan(view.v[pick])) continue;
    row.values[step] = view.starts.empty() ? 0 : static_cast<double>(view.starts[pick]) / 1000.0;
    row.valid[step] = 1;
    ++found;
  }
  return found;
}

}  // namespace vigia::promql
