#include "promql/functions/histogram_fold.h"

#include <cassert>

#include "promql/histogram/layout.h"

namespace vigia::promql {

using storage::CounterResetHint;
using storage::FloatHistogram;

HistogramFold::Cell::Cell(HistogramFoldOp op, const FloatHistogram& first) {
  SeeHint(first.hint);
  if (op == HistogramFoldOp::kSum) {
    sum = std::make_unique<HistogramSum>(first);
  } else {
    mean = std::make_unique<HistogramMean>(first);
  }
}

SumOutcome HistogramFold::Cell::Add(HistogramFoldOp op, const FloatHistogram& h) {
  SeeHint(h.hint);
  return op == HistogramFoldOp::kSum ? sum->Add(h) : mean->Add(h);
}

void HistogramFold::Cell::SeeHint(CounterResetHint hint) {
  reset_seen = reset_seen || hint == CounterResetHint::kReset;
  not_reset_seen = not_reset_seen || hint == CounterResetHint::kNotReset;
}

HistogramFold::HistogramFold(HistogramFoldOp op, std::size_t groups, std::size_t steps, const Fold& floats)
    : op_(op), steps_(steps), kinds_(groups * steps, kNothing), cells_(groups * steps) {
  for (std::size_t group = 0; group < groups; ++group) {
    for (std::size_t step = 0; step < steps; ++step) {
      if (floats.Has(group, step)) kinds_[group * steps + step] = kFloats;
    }
  }
}

void HistogramFold::Add(std::size_t group, std::span<const HistogramPtr> histograms) {
  assert(histograms.size() == steps_);
  for (std::size_t step = 0; step < steps_; ++step) {
    if (histograms[step]) AddOne(group * steps_ + step, *histograms[step]);
  }
}

void HistogramFold::AddOne(std::size_t at, const FloatHistogram& h) {
  std::unique_ptr<Cell>& cell = cells_[at];
  if (cell && cell->incompatible) return;
  if (kinds_[at] == kNothing) cell = std::make_unique<Cell>(op_, h);
  const bool is_first = kinds_[at] == kNothing;
  kinds_[at] |= kHistograms;
  if (is_first || !cell) return;
  const SumOutcome outcome = cell->Add(op_, h);
  cell->incompatible = !outcome.compatible;
  flags_.AddIf(!outcome.compatible, HistogramFlag::kMixedExponentialCustom);
  flags_.AddIf(outcome.bounds_reconciled, HistogramFlag::kBoundsReconciledInAggregation);
}

void HistogramFold::AddFloats(std::size_t group, std::span<const std::uint8_t> valid) {
  assert(valid.size() == steps_);
  for (std::size_t step = 0; step < steps_; ++step) {
    const std::size_t at = group * steps_ + step;
    if (valid[step] == 0 || (cells_[at] && cells_[at]->incompatible)) continue;
    kinds_[at] |= kFloats;
  }
}

void HistogramFold::Finish(std::size_t group, StepOutput floats, std::span<HistogramPtr> histograms) {
  for (std::size_t step = 0; step < steps_; ++step) {
    const std::size_t at = group * steps_ + step;
    if ((kinds_[at] & kHistograms) == 0) continue;
    floats.valid[step] = 0;
    const std::unique_ptr<Cell> cell = std::move(cells_[at]);
    if ((kinds_[at] & kFloats) != 0) {
      flags_.Add(HistogramFlag::kMixedFloatsHistogramsInAggregation);
      continue;
    }
    if (cell->incompatible) continue;
    FloatHistogram result = cell->sum ? cell->sum->Finish() : cell->mean->Finish();
    Compact(result);
    flags_.AddIf(cell->reset_seen && cell->not_reset_seen, HistogramFlag::kResetCollisionInAggregation);
    histograms[step] = std::make_shared<const FloatHistogram>(std::move(result));
    floats.valid[step] = 1;
  }
}

HistogramFlags HistogramFold::TakeFlags() {
  const HistogramFlags out = flags_;
  flags_ = {};
  return out;
}

}  // namespace vigia::promql
