// Takes batches of samples: judges them, logs them, shows them to readers.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "storage/head/metrics.h"
#include "storage/head/series_map.h"
#include "storage/model/sample.h"
#include "storage/sync/scratch_pool.h"
#include "storage/wal/frame.h"
#include "storage/wal/log.h"

namespace vigia::storage {

// Years beyond any clock; keeps day numbers within 32 bits.
inline constexpr TimestampMs kMaxSampleTime = TimestampMs{1} << 53;

struct PendingFloat {
  SeriesRef ref = SeriesRef::kNone;
  TimestampMs t = 0;
  double v = 0;
};
struct PendingHistogram {
  SeriesRef ref = SeriesRef::kNone;
  TimestampMs t = 0;
  HistogramPtr h;
};
// A start timestamp, never 0.
struct PendingStart {
  std::uint32_t sample = 0;  // Which float or histogram of the batch.
  TimestampMs start = 0;
};
struct SampleBatch {
  std::vector<PendingFloat> floats;
  std::vector<PendingHistogram> histograms;
  std::vector<PendingStart> float_starts;  // Ascending, as are the next ones.
  std::vector<PendingStart> histogram_starts;
  bool empty() const { return floats.empty() && histograms.empty(); }
  void Clear() {
    floats.clear();
    histograms.clear();
    float_starts.clear();
    histogram_starts.clear();
  }
  std::size_t bytes() const {
    return floats.capacity() * sizeof(floats[0]) + histograms.capacity() * sizeof(histograms[0]) +
           (float_starts.capacity() + histogram_starts.capacity()) * sizeof(PendingStart);
  }
};

// The newest stored sample of a series, as far as the append rules look at it.
struct NewestSample {
  TimestampMs t = kNoTime;
  std::uint64_t bits = 0;  // Of the float, or HistogramBits().
  bool histogram = false;
};
std::uint64_t HistogramBits(const FloatHistogram& h);

// What may be appended (surface.md 9.7).
struct AppendLimits {
  TimestampMs oldest_ms = kMinTimestampMs;  // Of retention: older samples are kTooOld.
  DurationMs out_of_order_window_ms = 0;
};

struct CommitterDeps {
  SeriesMap& series;
  Log& log;
  HeadMetrics& metrics;
  std::shared_mutex& visibility;  // Held exclusively while a change of several targets becomes visible.
  std::function<TimestampMs()> now;
  // The newest sample of a series at rest, nullopt when there is none.
  std::function<Result<std::optional<NewestSample>>(TargetId, std::uint32_t)> newest_at_rest;
  std::function<Status(Target&)> wake;  // One that sleeps. Called with its write lock.
};

// Thread-safe.
class Committer {
 public:
  explicit Committer(CommitterDeps deps);
  ~Committer();

  // Of the refs of a batch REQUIRES that the caller took a SeriesMap::Pin() before the batch began, and keeps it.
  // What would become of the sample if it were committed now. `pending` is the newest sample of the same series in the
  // caller's batch, if there is one. kAdded means: put it into the batch.
  AppendOutcome Judge(SeriesRef ref, const NewestSample& sample, const NewestSample* pending,
                      const AppendLimits& limits);

  // True for most samples: all of their series are older, and nothing else is to be looked at. What false means only
  // Judge() knows.
  static bool IsPlainlyNewer(const Target& target, std::uint32_t column, TimestampMs t) {
    const auto& columns = target.columns();
    if (column >= columns.size()) return false;
    const Column& state = columns[column];
    const unsigned flags = state.flags.load(std::memory_order_acquire);
    const bool settled = (flags & (Column::kPersisted | Column::kRemoved)) == Column::kPersisted;
    return settled && t > state.last_t.load(std::memory_order_acquire);
  }

  // Whether a sample at `t` would be the newest one of its series.
  bool IsNewer(SeriesRef ref, TimestampMs t);

  // Logs the batch and shows it, all or nothing. Samples that another batch has overtaken are dropped and counted.
  Status Commit(const SampleBatch& batch, const AppendLimits& limits, WriteMode mode);

  // Whether a sample in a frame of the log was deleted after it was written.
  using IsDeleted = std::function<bool(TargetId, std::uint32_t column, TimestampMs, std::uint64_t seq)>;
  using AtRestOf = std::function<AtRest(TargetId)>;
  // A frame of the log at start. May be called at the same time for frames without a target in common. Rows that are at
  // rest only restore state, as do samples for which `is_deleted`, if set, holds.
  Status Replay(std::uint64_t seq, std::uint32_t generation, std::string_view frame, const AtRestOf& at_rest,
                const IsDeleted& is_deleted);
  // True when the frame is of one target, at rest, and no frame builds upon it: Replay() is not needed then. REQUIRES:
  // as Replay().
  bool SkipAtRest(std::uint64_t seq, std::string_view frame, const AtRestOf& at_rest);
  std::uint32_t newest_epoch() const { return newest_epoch_.load(); }
  std::size_t replayed_rows() const { return replayed_rows_.load(); }  // That were not at rest.

  TimestampMs max_t() const { return max_t_.load(std::memory_order_acquire); }
  void RaiseMaxT(TimestampMs t);

 private:
  struct Group;
  struct Work;
  class ReplayState;
  void RaiseNewestEpoch(std::uint32_t epoch);
  AppendOutcome JudgeAgainst(const NewestSample& newest, const NewestSample& sample, const AppendLimits& limits) const;
  const Column* Seek(SeriesRef ref, TimestampMs t);
  void Count(AppendOutcome outcome, bool histogram);
  void ResolveBound(Target& target, std::uint32_t column);
  void MakeGroups(const SampleBatch& batch, Work& work) const;
  void FillGroup(const SampleBatch& batch, const AppendLimits& limits, std::uint32_t epoch, Group& group);
  static std::size_t FillNewest(const SampleBatch& batch, std::size_t first, std::uint32_t epoch, Group& group);
  void FillFloat(const SampleBatch& batch, const AppendLimits& limits, std::uint32_t epoch, std::uint32_t index,
                 Group& group);
  void FillHistogram(const SampleBatch& batch, const AppendLimits& limits, std::uint32_t index, Group& group);
  std::optional<NewestSample> JudgeInGroup(std::uint32_t index, const NewestSample& sample, const AppendLimits& limits,
                                           Group& group);
  static void Took(const NewestSample& sample, bool late, std::uint32_t epoch, Column& column, Group& group);
  void AddRecords(std::uint64_t seq, std::span<Group> groups, Batch& out);
  void MarkPersisted(std::span<Group> groups);
  void Show(std::span<Group> groups, std::uint64_t seq);
  Status CommitWith(Work& work, const SampleBatch& batch, const AppendLimits& limits, WriteMode mode);

  // As many commits as are mostly under way at once, and enough for a scrape of twenty thousand series.
  static constexpr std::size_t kKeptWorks = 4;
  static constexpr std::size_t kKeptWorkBytes = 2u << 20;

  CommitterDeps deps_;
  ScratchPool<Work> work_;
  std::atomic<TimestampMs> max_t_{kNoTime};
  std::atomic<std::uint32_t> newest_epoch_{0};  // Of replayed frames.
  std::atomic<std::size_t> replayed_rows_{0};
  const Column unread_;  // Without a sample.
};

}  // namespace vigia::storage
