// Results of range queries, so that a dashboard that asks again, with both ends a little later, computes the new steps
// only. What is taken from here is what computing would give, to the bit (step_reach.h says of which queries that can
// be said): for each result the samples it was made of are known by their times, and the steps from the first that a
// later change of samples can have reached are not used.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "promql/plan/step_reach.h"
#include "promql/value/value.h"
#include "storage/api/time_versions.h"
#include "storage/telemetry/registry.h"

namespace vigia::promql {

// Steps first_ms, first_ms + step_ms, ... not later than last_ms.
struct StepRange {
  TimestampMs first_ms = 0;
  TimestampMs last_ms = 0;
  DurationMs step_ms = 1;
};

// Thread-safe. The registry must outlive it.
class RangeCache {
 public:
  // What is kept of one query: everything that its results depend on besides samples and steps.
  struct Query {
    std::string text;
    DurationMs lookback_delta_ms = 0;
    DurationMs default_subquery_step_ms = 0;
    StepReach reach;
  };
  struct Kept {
    std::shared_ptr<const Matrix> matrix;  // May have points before the first and after the last step.
    TimestampMs last_ms = 0;               // Good up to this step, one of those asked for.
  };

  // 0 bytes: nothing is ever kept.
  RangeCache(std::uint64_t max_bytes, storage::Registry& registry);

  bool enabled() const { return max_bytes_ > 0; }
  // Counts a query that the cache is not for.
  void Skipped() { skipped_.Add(1); }

  // The longest part of `steps`, from the first step on, that is still true. nullopt if that one is not.
  std::optional<Kept> Find(const Query& query, const StepRange& steps, const storage::TimeVersions& versions);

  // Keeps a result instead of what was kept of this query before; `version` was read before the first sample of it was,
  // or when Find() said that the older part is true. Copies. Too large results and those with native histograms are not
  // kept.
  void Keep(const Query& query, const StepRange& steps, storage::TimeVersions::Version version, const Matrix& matrix);

  // Drops what was kept of this query: it must not be put together with later steps.
  void Forget(const Query& query, const StepRange& steps);

 private:
  struct Entry {
    std::string key;
    StepRange steps;
    storage::TimeVersions::Version version = 0;
    std::shared_ptr<const Matrix> matrix;
    std::uint64_t bytes = 0;
  };
  using Entries = std::list<Entry>;  // The one used last in front.

  void Drop(Entries::iterator entry);

  const std::uint64_t max_bytes_;
  storage::Counter &hits_, &partial_hits_, &misses_, &skipped_;
  storage::Counter& steps_reused_;
  storage::Counter& evictions_;
  storage::Gauge &bytes_gauge_, &entries_gauge_;

  std::mutex mu_;
  Entries entries_;  // Guarded by mu_, as are the next two.
  std::unordered_map<std::string, Entries::iterator> by_key_;
  std::uint64_t bytes_ = 0;
};

// `kept` up to last_ms from first_ms on, then `later`, which has later steps only. Both are sorted by labels, as is the
// result.
Matrix Joined(const Matrix& kept, TimestampMs first_ms, TimestampMs last_ms, Matrix later);
std::uint64_t BytesOf(const Matrix& matrix);

}  // namespace vigia::promql
