// Downsampling per selector: which series are brought to which resolution once they are old enough. What that does to
// them: storage/README.md, "Downsampling".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/head/series_map.h"
#include "storage/maintenance/assignment.h"
#include "storage/model/matcher.h"
#include "storage/rowgroup/run.h"
#include "storage/telemetry/registry.h"

namespace vigia::storage {

struct DownsamplingRule {
  std::string selector;  // As the user wrote it; names the rule.
  std::vector<Matcher> matchers;
  DurationMs after_ms = 0;       // Above 0: days are downsampled when all of them is older.
  DurationMs resolution_ms = 0;  // Divides a day.
};

// Which columns each rule had at one moment. Immutable once shared.
class DownsamplingColumns {
 public:
  struct Part {
    std::size_t rule = 0;
    ColumnRanges columns;
  };

  bool empty() const { return targets_.empty(); }
  const std::vector<Part>& PartsOf(std::uint32_t target) const;
  // Which resolution the target's columns are to have in a day; the coarsest of what is due.
  std::vector<DownsampledColumns> DueOf(std::uint32_t target, std::int32_t day, TimestampMs now_ms) const;
  // Whether a run of a closed day has columns that are not as they are to be.
  bool HasWork(const Run& run, TimestampMs now_ms) const;
  bool IsDue(std::size_t rule, std::int32_t day, TimestampMs now_ms) const {
    return DayStart(day + 1) <= now_ms - rules_[rule].after_ms;
  }

 private:
  friend Result<DownsamplingColumns> AssignDownsampling(const std::vector<DownsamplingRule>& rules,
                                                        const SeriesMap& series, const DownsamplingColumns* before);
  struct Times {
    DurationMs after_ms;
    DurationMs resolution_ms;
  };
  std::vector<Times> rules_;
  std::unordered_map<std::uint32_t, std::vector<Part>> targets_;
};

// A series belongs to all rules that match it. kLimit as SeriesMap::Select(). `before` as Assignment::Assign says.
Result<DownsamplingColumns> AssignDownsampling(const std::vector<DownsamplingRule>& rules, const SeriesMap& series,
                                               const DownsamplingColumns* before = nullptr);

// What a column becomes that has resolution `present` (0: as written) where `due` is wanted: the same when the one is
// no multiple of the other, or not coarser.
constexpr DurationMs ResolutionFrom(DurationMs present, DurationMs due) {
  return due > present && (present == 0 || due % present == 0) ? due : present;
}

// kInvalid unless each resolution divides a day and is a multiple of all smaller ones, and the ages are above 0.
Status CheckDownsampling(const std::vector<DownsamplingRule>& rules);

// The rules in force. Thread-safe.
class DownsamplingRules {
 public:
  explicit DownsamplingRules(const SeriesMap& series)
      : assignment_(series, [](const auto&... given) { return AssignDownsampling(given...); }) {}

  // Assigns the series that there are; after an error, also one of CheckDownsampling(), the former rules stay.
  Status Set(std::vector<DownsamplingRule> rules);
  // Assigns anew, for series that came since.
  Status Refresh() { return assignment_.Refresh(); }
  std::shared_ptr<const DownsamplingColumns> Current() const { return assignment_.Current(); }

 private:
  Assignment<DownsamplingRule, DownsamplingColumns> assignment_;
};

struct DownsamplingMetrics {
  explicit DownsamplingMetrics(Registry& registry);
  Counter& runs;
  Counter& failures;
  Counter& samples;
  Counter& bytes;
};

// What one rule is about, about: bytes and samples of a run are shared among its series by their number.
struct DownsamplingUsage {
  std::uint64_t series = 0;
  std::uint64_t bytes = 0;  // At rest, of all its series.
  std::uint64_t samples = 0;
  std::uint64_t downsampled_bytes = 0;  // Of these, in columns that have the rule's resolution, or a coarser one.
  std::uint64_t due_bytes = 0;          // In days that are old enough and are not downsampled yet.
  std::uint64_t due_samples = 0;
  std::uint64_t replaced_samples = 0;  // Of due_samples, those that would go.
  std::uint64_t freed_bytes = 0;       // Of due_bytes.
};
// One for each rule, each for itself. Errors as DownsamplingRules::Set().
Result<std::vector<DownsamplingUsage>> MeasureDownsampling(const std::vector<DownsamplingRule>& rules,
                                                           const SeriesMap& series, const RunSet& runs,
                                                           TimestampMs now_ms);

}  // namespace vigia::storage
