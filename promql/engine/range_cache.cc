#include "promql/engine/range_cache.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace vigia::promql {
namespace {

// One result may take this part of the cache.
constexpr std::uint64_t kMaxShare = 8;

DurationMs PhaseOf(const StepRange& steps) {
  const DurationMs rest = steps.first_ms % steps.step_ms;
  return rest < 0 ? rest + steps.step_ms : rest;
}

std::string KeyOf(const RangeCache::Query& query, const StepRange& steps) {
  return fmt::format("{} {} {} {} {}", steps.step_ms, PhaseOf(steps), query.lookback_delta_ms,
                     query.default_subquery_step_ms, query.text);
}

storage::Counter& RequestsCounter(storage::Registry& registry, std::string_view result) {
  return registry.AddCounter("vigia_query_range_cache_requests_total",
                             "Range queries by what the cache of results had for them: all steps (hit), the first ones "
                             "(partial), none (miss); or which it is not for (skipped).",
                             {{"result", result}});
}

std::span<const FloatPoint> Between(const std::vector<FloatPoint>& points, TimestampMs first_ms, TimestampMs last_ms) {
  const auto from = std::ranges::lower_bound(points, first_ms, {}, &FloatPoint::t);
  const auto to = std::ranges::upper_bound(from, points.end(), last_ms, {}, &FloatPoint::t);
  return {from, to};
}

bool HasHistograms(const Matrix& matrix) {
  return std::ranges::any_of(matrix, [](const Series& series) { return !series.histograms.empty(); });
}

}  // namespace

RangeCache::RangeCache(std::uint64_t max_bytes, storage::Registry& registry)
    : max_bytes_(max_bytes),
      hits_(RequestsCounter(registry, "hit")),
      partial_hits_(RequestsCounter(registry, "partial")),
      misses_(RequestsCounter(registry, "miss")),
      skipped_(RequestsCounter(registry, "skipped")),
      steps_reused_(registry.AddCounter("vigia_query_range_cache_reused_steps_total",
                                        "Steps of range queries that were not computed again.")),
      evictions_(registry.AddCounter("vigia_query_range_cache_evictions_total",
                                     "Results that were dropped to make room for others.")),
      bytes_gauge_(registry.AddGauge("vigia_query_range_cache_bytes", "Memory of the kept results of range queries.")),
      entries_gauge_(registry.AddGauge("vigia_query_range_cache_entries", "Kept results of range queries.")) {}

std::optional<RangeCache::Kept> RangeCache::Find(const Query& query, const StepRange& steps,
                                                 const storage::TimeVersions& versions) {
  const std::lock_guard lock(mu_);
  const auto found = by_key_.find(KeyOf(query, steps));
  const auto miss = [this] {
    misses_.Add(1);
    return std::nullopt;
  };
  if (found == by_key_.end()) return miss();
  const Entry& entry = *found->second;
  if (entry.steps.first_ms > steps.first_ms || entry.steps.last_ms < steps.first_ms) return miss();
  TimestampMs last_ms = std::min(entry.steps.last_ms, steps.last_ms);
  last_ms -= (last_ms - steps.first_ms) % steps.step_ms;
  const auto change =
      versions.FirstChange(steps.first_ms - query.reach.back_ms, last_ms + query.reach.ahead_ms, entry.version);
  if (change) {
    // The last step that does not reach as far.
    const TimestampMs limit = *change - 1 - query.reach.ahead_ms;
    if (limit < steps.first_ms) return miss();
    last_ms = limit - (limit - steps.first_ms) % steps.step_ms;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  const bool is_all = last_ms + steps.step_ms > steps.last_ms;
  (is_all ? hits_ : partial_hits_).Add(1);
  steps_reused_.Add(static_cast<double>((last_ms - steps.first_ms) / steps.step_ms + 1));
  return Kept{entry.matrix, last_ms};
}

void RangeCache::Keep(const Query& query, const StepRange& steps, storage::TimeVersions::Version version,
                      const Matrix& matrix) {
  std::string key = KeyOf(query, steps);
  const std::uint64_t bytes = BytesOf(matrix) + 2 * key.size() + sizeof(Entry);
  if (bytes > max_bytes_ / kMaxShare || HasHistograms(matrix)) return;
  auto copy = std::make_shared<const Matrix>(matrix);
  const std::lock_guard lock(mu_);
  if (const auto old = by_key_.find(key); old != by_key_.end()) Drop(old->second);
  entries_.push_front({key, steps, version, std::move(copy), bytes});
  by_key_.emplace(std::move(key), entries_.begin());
  bytes_ += bytes;
  while (bytes_ > max_bytes_) {
    evictions_.Add(1);
    Drop(std::prev(entries_.end()));
  }
  bytes_gauge_.Set(static_cast<double>(bytes_));
  entries_gauge_.Set(static_cast<double>(entries_.size()));
}

void RangeCache::Forget(const Query& query, const StepRange& steps) {
  const std::lock_guard lock(mu_);
  const auto found = by_key_.find(KeyOf(query, steps));
  if (found == by_key_.end()) return;
  Drop(found->second);
  bytes_gauge_.Set(static_cast<double>(bytes_));
  entries_gauge_.Set(static_cast<double>(entries_.size()));
}

void RangeCache::Drop(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

Matrix Joined(const Matrix& kept, TimestampMs first_ms, TimestampMs last_ms, Matrix later) {
  Matrix out;
  out.reserve(std::max(kept.size(), later.size()));
  auto next = later.begin();
  for (const Series& series : kept) {
    const std::span<const FloatPoint> points = Between(series.floats, first_ms, last_ms);
    if (points.empty()) continue;
    for (; next != later.end() && next->metric < series.metric; ++next) out.push_back(std::move(*next));
    Series& joined = out.emplace_back(Series{series.metric, {}, {}});
    const bool goes_on = next != later.end() && next->metric == series.metric;
    joined.floats.reserve(points.size() + (goes_on ? next->floats.size() : 0));
    joined.floats.assign(points.begin(), points.end());
    if (!goes_on) continue;
    joined.floats.insert(joined.floats.end(), next->floats.begin(), next->floats.end());
    joined.histograms = std::move(next->histograms);
    ++next;
  }
  std::move(next, later.end(), std::back_inserter(out));
  return out;
}

std::uint64_t BytesOf(const Matrix& matrix) {
  std::uint64_t bytes = 0;
  for (const Series& series : matrix) {
    bytes += sizeof(Series) + series.metric.bytes().size() + series.floats.size() * sizeof(FloatPoint);
  }
  return bytes;
}

}  // namespace vigia::promql
