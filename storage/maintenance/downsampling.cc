#include "storage/maintenance/downsampling.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace vigia::storage {
namespace {

// As many raw samples as a record and the samples kept with it need room for, about (storage/README.md, "Measured").
constexpr double kRawSamplesPerRecord = 8;
constexpr double kKeptPerInterval = 2;

// Calls fn(first, end) for each range of columns that both have.
void ForEachShared(const ColumnRanges& a, const ColumnRanges& b,
                   const std::function<void(std::uint32_t, std::uint32_t)>& fn) {
  auto i = a.ranges().begin();
  auto j = b.ranges().begin();
  while (i != a.ranges().end() && j != b.ranges().end()) {
    const std::uint32_t first = std::max(i->first, j->first);
    const std::uint32_t end = std::min(i->second, j->second);
    if (first < end) fn(first, end);
    i->second <= j->second ? ++i : ++j;
  }
}

std::uint64_t CountOf(const ColumnRanges& columns) {
  std::uint64_t count = 0;
  for (const auto& [first, end] : columns.ranges()) count += end - first;
  return count;
}

// How many of the columns the entry has, and how many of these have `resolution` or can never get it.
struct Shared {
  std::uint64_t all = 0;
  std::uint64_t done = 0;
};
Shared CountShared(const RunTarget& entry, const ColumnRanges& columns, DurationMs resolution) {
  Shared shared;
  ForEachShared(entry.columns, columns, [&](std::uint32_t first, std::uint32_t end) { shared.all += end - first; });
  for (const DownsampledColumns& part : entry.downsampled) {
    if (ResolutionFrom(part.resolution_ms, resolution) != part.resolution_ms) continue;
    ForEachShared(part.columns, columns, [&](std::uint32_t first, std::uint32_t end) { shared.done += end - first; });
  }
  shared.done = std::min(shared.done, shared.all);  // A rewrite may have left columns behind.
  return shared;
}

// What the columns of one target in one run come to, for one rule.
class EntryMeasure {
 public:
  EntryMeasure(const RunTarget& entry, DurationMs resolution, double bytes_each, double samples_each)
      : entry_(entry), resolution_(resolution), bytes_each_(bytes_each), samples_each_(samples_each) {}

  void Add(const ColumnRanges& columns, bool due, DownsamplingUsage& sum) const {
    const Shared shared = CountShared(entry_, columns, resolution_);
    Add(shared.all, bytes_each_, sum.bytes);
    Add(shared.all, samples_each_, sum.samples);
    Add(shared.done, bytes_each_, sum.downsampled_bytes);
    if (!due) return;
    std::uint64_t raw = shared.all - shared.done;
    Add(raw, bytes_each_, sum.due_bytes);
    Add(raw, samples_each_, sum.due_samples);
    for (const DownsampledColumns& part : entry_.downsampled) {
      if (ResolutionFrom(part.resolution_ms, resolution_) == part.resolution_ms) continue;
      std::uint64_t finer = 0;
      ForEachShared(part.columns, columns, [&](std::uint32_t first, std::uint32_t end) { finer += end - first; });
      finer = std::min(finer, raw);
      raw -= finer;
      const double left = static_cast<double>(part.resolution_ms) / static_cast<double>(resolution_);
      Add(finer, samples_each_ * (1 - left), sum.replaced_samples);
      Add(finer, bytes_each_ * (1 - left), sum.freed_bytes);
    }
    const double intervals = static_cast<double>((entry_.max_t - entry_.min_t) / resolution_ + 1);
    const double samples = std::max(samples_each_, 1.0);
    if (kRawSamplesPerRecord * intervals >= samples) return;  // They stay as they are.
    Add(raw, samples_each_ * (1 - kKeptPerInterval * intervals / samples), sum.replaced_samples);
    Add(raw, bytes_each_ * (1 - kRawSamplesPerRecord * intervals / samples), sum.freed_bytes);
  }

 private:
  static void Add(std::uint64_t columns, double each, std::uint64_t& sum) {
    sum += static_cast<std::uint64_t>(static_cast<double>(columns) * each);
  }

  const RunTarget& entry_;
  const DurationMs resolution_;
  const double bytes_each_;
  const double samples_each_;
};

}  // namespace

const std::vector<DownsamplingColumns::Part>& DownsamplingColumns::PartsOf(std::uint32_t target) const {
  static const std::vector<Part> kNone;
  const auto at = targets_.find(target);
  return at == targets_.end() ? kNone : at->second;
}

std::vector<DownsampledColumns> DownsamplingColumns::DueOf(std::uint32_t target, std::int32_t day,
                                                           TimestampMs now_ms) const {
  std::map<std::uint32_t, DurationMs> coarsest;
  for (const Part& part : PartsOf(target)) {
    if (!IsDue(part.rule, day, now_ms)) continue;
    for (const auto& [first, end] : part.columns.ranges()) {
      for (std::uint32_t column = first; column < end; ++column) {
        DurationMs& resolution = coarsest[column];
        resolution = std::max(resolution, rules_[part.rule].resolution_ms);
      }
    }
  }
  std::map<DurationMs, ColumnRanges> parts;
  for (const auto& [column, resolution] : coarsest) parts[resolution].Add(column);
  std::vector<DownsampledColumns> due;
  due.reserve(parts.size());
  for (auto& [resolution, columns] : parts) due.push_back({resolution, std::move(columns)});
  return due;
}

