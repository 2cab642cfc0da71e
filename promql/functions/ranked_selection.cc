// topk and bottomk: the heap of Go's container/heap, move for move, because which of several equal values stays depends
// on how it moves them.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "promql/functions/aggregation.h"
#include "promql/value/format.h"

namespace vigia::promql {
namespace {

// Go's sort.Sort, to which the results of more elements owe an order of equal values that is not written down.
constexpr std::size_t kGoSortsByInsertion = 12;

}  // namespace

// Of two NaN each comes before the other (vectorByValueHeap.Less): no order for a sorting algorithm of the library.
bool RankedSelection::Less(const Entry& a, const Entry& b) const { return std::isnan(a.value) || IsWorse(a, b); }

bool RankedSelection::IsWorse(const Entry& a, const Entry& b) const {
  if (std::isnan(a.value)) return !std::isnan(b.value);
  return order_ == RankOrder::kTop ? a.value < b.value : a.value > b.value;
}

void RankedSelection::Reset(std::size_t k) {
  k_ = k;
  heap_.clear();
}

void RankedSelection::SiftUp(std::size_t at) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (!Less(heap_[at], heap_[parent])) return;
    std::swap(heap_[at], heap_[parent]);
    at = parent;
  }
}

void RankedSelection::SiftDown(std::size_t at) {
  for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && Less(heap_[child + 1], heap_[child])) ++child;
    if (!Less(heap_[child], heap_[at])) return;
    std::swap(heap_[at], heap_[child]);
    at = child;
  }
}

void RankedSelection::Offer(double value, std::uint32_t index) {
  const Entry entry{value, index};
  if (heap_.size() < k_) {
    heap_.push_back(entry);
    SiftUp(heap_.size() - 1);
  } else if (k_ > 0 && IsWorse(heap_[0], entry)) {
    heap_[0] = entry;
    SiftDown(0);
  }
}

std::span<const RankedSelection::Entry> RankedSelection::Sorted() {
  if (heap_.size() > kGoSortsByInsertion) {
    std::stable_sort(heap_.begin(), heap_.end(), [this](const Entry& a, const Entry& b) { return IsWorse(b, a); });
    return heap_;
  }
  for (std::size_t i = 1; i < heap_.size(); ++i) {
    for (std::size_t j = i; j > 0 && Less(heap_[j - 1], heap_[j]); --j) std::swap(heap_[j - 1], heap_[j]);
  }
  return heap_;
}

storage::Result<std::size_t> SelectionSize(double parameter, std::size_t elements) {
  if (std::isnan(parameter)) return storage::Error{storage::Errc::kInvalid, "Parameter value is NaN"};
  if (parameter >= 0x1p63) {
    return storage::Error{storage::Errc::kInvalid,
                          fmt::format("Scalar value {} overflows int64", FormatGeneral(parameter))};
  }
  if (parameter < 1) return 0;
  if (parameter >= static_cast<double>(elements)) return elements;
  return static_cast<std::size_t>(parameter);
}

}  // namespace vigia::promql
