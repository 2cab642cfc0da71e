#include "storage/maintenance/policies.h"

#include <algorithm>
#include <utility>

namespace vigia::storage {
namespace {

std::uint64_t CountOf(const ColumnRanges& columns) {
  std::uint64_t count = 0;
  for (const auto& [first, end] : columns.ranges()) count += end - first;
  return count;
}

std::uint64_t CountOfBoth(const ColumnRanges& a, const ColumnRanges& b) {
  std::uint64_t count = 0;
  auto i = a.ranges().begin();
  auto j = b.ranges().begin();
  while (i != a.ranges().end() && j != b.ranges().end()) {
    const std::uint32_t first = std::max(i->first, j->first);
    const std::uint32_t end = std::min(i->second, j->second);
    if (first < end) count += end - first;
    i->second <= j->second ? ++i : ++j;
  }
  return count;
}

// How much of first..last lies before `cutoff`.
double ShareBefore(TimestampMs first, TimestampMs last, TimestampMs cutoff) {
  if (cutoff <= first) return 0;
  if (cutoff > last) return 1;
  return static_cast<double>(cutoff - first) / static_cast<double>(last - first + 1);
}

}  // namespace

void PolicyColumns::Hide(std::uint32_t target, TimestampMs now_ms, HiddenSamples& hidden) const {
  for (const Part& part : PartsOf(target)) hidden.Add(part.columns, {kMinTimestampMs, CutoffOf(part, now_ms) - 1});
}

bool PolicyColumns::HasExpired(const Run& run, TimestampMs now_ms) const {
  if (empty()) return false;
  return std::any_of(run.targets.begin(), run.targets.end(), [&](const RunTarget& entry) {
    const auto& parts = PartsOf(entry.target);
    return std::any_of(parts.begin(), parts.end(), [&](const Part& part) {
      return entry.max_t < CutoffOf(part, now_ms) && entry.columns.Overlaps(part.columns);
    });
  });
}

const std::vector<PolicyColumns::Part>& PolicyColumns::PartsOf(std::uint32_t target) const {
  static const std::vector<Part> kNone;
  const auto at = targets_.find(target);
  return at == targets_.end() ? kNone : at->second;
}

Result<PolicyColumns> AssignPolicies(const std::vector<RetentionPolicy>& policies, const SeriesMap& series,
                                     const PolicyColumns* before) {
  const auto pin = series.Pin();
  PolicyColumns out;
  std::unordered_map<TargetId, std::vector<bool>> taken;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    out.times_.push_back(policies[i].time_ms);
    std::vector<TargetId> asleep;
    const auto hits = SelectForRule(policies[i].matchers, series, before == nullptr ? nullptr : &asleep);
    if (!hits) return hits.error();
    for (const TargetId target : asleep) {
      for (const PolicyColumns::Part& part : before->PartsOf(target)) {
        if (part.policy != i) continue;
        std::vector<bool>& marks = taken[target];
        for (const auto& [first, end] : part.columns.ranges()) {
          if (marks.size() < end) marks.resize(end);
          std::fill(marks.begin() + first, marks.begin() + end, true);
        }
        out.targets_[target].push_back(part);
      }
    }
    for (const TargetHits& hit : *hits) {
      std::vector<bool>& marks = taken[hit.target->id()];
      PolicyColumns::Part part{i, {}};
      for (const std::uint32_t column : hit.columns) {
        if (column >= marks.size()) marks.resize(hit.target->columns().size());
        if (marks[column]) continue;
        marks[column] = true;
        part.columns.Add(column);
      }
      if (!part.columns.empty()) out.targets_[hit.target->id()].push_back(std::move(part));
    }
  }
  return out;
}

Status RetentionPolicies::Set(std::vector<RetentionPolicy> policies, DurationMs time_ms) {
  DurationMs longest = time_ms;
  for (const RetentionPolicy& policy : policies) longest = std::max(longest, policy.time_ms);
  // Days stay for the longest policy: then all others need one.
  if (time_ms > 0 && longest > time_ms) policies.push_back({"{}", {}, time_ms});
  const std::lock_guard lock(mu_);
  Status status = assignment_.Set(std::move(policies));
  if (status) longest_ms_.store(time_ms == 0 ? 0 : longest);
  return status;
}

Result<std::vector<PolicyUsage>> MeasurePolicies(const std::vector<RetentionPolicy>& policies, DurationMs time_ms,
                                                 const SeriesMap& series, const RunSet& runs, TimestampMs now_ms) {
  const DurationMs rest_ms = time_ms > 0 ? time_ms : now_ms - kMinTimestampMs;
  std::vector<RetentionPolicy> all = policies;
  all.push_back({"{}", {}, rest_ms});
  const auto assigned = AssignPolicies(all, series);
  if (!assigned) return assigned.error();
  std::vector<PolicyUsage> usage(all.size());
  for (TargetId target = 1; target < series.target_end(); ++target) {
    for (const auto& part : assigned->PartsOf(target)) usage[part.policy].series += CountOf(part.columns);
  }
  for (const auto& run : runs.runs) {
    std::uint64_t columns = 0;
    for (const RunTarget& entry : run->targets) columns += CountOf(entry.columns);
    if (columns == 0) continue;
    const double bytes_each = static_cast<double>(run->bytes) / static_cast<double>(columns);
    const double samples_each = static_cast<double>(run->samples) / static_cast<double>(columns);
    for (const RunTarget& entry : run->targets) {
      for (const auto& part : assigned->PartsOf(entry.target)) {
        const auto series_here = static_cast<double>(CountOfBoth(entry.columns, part.columns));
        const double expired = ShareBefore(entry.min_t, entry.max_t, assigned->CutoffOf(part, now_ms));
        PolicyUsage& sum = usage[part.policy];
        sum.bytes += static_cast<std::uint64_t>(bytes_each * series_here);
        sum.expired_bytes += static_cast<std::uint64_t>(bytes_each * series_here * expired);
        sum.samples += static_cast<std::uint64_t>(samples_each * series_here);
        sum.expired_samples += static_cast<std::uint64_t>(samples_each * series_here * expired);
      }
    }
  }
  return usage;
}

}  // namespace vigia::storage
