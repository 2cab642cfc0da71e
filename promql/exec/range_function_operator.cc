#include "promql/exec/range_function_operator.h"

#include <algorithm>
#include <utility>

#include "promql/exec/evaluation_error.h"
#include "promql/functions/quantile.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;

// What a kernel may look at between two looks at the deadline: some tens of milliseconds for the slowest.
constexpr std::uint64_t kSamplesPerCall = 2'000'000;

std::uint64_t LargestWindow(const WindowSet& windows) {
  std::uint64_t largest = 0;
  for (const Window& window : windows.windows()) largest = std::max<std::uint64_t>(largest, window.size());
  return largest;
}

}  // namespace

RangeFunctionOperator::RangeFunctionOperator(QueryContext& context, const Steps& steps, const RangeFunctionSpec& spec,
                                             Arguments arguments, std::uint64_t* samples)
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
    if (spec_.annotation == RangeAnnotation::kCounterName) counter_names_.push_back(info.labels);
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

Status RangeFunctionOperator::Evaluate(const RangeSeries& series, RowBatch& out) {
  if (Status status = context().Interrupted(); !status) return status;
  *samples_ += series.windows->total_samples();
  if (Status status = context().budget().CheckPeak(pending_ + LargestWindow(*series.windows)); !status) return status;
  const Row row = out.Append(series.id);
  if (Status status = Compute(series, row); !status) return status;
  const std::size_t found = CountValid(row.valid);
  if (found == 0) {
    out.DropLast();
    return {};
  }
  Annotate(series, row);
  const std::uint64_t last_window = series.windows->windows().back().size();
  pending_ += found;
  return context().budget().CheckPeak(pending_ + last_window);
}

Status RangeFunctionOperator::Compute(const RangeSeries& series, const Row& row) {
  if (series.windows->total_samples() <= kSamplesPerCall) {
    RangeInput input{series.values, *series.windows, {}};
    for (std::size_t i = 0; i < scalars_.size() && i < input.scalars.size(); ++i) input.scalars[i] = {scalars_[i]};
    const Status status = spec_.kernel(input, scratch_, {row.values, row.valid});
    return status ? status : Status(AsEvaluationError(status.error()));
  }
  const std::span<const Window> windows = series.windows->windows();
  for (std::size_t first = 0; first < windows.size();) {
    std::size_t count = 1;
    std::uint64_t samples = windows[first].size();
    for (; first + count < windows.size() && samples <= kSamplesPerCall; ++count)
      samples += windows[first + count].size();
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
  for (std::size_t i = 0; i < scalars_.size() && i < input.scalars.size(); ++i) {
    input.scalars[i] = {std::span<const double>(scalars_[i]).subspan(first, count)};
  }
  const StepOutput output{row.values.subspan(first, count), row.valid.subspan(first, count)};
  const Status status = spec_.kernel(input, scratch_, output);
  return status ? status : Status(AsEvaluationError(status.error()));
}

void RangeFunctionOperator::Annotate(const RangeSeries& series, const Row& row) {
  switch (spec_.annotation) {
    case RangeAnnotation::kNone: return;
    case RangeAnnotation::kCounterName: {
      const Labels& labels = counter_names_[series.id];
      if (LooksLikeNoCounter(labels.metric_name())) {
        context().annotations().Add(
            PossibleNonCounterInfo(labels.metric_name(), context().PositionOf(arguments_.first_argument)));
      }
      return;
    }
    case RangeAnnotation::kQuantileArgument: {
      const ScalarArgument q{scalars_.front()};
      for (std::size_t step = 0; step < row.valid.size(); ++step) {
        if (row.valid[step] == 0 || IsValidQuantile(q.At(step))) continue;
        context().annotations().Add(
            InvalidQuantileWarning(q.At(step), context().PositionOf(arguments_.first_argument)));
      }
      return;
    }
  }
}

}  // namespace vigia::promql
