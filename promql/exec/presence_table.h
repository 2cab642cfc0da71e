// Which join signatures have an element at which step.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "promql/exec/row_batch.h"
#include "promql/exec/sample_budget.h"

namespace vigia::promql {

class PresenceTable {
 public:
  explicit PresenceTable(SampleBudget& budget) : reserved_(budget) {}
  // Once, before anything else.
  storage::Status Resize(std::size_t signatures, std::size_t steps);
  // The elements of `valid` are the steps from `first` on.
  void Add(std::uint32_t signature, std::size_t first, std::span<const std::uint8_t> valid);
  std::span<const std::uint8_t> row(std::uint32_t signature) const {
    return std::span(present_).subspan(signature * steps_, steps_);
  }

 private:
  SlotReservation reserved_;
  std::size_t steps_ = 0;
  std::vector<std::uint8_t> present_;
};

}  // namespace vigia::promql
