// Samples from several places as one sequence.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "storage/model/timestamp.h"

namespace vigia::storage {

// Whether a part that begins at `first` follows what is before it.
inline bool AscendsAt(const std::vector<TimestampMs>& t, std::size_t first) {
  return first == 0 || first >= t.size() || t[first - 1] < t[first];
}
// Whether it does, and strictly ascends itself.
inline bool AscendsFrom(const std::vector<TimestampMs>& t, std::size_t first) {
  const auto begin = t.begin() + static_cast<std::ptrdiff_t>(first > 0 ? first - 1 : 0);
  return std::adjacent_find(begin, t.end(), std::greater_equal<>()) == t.end();
}

// Makes `t` strictly ascending, and the others with it; of samples with one time the first stays. `starts` are the
// samples' start timestamps: as many as there are up to the last known one, and empty or one per sample afterwards.
template <class Value>
void SortByTime(std::vector<TimestampMs>& t, std::vector<Value>& v, std::vector<TimestampMs>& starts) {
  if (!starts.empty()) starts.resize(t.size());
  if (std::adjacent_find(t.begin(), t.end(), std::greater_equal<>()) == t.end()) return;
  std::vector<std::size_t> order(t.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return t[a] < t[b]; });
  std::vector<TimestampMs> new_t;
  std::vector<Value> new_v;
  std::vector<TimestampMs> new_starts;
  for (const std::size_t i : order) {
    if (!new_t.empty() && new_t.back() == t[i]) continue;
    new_t.push_back(t[i]);
    new_v.push_back(std::move(v[i]));
    if (!starts.empty()) new_starts.push_back(starts[i]);
  }
  t = std::move(new_t);
  v = std::move(new_v);
  starts = std::move(new_starts);
}

}  // namespace vigia::storage
