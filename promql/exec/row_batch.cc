#include "promql/exec/row_batch.h"

#include <numeric>

namespace vigia::promql {

Row RowBatch::Append(SeriesId id) {
  if (values_.empty()) {
    values_.resize(capacity_ * steps_);
    valid_.resize(capacity_ * steps_);
  }
  ids_.push_back(id);
  const Row added = row(ids_.size() - 1);
  std::ranges::fill(added.values, 0.0);
  std::ranges::fill(added.valid, std::uint8_t{0});
  return added;
}

std::size_t CountValid(std::span<const std::uint8_t> valid) {
  return std::accumulate(valid.begin(), valid.end(), std::size_t{0});
}

}  // namespace vigia::promql
