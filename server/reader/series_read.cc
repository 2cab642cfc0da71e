#include "server/reader/series_read.h"

#include <algorithm>
#include <numeric>

#include "storage/model/sample.h"

namespace vigia::server {

void SamplesRead::Add(storage::TimestampMs time, double value) {
  t.push_back(time);
  v.push_back(value);
  if (!h.empty()) h.emplace_back();
}

void SamplesRead::AddHistogram(storage::TimestampMs time, storage::HistogramPtr histogram) {
  if (storage::IsStaleNan(histogram->sum)) return Add(time, storage::kStaleNan);
  h.resize(t.size());
  t.push_back(time);
  v.push_back(0);
  h.push_back(std::move(histogram));
}

void SamplesRead::Tidy(storage::TimestampMs start_ms, storage::TimestampMs end_ms) {
  const bool in_order = std::adjacent_find(t.begin(), t.end(), std::greater_equal<>()) == t.end();
  if (in_order && (t.empty() || (t.front() >= start_ms && t.back() <= end_ms))) return;
  std::vector<std::size_t> order(t.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t i) { return t[i] < start_ms || t[i] > end_ms; });
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return t[a] < t[b]; });
  const auto twice = [&](std::size_t a, std::size_t b) { return t[a] == t[b]; };
  order.erase(std::unique(order.begin(), order.end(), twice), order.end());
  SamplesRead kept;
  for (const std::size_t i : order) {
    if (!h.empty() && h[i] != nullptr) {
      kept.AddHistogram(t[i], std::move(h[i]));
    } else {
      kept.Add(t[i], v[i]);
    }
  }
  *this = std::move(kept);
}

}  // namespace vigia::server
