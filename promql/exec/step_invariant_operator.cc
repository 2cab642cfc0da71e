#include "promql/exec/step_invariant_operator.h"

#include <algorithm>

namespace vigia::promql {

storage::Status StepInvariantOperator::Fill(RowBatch& out) {
  while (!out.full()) {
    if (next_ >= batch_.size()) {
      const auto rows = input_->Next(batch_);
      if (!rows) return rows.error();
      input_->Release();  // Counted as this operator's from here on.
      next_ = 0;
      if (*rows == 0) return {};
    }
    for (; next_ < batch_.size() && !out.full(); ++next_) {
      const Row from = batch_.row(next_);
      if (from.valid.empty() || from.valid[0] == 0) continue;  // A subquery may have no step in its range.
      Row to = out.Append(batch_.id(next_));
      if (from.IsHistogram(0)) {
        to = out.WithHistograms(out.size() - 1);
        std::ranges::fill(to.histograms, from.histograms[0]);
      }
      std::ranges::fill(to.values, from.values[0]);
      std::ranges::fill(to.valid, std::uint8_t{1});
    }
  }
  return {};
}

}  // namespace vigia::promql