bool DownsamplingColumns::HasWork(const Run& run, TimestampMs now_ms) const {
  if (empty()) return false;
  const bool any_due = [&] {
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      if (IsDue(rule, run.day, now_ms)) return true;
    }
    return false;
  }();
  if (!any_due) return false;
  return std::any_of(run.targets.begin(), run.targets.end(), [&](const RunTarget& entry) {
    const auto& parts = PartsOf(entry.target);
    return std::any_of(parts.begin(), parts.end(), [&](const Part& part) {
      if (!IsDue(part.rule, run.day, now_ms)) return false;
      const Shared shared = CountShared(entry, part.columns, rules_[part.rule].resolution_ms);
      return shared.done < shared.all;
    });
  });
}

Result<DownsamplingColumns> AssignDownsampling(const std::vector<DownsamplingRule>& rules, const SeriesMap& series,
                                               const DownsamplingColumns* before) {
  const auto pin = series.Pin();
  DownsamplingColumns out;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    out.rules_.push_back({rules[i].after_ms, rules[i].resolution_ms});
    std::vector<TargetId> asleep;
    const auto hits = SelectForRule(rules[i].matchers, series, before == nullptr ? nullptr : &asleep);
    if (!hits) return hits.error();
    for (const TargetId target : asleep) {
      for (const DownsamplingColumns::Part& part : before->PartsOf(target)) {
        if (part.rule == i) out.targets_[target].push_back(part);
      }
    }
    for (const TargetHits& hit : *hits) {
      std::vector<std::uint32_t> columns = hit.columns;
      std::sort(columns.begin(), columns.end());
      DownsamplingColumns::Part part{i, {}};
      for (const std::uint32_t column : columns) part.columns.Add(column);
      if (!part.columns.empty()) out.targets_[hit.target->id()].push_back(std::move(part));
    }
  }
  return out;
}

Status CheckDownsampling(const std::vector<DownsamplingRule>& rules) {
  for (const DownsamplingRule& rule : rules) {
    const DurationMs resolution = rule.resolution_ms;
    if (rule.after_ms <= 0 || resolution <= 0 || kDayMs % resolution != 0) {
      return Error{Errc::kInvalid, "downsampling needs an age above 0 and a resolution that divides a day"};
    }
    for (const DownsamplingRule& other : rules) {
      if (std::max(resolution, other.resolution_ms) % std::min(resolution, other.resolution_ms) == 0) continue;
      return Error{Errc::kInvalid, "of two resolutions for downsampling one must be a multiple of the other"};
    }
  }
  return {};
}

Status DownsamplingRules::Set(std::vector<DownsamplingRule> rules) {
  Status status = CheckDownsampling(rules);
  return status ? assignment_.Set(std::move(rules)) : status;
}

DownsamplingMetrics::DownsamplingMetrics(Registry& registry)
    : runs(registry.AddCounter("vigia_storage_downsampling_runs_total", "Rewrites that downsampled series of a day.")),
      failures(registry.AddCounter("vigia_storage_downsampling_failures_total",
                                   "Rewrites that were to downsample and failed; they are tried again.")),
      samples(registry.AddCounter("vigia_storage_downsampling_replaced_samples_total",
                                  "Samples that were replaced by records of them.")),
      bytes(registry.AddCounter("vigia_storage_downsampling_freed_bytes_total",
                                "Bytes of row groups that rewrites freed which downsampled.")) {}

Result<std::vector<DownsamplingUsage>> MeasureDownsampling(const std::vector<DownsamplingRule>& rules,
                                                           const SeriesMap& series, const RunSet& runs,
                                                           TimestampMs now_ms) {
  if (Status status = CheckDownsampling(rules); !status) return status.error();
  const auto assigned = AssignDownsampling(rules, series);
  if (!assigned) return assigned.error();
  std::vector<DownsamplingUsage> usage(rules.size());
  for (TargetId target = 1; target < series.target_end(); ++target) {
    for (const auto& part : assigned->PartsOf(target)) usage[part.rule].series += CountOf(part.columns);
  }
  for (const auto& run : runs.runs) {
    std::uint64_t columns = 0;
    for (const RunTarget& entry : run->targets) columns += CountOf(entry.columns);
    if (columns == 0) continue;
    const double bytes_each = static_cast<double>(run->bytes) / static_cast<double>(columns);
    const double samples_each = static_cast<double>(run->samples) / static_cast<double>(columns);
    for (const RunTarget& entry : run->targets) {
      for (const auto& part : assigned->PartsOf(entry.target)) {
        EntryMeasure(entry, rules[part.rule].resolution_ms, bytes_each, samples_each)
            .Add(part.columns, assigned->IsDue(part.rule, run->day, now_ms), usage[part.rule]);
      }
    }
  }
  return usage;
}

}  // namespace vigia::storage
