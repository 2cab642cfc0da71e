// Interruption of loops within loops.
#pragma once

#include <cstddef>

#include "promql/exec/query_context.h"

namespace vigia::promql {

// Counts the rounds of all loops that share it and looks whether the query is to stop at every few thousandth.
// Thread-compatible. `context` outlives it.
class RoundCounter {
 public:
  explicit RoundCounter(const QueryContext& context) : context_(context) {}

  // kCancelled or kTimeout, as of QueryContext::Interrupted().
  storage::Status Add(std::size_t rounds) {
    rounds_ += rounds;
    if (rounds_ < kRoundsPerLook) return {};
    rounds_ = 0;
    return context_.Interrupted();
  }

 private:
  static constexpr std::size_t kRoundsPerLook = 4096;
  const QueryContext& context_;
  std::size_t rounds_ = 0;
};

}  // namespace vigia::promql
