// Reads from storage what a queue could not keep in memory, or what was not delivered before a restart.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "server/log/log.h"
#include "server/sender/inbox.h"
#include "server/sender/outgoing.h"
#include "server/sender/pending_times.h"
#include "server/sender/queue_metrics.h"
#include "server/sender/series_names.h"
#include "storage/api/querier.h"

namespace vigia::server {

struct CatchUpDeps {
  const storage::Queryable& storage;
  PendingTimes& times;
  const Inbox& inbox;
  const SeriesNames& names;
  QueueMetrics& metrics;
  Logger log;
  // Takes one sample. kStalled: nothing moves; what was read is to be let go and read again after `wait`.
  enum class Taken { kYes, kStalled, kStopped };
  std::function<Taken(Outgoing)> take;
  std::function<bool()> wait;  // Until there is room again. False: stopping.
  // The time before which samples need not be sent; kMinTimestampMs: all are.
  std::function<storage::TimestampMs()> oldest_wanted;
};

// For one thread.
class CatchUp {
 public:
  explicit CatchUp(CatchUpDeps deps) : deps_(std::move(deps)) {}

  // Hands over everything in the gap, slice of time by slice of time: in a slice series after series. False: stopped;
  // what was not handed over is still pending then.
  bool Run(Gap gap);

  // Whether the sample at `t` of a batch with that arrival was handed over by the last Run().
  bool WasRead(std::uint64_t arrival, storage::TimestampMs t) const;

 private:
  // Memory of a slice: nothing of it is let go by storage while it is read.
  static constexpr storage::DurationMs kSlice = 60'000;
  static constexpr storage::DurationMs kLongSlice = 300'000;  // When there is more than an hour.
  static constexpr storage::DurationMs kWidest = 86'400'000;  // While there is nothing.

  struct Slice {
    storage::TimestampMs end_ms;
    std::uint64_t arrivals;  // Batches up to this one were seen.
  };
  enum class Outcome { kDone, kStalled, kStopped, kTooWide };
  Outcome ReadSlice(storage::TimestampMs from, storage::TimestampMs to, bool only_look, bool* found);
  Outcome HandOver(const storage::SamplesView& samples, const RemoteSeriesPtr& series,
                   const PendingTimes::TicketPtr& ticket);

  const CatchUpDeps deps_;
  std::vector<Slice> slices_;           // Ascending in time.
  PendingTimes::TicketPtr unfinished_;  // Of a Run() that was stopped.
  storage::TimestampMs first_ms_ = 0;
};

}  // namespace vigia::server
