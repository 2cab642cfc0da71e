#include "promql/engine/top_queries.h"

#include <algorithm>
#include <functional>

#include "promql/engine/text_cut.h"

namespace vigia::promql {
namespace {

double KeyOf(const TopQuery& query, TopOrder order) {
  switch (order) {
    case TopOrder::kSeconds: return query.total_seconds;
    case TopOrder::kCount: return static_cast<double>(query.count);
    case TopOrder::kSamples: return static_cast<double>(query.samples);
    case TopOrder::kMaxSeconds: return query.max_seconds;
    case TopOrder::kPeakBytes: return static_cast<double>(query.max_peak_bytes);
  }
  return 0;
}

// Long texts share their beginning more often than not: the hash keeps them apart.
std::string TableKey(std::string_view text) {
  if (text.size() <= TopQueries::kMaxTextBytes) return std::string(text);
  return CutText(text, TopQueries::kMaxTextBytes) + "#" + std::to_string(std::hash<std::string_view>{}(text));
}

}  // namespace

bool TopQueries::Add(std::string_view text, const QueryStats& stats, const QueryOrigin& origin, Outcome outcome) {
  if (capacity_ == 0) return false;
  const std::string key = TableKey(text);
  const std::lock_guard lock(mu_);
  auto at = entries_.find(key);
  bool evicted = false;
  if (at == entries_.end()) {
    double inherited_seconds = 0;
    if (entries_.size() >= capacity_) {
      const auto least = std::ranges::min_element(entries_, {}, [](const auto& item) { return item.second.Rank(); });
      inherited_seconds = least->second.Rank();
      entries_.erase(least);
      evicted = true;
    }
    at = entries_.emplace(key, Entry{}).first;
    at->second.query.text = CutText(text, kMaxTextBytes);
    at->second.inherited_seconds = inherited_seconds;
  }
  TopQuery& query = at->second.query;
  ++query.count;
  if (outcome == Outcome::kFailed) ++query.errors;
  query.total_seconds += stats.total_seconds;
  query.max_seconds = std::max(query.max_seconds, stats.total_seconds);
  query.samples += stats.total_samples;
  query.samples_read += stats.samples_read;
  query.max_peak_samples = std::max(query.max_peak_samples, stats.peak_samples);
  query.max_peak_bytes = std::max(query.max_peak_bytes, stats.peak_bytes);
  query.last_ms = clock_();
  query.last_origin = origin;
  return evicted;
}

std::vector<TopQuery> TopQueries::List(std::size_t limit, TopOrder order) const {
  std::vector<TopQuery> list;
  {
    const std::lock_guard lock(mu_);
    list.reserve(entries_.size());
    for (const auto& [key, entry] : entries_) list.push_back(entry.query);
  }
  std::ranges::stable_sort(list, std::greater<>{}, [order](const TopQuery& query) { return KeyOf(query, order); });
  if (list.size() > limit) list.resize(limit);
  return list;
}

}  // namespace vigia::promql
