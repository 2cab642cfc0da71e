// Retention per selector: which series are kept for how long.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/head/series_map.h"
#include "storage/maintenance/assignment.h"
#include "storage/model/matcher.h"
#include "storage/rowgroup/hidden.h"
#include "storage/rowgroup/run.h"

namespace vigia::storage {

struct RetentionPolicy {
  std::string selector;  // As the user wrote it; names the policy.
  std::vector<Matcher> matchers;
  DurationMs time_ms = 0;  // Above 0.
};

// Which columns each policy had at one moment. Immutable once shared.
class PolicyColumns {
 public:
  struct Part {
    std::size_t policy = 0;
    ColumnRanges columns;
  };

  bool empty() const { return targets_.empty(); }
  // Hides what is older than the policies of the target's columns keep at `now_ms`. Refers to this object.
  void Hide(std::uint32_t target, TimestampMs now_ms, HiddenSamples& hidden) const;
  // Samples that are older may be hidden, others are not. REQUIRES: not empty.
  TimestampMs NewestCutoff(TimestampMs now_ms) const {
    return now_ms - *std::min_element(times_.begin(), times_.end());
  }
  // Whether a run holds a target whose samples are all too old for one of its policies: then a rewrite frees space.
  bool HasExpired(const Run& run, TimestampMs now_ms) const;
  const std::vector<Part>& PartsOf(std::uint32_t target) const;
  // Samples of the part that are older are hidden.
  TimestampMs CutoffOf(const Part& part, TimestampMs now_ms) const { return now_ms - times_[part.policy]; }

 private:
  friend Result<PolicyColumns> AssignPolicies(const std::vector<RetentionPolicy>& policies, const SeriesMap& series,
                                              const PolicyColumns* before);
  std::vector<DurationMs> times_;  // By policy.
  std::unordered_map<std::uint32_t, std::vector<Part>> targets_;
};

// Each series belongs to the first policy whose matchers hold, or to none. `before` as Assignment::Assign says.
Result<PolicyColumns> AssignPolicies(const std::vector<RetentionPolicy>& policies, const SeriesMap& series,
                                     const PolicyColumns* before = nullptr);

// The policies in force. Thread-safe.
class RetentionPolicies {
 public:
  explicit RetentionPolicies(const SeriesMap& series)
      : assignment_(series, [](const auto&... given) { return AssignPolicies(given...); }) {}

  // `time_ms` is the general retention, 0 for none: series without a policy are kept so long. Assigns the series that
  // there are.
  Status Set(std::vector<RetentionPolicy> policies, DurationMs time_ms);
  // Assigns anew, for series that came since.
  Status Refresh() { return assignment_.Refresh(); }
  std::shared_ptr<const PolicyColumns> Current() const { return assignment_.Current(); }
  // When whole days go: the longest of all, 0 when the general retention has no limit.
  DurationMs longest_ms() const { return longest_ms_.load(); }

 private:
  Assignment<RetentionPolicy, PolicyColumns> assignment_;
  std::mutex mu_;  // One Set() at a time.
  std::atomic<DurationMs> longest_ms_{0};
};

// What one policy holds at rest, about: bytes and samples are shared among the series of a run by their number.
struct PolicyUsage {
  std::uint64_t series = 0;
  std::uint64_t bytes = 0;
  std::uint64_t expired_bytes = 0;  // Of these, in samples that are too old already.
  std::uint64_t samples = 0;
  std::uint64_t expired_samples = 0;
};
// One for each policy, and a last one for the series without one (kept for `time_ms`, 0 = for ever).
Result<std::vector<PolicyUsage>> MeasurePolicies(const std::vector<RetentionPolicy>& policies, DurationMs time_ms,
                                                 const SeriesMap& series, const RunSet& runs, TimestampMs now_ms);

}  // namespace vigia::storage
