#include "promql/exec/range_function_operator.h"

#include <algorithm>
#include <utility>

#include "promql/exec/evaluation_error.h"
#include "promql/exec/histogram_size.h"
#include "promql/functions/quantile.h"
#include "promql/functions/start_times.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;

// What a kernel may look at between two looks at the deadline: some tens of milliseconds for the slowest.
constexpr std::uint64_t kSamplesPerCall = 2'000'000;

// In a window without histograms: about others their kernel tells.
bool HasFloatsThatOverlap(const RangeSeries& series) {
  if (series.starts.empty()) return false;
  const std::vector<std::size_t> steps = StepsWithOverlap(*series.windows, series.starts);
  if (series.histograms.empty()) return !steps.empty();
  return std::ranges::any_of(steps, [&](std::size_t step) {
    const Window window = series.windows->windows()[step];
    const auto in_window = series.histograms.subspan(window.begin, window.size());
    return std::ranges::all_of(in_window, [](const HistogramPtr& h) { return h == nullptr; });
  });
}

}  // namespace

RangeFunctionOperator::RangeFunctionOperator(QueryContext& context, const Steps& steps, const RangeFunctionSpec& spec,
                                             Arguments arguments, SampleCounter* samples)
    : Operator(context, steps, Accounting::kOwn), spec_(spec), arguments_(std::move(arguments)), samples_(samples) {}

Result<std::vector<SeriesInfo>> RangeFunctionOperator::MakeSeries() {
  for (const OperatorPtr& scalar : arguments_.scalars) {
    auto values = ReadScalar(*scalar);
    if (!values) return values.error();
    scalars_.push_back(std::move(*values));
  }
  auto series = arguments_.range->Series();
  if (!series) return series;
  for (SeriesInfo& info : *series) {
    labels_.push_back(info.labels);
    if (spec_.keeps_metric_name) continue;
    info.drop_name = true;
    if (!context().delayed_name_removal()) info.labels = WithoutMetadata(info.labels);
  }
  return series;
}

Status RangeFunctionOperator::Fill(RowBatch& out) {
  pending_ = 0;
  while (!out.full()) {
    RangeSeries series;
    const Result<bool> more = arguments_.range->Next(series);
    if (!more) return more.error();
    if (!*more) break;
    if (Status status = Evaluate(series, out); !status) return status;
  }
  if (out.size() == 0) {
    arguments_.range->Release();
    for (const OperatorPtr& scalar : arguments_.scalars) scalar->Release();
  }
  return {};
}

std::uint64_t RangeFunctionOperator::LargestWindow(const WindowSet& windows) const {
  if (samples_before_.empty()) return windows.largest_window();
  std::uint64_t largest = 0;
  for (const Window& window : windows.windows()) largest = std::max(largest, SamplesIn(window));
  return largest;
}

Status RangeFunctionOperator::Evaluate(const RangeSeries& series, RowBatch& out) {
  if (Status status = context().Interrupted(); !status) return status;
  samples_before_.clear();
  if (series.histograms.empty()) {
    samples_->AddWindows(*series.windows);
  } else {
    SumSamples(series.histograms, samples_before_);
    samples_->AddWindows(*series.windows, samples_before_);
  }
  if (Status status = context().budget().CheckPeak(pending_ + LargestWindow(*series.windows)); !status) return status;
  Row row = out.Append(series.id);
  if (!series.histograms.empty()) row = out.WithHistograms(out.size() - 1);
  if (Status status = Compute(series, row); !status) return status;
  Annotate(series, row);
  const std::uint64_t found = CountSamples(row);
  if (found == 0) {
    out.DropLast();
    return {};
  }
  pending_ += found;
  return context().budget().CheckPeak(pending_ + SamplesIn(series.windows->windows().back()));
}

Status RangeFunctionOperator::Compute(const RangeSeries& series, const Row& row) {
  flags_ = {};
  const std::span<const Window> windows = series.windows->windows();
  std::uint64_t total = samples_before_.empty() ? series.windows->total_samples() : 0;
  if (!samples_before_.empty()) {
    for (const Window& window : windows) total += SamplesIn(window);
  }
  if (total <= kSamplesPerCall) {
    RangeInput input{series.values, *series.windows, {}, series.starts};
    for (std::size_t i = 0; i < scalars_.size() && i < input.scalars.size(); ++i) input.scalars[i] = {scalars_[i]};
    return Call(input, series.histograms, row);
  }
  for (std::size_t first = 0; first < windows.size();) {
    std::size_t count = 1;
    std::uint64_t samples = SamplesIn(windows[first]);
    for (; first + count < windows.size() && samples <= kSamplesPerCall; ++count) {
      samples += SamplesIn(windows[first + count]);
    }
    if (Status status = context().Interrupted(); !status) return status;
    if (Status status = ComputePart(series, first, count, row); !status) return status;
    first += count;
  }
  return {};
}

Status RangeFunctionOperator::ComputePart(const RangeSeries& series, std::size_t first, std::size_t count,
                                          const Row& row) {
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

Status RangeFunctionOperator::Call(const RangeInput& input, std::span<const HistogramPtr> histograms, const Row& row) {
  const Status status =
      histograms.empty()
          ? spec_.kernel(input, scratch_, {row.values, row.valid})
          : EvaluateMixedRange(spec_,
                               MixedRangeInput{input.values, histograms, input.windows, input.scalars, input.starts},
                               mixed_scratch_, MixedStepOutput{row.values, row.valid, row.histograms}, flags_);
  return status ? status : Status(AsEvaluationError(status.error()));
}

void RangeFunctionOperator::Annotate(const RangeSeries& series, const Row& row) {
  const TextPosition position = context().PositionOf(arguments_.first_argument);
  const std::string_view metric = labels_[series.id].metric_name();
  vigia::promql::Annotate(flags_, metric, position, context().annotations());
  const auto is_float = [&](std::size_t step) { return row.valid[step] != 0 && !row.IsHistogram(step); };
  switch (spec_.annotation) {
    case RangeAnnotation::kNone: return;
    case RangeAnnotation::kCounterName: {
      if (HasFloatsThatOverlap(series)) context().annotations().Add(StartTimeOverlapWarning(metric, position));
      if (!LooksLikeNoCounter(metric)) return;
      for (std::size_t step = 0; step < row.valid.size(); ++step) {
        if (is_float(step)) return context().annotations().Add(PossibleNonCounterInfo(metric, position));
      }
      return;
    }
    case RangeAnnotation::kQuantileArgument: {
      const ScalarArgument q{scalars_.front()};
      for (std::size_t step = 0; step < row.valid.size(); ++step) {
        if (!is_float(step) || IsValidQuantile(q.At(step))) continue;
        context().annotations().Add(InvalidQuantileWarning(q.At(step), position));
      }
      return;
    }
  }
}

}  // namespace vigia::promql
