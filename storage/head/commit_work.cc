#include "storage/head/commit_work.h"

namespace vigia::storage {

void SortByTime(const std::vector<PendingFloat>& floats, std::vector<std::uint32_t>& order, SortSpace& space) {
  const auto earlier = [&](std::uint32_t a, std::uint32_t b) { return floats[a].t < floats[b].t; };
  const auto end = std::is_sorted_until(order.begin(), order.end(), earlier);
  if (end == order.end()) return;
  auto& [times, slots, starts, sorted] = space;
  times.clear();
  for (auto it = order.begin(); it != end; ++it) {
    if (times.empty() || times.back() != floats[*it].t) times.push_back(floats[*it].t);
  }
  slots.resize(order.size());
  starts.assign(times.size() + 1, 0);
  std::size_t slot = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const TimestampMs t = floats[order[i]].t;
    if (slot + 1 < times.size() && times[slot + 1] == t) ++slot;
    if (times[slot] != t) {
      slot = static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), t) - times.begin());
      if (slot == times.size() || times[slot] != t) return std::stable_sort(order.begin(), order.end(), earlier);
    }
    slots[i] = static_cast<std::uint32_t>(slot);
    ++starts[slot + 1];
  }
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  sorted.resize(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) sorted[starts[slots[i]]++] = order[i];
  order.swap(sorted);
}

}  // namespace vigia::storage
