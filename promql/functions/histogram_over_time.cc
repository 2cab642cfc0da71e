// sum_over_time and avg_over_time of histograms (Prometheus promql/functions.go). Each window is added up on its own:
// the compensation depends on the order of additions.
#include "promql/functions/histogram_window.h"
#include "promql/histogram/histogram_sum.h"

namespace vigia::promql {
namespace {

using storage::CounterResetHint;

template <class Total>
MixedResult Evaluate(const MixedWindow& window, HistogramFlags& flags) {
  bool reset_seen = false;
  bool not_reset_seen = false;
  HistogramFlags found;
  const auto see = [&](CounterResetHint hint) {
    reset_seen = reset_seen || hint == CounterResetHint::kReset;
    not_reset_seen = not_reset_seen || hint == CounterResetHint::kNotReset;
  };
  Total total(*window.histograms[0]);
  see(window.histograms[0]->hint);
  for (const HistogramPtr& h : window.histograms.subspan(1)) {
    see(h->hint);
    const SumOutcome outcome = total.Add(*h);
    if (!outcome.compatible) {
      flags.Add(HistogramFlag::kMixedExponentialCustom);
      return {};
    }
    found.AddIf(outcome.bounds_reconciled, HistogramFlag::kBoundsReconciledInAggregation);
  }
  found.AddIf(reset_seen && not_reset_seen, HistogramFlag::kResetCollisionInAggregation);
  flags.Add(found);
  return MixedResult::Of(total.Finish());
}

}  // namespace

constinit const MixedSpec kMixedSumOverTime{
    .name = "sum_over_time", .kernel = &Evaluate<HistogramSum>, .drops_mixed = true};
constinit const MixedSpec kMixedAvgOverTime{
    .name = "avg_over_time", .kernel = &Evaluate<HistogramMean>, .drops_mixed = true};

}  // namespace vigia::promql
