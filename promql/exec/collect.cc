#include "promql/exec/collect.h"

#include <utility>

#include "promql/exec/smoothed_select_operator.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

Result<Vector> CollectVector(Operator& root) {
  auto series = root.Series();
  if (!series) return series.error();
  Vector vector;
  RowBatch batch(root.steps().count);
  while (true) {
    const Result<std::size_t> rows = root.Next(batch);
    if (!rows) return rows.error();
    if (*rows == 0) return vector;
    for (std::size_t i = 0; i < *rows; ++i) {
      const Row row = batch.row(i);
      if (row.valid[0] == 0) continue;
      vector.push_back({std::move((*series)[batch.id(i)].labels), root.steps().start_ms, row.values[0], nullptr});
    }
  }
}

Result<Matrix> CollectMatrix(Operator& root) {
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
      Series& result = matrix.emplace_back();
      result.metric = std::move((*series)[batch.id(i)].labels);
      result.floats.reserve(count);
      for (std::size_t step = 0; step < row.valid.size(); ++step) {
        if (row.valid[step] != 0) result.floats.push_back({root.steps().At(step), row.values[step]});
      }
    }
  }
}

Result<Matrix> CollectWindows(QueryContext& context, RangeSource& root, std::uint64_t& samples) {
  auto series = root.Series();
  if (!series) return series.error();
  Matrix matrix;
  while (true) {
    if (const Status status = context.Interrupted(); !status) return status.error();
    RangeSeries read;
    const Result<bool> more = root.Next(read);
    if (!more) return more.error();
    if (!*more) return matrix;
    const Window window = read.windows->windows().front();
    if (window.empty()) continue;
    if (!root.is_counted()) {
      if (const Status status = context.budget().Charge(window.size()); !status) return status.error();
      samples += window.size();
    }
    if (read.windows->grid().kind != WindowKind::kPlain) {
      std::vector<FloatPoint> points = ExtendedPoints(read, 0);
      if (!points.empty()) matrix.push_back({std::move((*series)[read.id].labels), std::move(points), {}});
      continue;
    }
    Series& result = matrix.emplace_back();
    result.metric = std::move((*series)[read.id].labels);
    result.floats.reserve(window.size());
    for (std::uint32_t i = window.begin; i < window.end; ++i) {
      result.floats.push_back({read.windows->timestamps()[i], read.values[i]});
    }
  }
}

}  // namespace vigia::promql
