#include "promql/exec/collect.h"

#include <utility>

#include "promql/exec/evaluation_error.h"
#include "promql/exec/histogram_size.h"
#include "promql/exec/smoothed_select_operator.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

Result<Vector> CollectVector(Operator& root, SampleBudget& budget) {
  auto series = root.Series();
  if (!series) return series.error();
  Vector vector;
  RowBatch batch(root.steps().count);
  while (true) {
    const Result<std::size_t> rows = root.Next(batch);
    if (!rows) return rows.error();
    if (*rows == 0) return vector;
    if (const Status status = budget.ReserveBytes(*rows * sizeof(VectorElement)); !status) return status.error();
    for (std::size_t i = 0; i < *rows; ++i) {
      const Row row = batch.row(i);
      if (row.valid[0] == 0) continue;
      vector.push_back({std::move((*series)[batch.id(i)].labels), root.steps().start_ms, row.values[0],
                        row.IsHistogram(0) ? row.histograms[0] : nullptr});
    }
  }
}

Result<Matrix> CollectMatrix(Operator& root, SampleBudget& budget) {
  auto series = root.Series();
  if (!series) return series.error();
  Matrix matrix;
  RowBatch batch(root.steps().count);
  while (true) {
    const Result<std::size_t> rows = root.Next(batch);
    if (!rows) return rows.error();
    if (*rows == 0) return matrix;
    for (std::size_t i = 0; i < *rows; ++i) {
      const Row row = batch.row(i);
      const std::size_t count = CountValid(row.valid);
      if (count == 0) continue;
      const std::uint64_t bytes = sizeof(Series) + CountSamples(row) * sizeof(FloatPoint);
      if (const Status status = budget.ReserveBytes(bytes); !status) return status.error();
      Series& result = matrix.emplace_back();
      result.metric = std::move((*series)[batch.id(i)].labels);
      if (row.histograms.empty()) result.floats.reserve(count);
      for (std::size_t step = 0; step < row.valid.size(); ++step) {
        if (row.valid[step] == 0) continue;
        if (row.IsHistogram(step)) {
          result.histograms.push_back({root.steps().At(step), row.histograms[step]});
        } else {
          result.floats.push_back({root.steps().At(step), row.values[step]});
        }
      }
    }
  }
}

Result<Matrix> CollectWindows(QueryContext& context, RangeSource& root, SampleCounter& samples) {
  auto series = root.Series();
  if (!series) return series.error();
  Matrix matrix;
  std::vector<std::uint64_t> before;
  while (true) {
    if (const Status status = context.Interrupted(); !status) return status.error();
    RangeSeries read;
    const Result<bool> more = root.Next(read);
    if (!more) return more.error();
    if (!*more) return matrix;
    const Window window = read.windows->windows().front();
    if (window.empty()) continue;
    const std::uint64_t bytes = sizeof(Series) + window.size() * sizeof(FloatPoint);
    if (const Status status = context.budget().ReserveBytes(bytes); !status) return status.error();
    if (!root.is_counted()) {
      SumSamples(read.histograms, before);
      const std::uint64_t held = read.histograms.empty() ? window.size() : before[window.end] - before[window.begin];
      if (const Status status = context.budget().Charge(held); !status) return status.error();
      if (read.histograms.empty()) {
        samples.AddWindows(*read.windows);
      } else {
        samples.AddWindows(*read.windows, before);
      }
    }
    if (read.windows->grid().kind != WindowKind::kPlain) {
      if (!read.histograms.empty()) {
        return EvaluationError("smoothed and anchored modifiers do not work with native histograms");
      }
      std::vector<FloatPoint> points = ExtendedPoints(read, 0);
      if (!points.empty()) matrix.push_back({std::move((*series)[read.id].labels), std::move(points), {}});
      continue;
    }
    Series& result = matrix.emplace_back();
    result.metric = std::move((*series)[read.id].labels);
    if (read.histograms.empty()) result.floats.reserve(window.size());
    for (std::uint32_t i = window.begin; i < window.end; ++i) {
      const TimestampMs t = read.windows->timestamps()[i];
      if (!read.histograms.empty() && read.histograms[i]) {
        result.histograms.push_back({t, read.histograms[i]});
      } else {
        result.floats.push_back({t, read.values[i]});
      }
    }
  }
}

}  // namespace vigia::promql
