// For each step the newest sample in reach: what an instant selector gives.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "promql/exec/query_context.h"
#include "promql/exec/row_batch.h"
#include "promql/plan/plan.h"
#include "storage/api/querier.h"

namespace vigia::promql {

// Thread-compatible; of the context only what never changes is used. All of it must outlive the picker.
class SamplePicker {
 public:
  SamplePicker(const QueryContext& context, const Steps& steps, const SelectNode& node)
      : context_(context), steps_(steps), node_(node) {}

  // Looks at the times of a series. Series with one column share the work.
  void Pick(const storage::SamplesView& view);
  // For each step a sample of that series, or kNone.
  std::span<const std::uint32_t> picks() const { return picks_; }
  // Puts what the node wants of the picked samples into the row, histograms left out; how many there are.
  std::uint64_t Take(const storage::SamplesView& view, const Row& row) const {
    return node_.sample_start ? TakeStarts(view, row) : TakeFloats(view, row);
  }

  static constexpr std::uint32_t kNone = 0xffffffff;

 private:
  std::uint64_t TakeFloats(const storage::SamplesView& view, const Row& row) const;
  std::uint64_t TakeStarts(const storage::SamplesView& view, const Row& row) const;

  const QueryContext& context_;
  const Steps steps_;
  const SelectNode& node_;
  std::vector<std::uint32_t> picks_;
  std::uint64_t column_ = 0;
};

}  // namespace vigia::promql
