#include "promql/exec/range_evaluator.h"

#include <algorithm>

#include "promql/exec/evaluation_error.h"
#include "promql/exec/histogram_size.h"

namespace vigia::promql {

using storage::Status;

void RangeEvaluator::Start(const RangeSeries& series) {
  flags_ = {};
  samples_before_.clear();
  if (!series.histograms.empty()) SumSamples(series.histograms, samples_before_);
}

std::uint64_t RangeEvaluator::LargestWindow(const WindowSet& windows) const {
  if (samples_before_.empty()) return windows.largest_window();
  std::uint64_t largest = 0;
  for (const Window& window : windows.windows()) largest = std::max(largest, SamplesIn(window));
  return largest;
}

Status RangeEvaluator::Evaluate(const RangeSeries& series, const Row& row) {
  const std::span<const Window> windows = series.windows->windows();
  // Histograms have kernels of their own.
  const std::uint64_t samples_per_call = series.histograms.empty() ? spec_.samples_per_call : kSamplesPerCall;
  std::uint64_t total = samples_before_.empty() ? series.windows->total_samples() : 0;
  if (!samples_before_.empty()) {
    for (const Window& window : windows) total += SamplesIn(window);
  }
  if (total <= samples_per_call) {
    RangeInput input{series.values, *series.windows, {}, series.starts};
    for (std::size_t i = 0; i < scalars_.size() && i < input.scalars.size(); ++i) input.scalars[i] = {scalars_[i]};
    return Call(input, series.histograms, row);
  }
  for (std::size_t first = 0; first < windows.size();) {
    std::size_t count = 1;
    std::uint64_t samples = SamplesIn(windows[first]);
    for (; first + count < windows.size() && samples <= samples_per_call; ++count) {
      samples += SamplesIn(windows[first + count]);
    }
    if (Status status = context_.Interrupted(); !status) return status;
    if (Status status = EvaluatePart(series, first, count, row); !status) return status;
    first += count;
  }
  return {};
}

Status RangeEvaluator::EvaluatePart(const RangeSeries& series, std::size_t first, std::size_t count, const Row& row) {
  const WindowSet& all = *series.windows;
  RangeGrid grid = all.grid();
  grid.steps = count;
  grid.eval_start_ms = all.grid().EvalTime(first);
  grid.end_start_ms = all.grid().RangeEnd(first);
  const std::uint32_t begin = all.windows()[first].begin;
  const std::uint32_t end = all.windows()[first + count - 1].end;
  const WindowSet windows(all.timestamps().subspan(begin, end - begin), grid);
  RangeInput input{series.values.subspan(begin, end - begin), windows, {}};
  if (!series.starts.empty()) input.starts = series.starts.subspan(begin, end - begin);
  for (std::size_t i = 0; i < scalars_.size() && i < input.scalars.size(); ++i) {
    input.scalars[i] = {std::span<const double>(scalars_[i]).subspan(first, count)};
  }
  Row part{row.values.subspan(first, count), row.valid.subspan(first, count)};
  if (series.histograms.empty()) return Call(input, {}, part);
  part.histograms = row.histograms.subspan(first, count);
  return Call(input, series.histograms.subspan(begin, end - begin), part);
}

Status RangeEvaluator::Call(const RangeInput& input, std::span<const HistogramPtr> histograms, const Row& row) {
  const Status status =
      histograms.empty()
          ? spec_.kernel(input, scratch_, {row.values, row.valid})
          : EvaluateMixedRange(spec_,
                               MixedRangeInput{input.values, histograms, input.windows, input.scalars, input.starts},
                               mixed_scratch_, MixedStepOutput{row.values, row.valid, row.histograms}, flags_);
  return status ? status : Status(AsEvaluationError(status.error()));
}

}  // namespace vigia::promql
