#include "promql/functions/aggregation.h"

#include <cassert>
#include <cmath>
#include <limits>

#include "promql/functions/fold_kernels.h"
#include "promql/functions/quantile.h"
#include "promql/value/kahan_sum.h"

namespace vigia::promql {
namespace {

using Valid = std::span<const std::uint8_t>;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool HasCount(FoldOp op) {
  return op == FoldOp::kAvg || op == FoldOp::kCount || op == FoldOp::kStddev || op == FoldOp::kStdvar;
}
bool HasCompensation(FoldOp op) {
  return op == FoldOp::kSum || op == FoldOp::kAvg || op == FoldOp::kStddev || op == FoldOp::kStdvar;
}
bool HasValue(FoldOp op) { return op != FoldOp::kCount && op != FoldOp::kGroup; }

// A running sum in a cell until it would overflow; then, marked by a negative count, the running mean.
void AddToMean(double value, double& cell, double& compensation, double& count) {
  if (count == 0) {
    cell = value;
    count = 1;
    return;
  }
  bool incremental = count < 0;
  const double n = std::fabs(count) + 1;
  if (!incremental) {
    KahanSum next{cell, compensation};
    next.Add(value);
    if (!std::isinf(next.sum)) {
      cell = next.sum;
      compensation = next.compensation;
      count = n;
      return;
    }
    cell /= n - 1;
    compensation /= n - 1;
    incremental = true;
  }
  const double share = (n - 1) / n;
  KahanSum mean{share * cell, share * compensation};
  mean.Add(value / n);
  cell = mean.sum;
  compensation = mean.compensation;
  count = -n;
}

// Welford. A first value that is not finite spoils the cell.
void AddToVariance(double value, double& mean, double& squares, double& count) {
  ++count;
  if (count == 1) {
    mean = value;
    squares = std::isfinite(value) ? 0 : kNan;
    return;
  }
  const double delta = value - mean;
  mean += delta / count;
  squares += delta * (value - mean);
}

// nullptr for a column that the operator does not have.
template <class T>
T* RowOf(std::vector<T>& column, std::size_t base) {
  return column.empty() ? nullptr : column.data() + base;
}

double MeanOf(double cell, double compensation, double count) {
  if (count < 0) return cell + compensation;
  return cell / count + compensation / count;
}

}  // namespace

Fold::Fold(FoldOp op, std::size_t groups, std::size_t steps) : op_(op), steps_(steps) {
  const std::size_t cells = groups * steps;
  // NaN gives way to any value, so that extremes need no branch for the first one either.
  if (HasValue(op)) value_.assign(cells, op == FoldOp::kMin || op == FoldOp::kMax ? kNan : 0);
  if (HasCompensation(op)) compensation_.assign(cells, 0);
  if (HasCount(op)) {
    count_.assign(cells, 0);
  } else {
    seen_.assign(cells, 0);
  }
}

std::size_t Fold::BytesPerCell(FoldOp op) {
  return (HasValue(op) ? sizeof(double) : 0) + (HasCompensation(op) ? sizeof(double) : 0) +
         (HasCount(op) ? sizeof(double) : sizeof(std::uint8_t));
}

bool Fold::Has(std::size_t group, std::size_t step) const {
  const std::size_t cell = group * steps_ + step;
  return count_.empty() ? seen_[cell] != 0 : count_[cell] != 0;
}

void Fold::Add(std::size_t group, std::span<const double> values, Valid valid) {
  assert(values.size() == steps_ && valid.size() == steps_);
  const std::size_t base = group * steps_;
  double* const value = RowOf(value_, base);
  double* const compensation = RowOf(compensation_, base);
  double* const count = RowOf(count_, base);
  std::uint8_t* const seen = RowOf(seen_, base);
  const FoldKernels& kernels = BestFoldKernels();
  switch (op_) {
    case FoldOp::kSum: kernels.sum(values.data(), valid.data(), steps_, value, compensation, seen); return;
    case FoldOp::kAvg:
      if (kernels.mean(values.data(), valid.data(), steps_, value, compensation, count)) return;
      for (std::size_t i = 0; i < steps_; ++i) {
        if (valid[i] != 0) AddToMean(values[i], value[i], compensation[i], count[i]);
      }
      return;
    case FoldOp::kMin: kernels.min(values.data(), valid.data(), steps_, value, seen); return;
    case FoldOp::kMax: kernels.max(values.data(), valid.data(), steps_, value, seen); return;
    case FoldOp::kCount: kernels.count(valid.data(), steps_, count); return;
    case FoldOp::kGroup:
      for (std::size_t i = 0; i < steps_; ++i) seen[i] |= valid[i];
      return;
    case FoldOp::kStddev:
    case FoldOp::kStdvar:
      for (std::size_t i = 0; i < steps_; ++i) {
        if (valid[i] != 0) AddToVariance(values[i], value[i], compensation[i], count[i]);
      }
      return;
  }
}

void Fold::Finish(std::size_t group, StepOutput output) {
  const std::size_t base = group * steps_;
  for (std::size_t i = 0; i < steps_; ++i) {
    const std::size_t cell = base + i;
    output.valid[i] = HasCount(op_) ? count_[cell] != 0 : seen_[cell] != 0;
    if (output.valid[i] == 0) continue;
    switch (op_) {
      case FoldOp::kSum: output.values[i] = value_[cell] + compensation_[cell]; break;
      case FoldOp::kAvg: output.values[i] = MeanOf(value_[cell], compensation_[cell], count_[cell]); break;
      case FoldOp::kMin:
      case FoldOp::kMax: output.values[i] = value_[cell]; break;
      case FoldOp::kCount: output.values[i] = count_[cell]; break;
      case FoldOp::kGroup: output.values[i] = 1; break;
      case FoldOp::kStddev: output.values[i] = std::sqrt(compensation_[cell] / count_[cell]); break;
      case FoldOp::kStdvar: output.values[i] = compensation_[cell] / count_[cell]; break;
    }
  }
}

bool IsInRatio(double ratio, std::uint64_t label_hash) {
  const double offset =
      static_cast<double>(label_hash) / static_cast<double>(std::numeric_limits<std::uint64_t>::max());
  return ratio >= 0 ? offset < ratio : offset >= 1.0 + ratio;
}

QuantileFold::QuantileFold(std::size_t groups, std::size_t steps) : steps_(steps), groups_(groups) {}

void QuantileFold::Add(std::size_t group, std::span<const double> values, Valid valid) {
  Rows& rows = groups_[group];
  rows.values.insert(rows.values.end(), values.begin(), values.end());
  rows.valid.insert(rows.valid.end(), valid.begin(), valid.end());
}

void QuantileFold::Finish(std::size_t group, std::size_t first, std::size_t count, ScalarArgument q,
                          StepOutput output) {
  const Rows& rows = groups_[group];
  for (std::size_t step = first; step < first + count; ++step) {
    gathered_.clear();
    for (std::size_t at = step; at < rows.values.size(); at += steps_) {
      if (rows.valid[at] != 0) gathered_.push_back(rows.values[at]);
    }
    output.valid[step] = !gathered_.empty();
    if (!gathered_.empty()) output.values[step] = Quantile(q.At(step), gathered_);
  }
}

}  // namespace vigia::promql
