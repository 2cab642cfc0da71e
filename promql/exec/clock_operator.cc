#include "promql/exec/clock_operator.h"

#include <algorithm>

namespace vigia::promql {

storage::Status NumberOperator::Fill(RowBatch& out) {
  if (given_) return {};
  given_ = true;
  const Row row = out.Append(0);
  std::ranges::fill(row.values, value_);
  std::ranges::fill(row.valid, std::uint8_t{1});
  return {};
}

storage::Status TimeOperator::Fill(RowBatch& out) {
  if (given_) return {};
  given_ = true;
  const Row row = out.Append(0);
  for (std::size_t i = 0; i < row.values.size(); ++i) row.values[i] = static_cast<double>(steps().At(i)) / 1000.0;
  std::ranges::fill(row.valid, std::uint8_t{1});
  return {};
}

}  // namespace vigia::promql
