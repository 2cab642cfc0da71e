// The write side of storage. One Appender is one batch: a scrape, the result of a rule group, a write request.
#pragma once

#include <cstdint>
#include <memory>

#include "storage/model/error.h"
#include "storage/model/histogram.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

// Names a series within one run of the server. 0 is no series. A ref never comes to name another series; it stays good
// as long as the series has samples, and while it is in a batch. Later it may name none: kUnknownSeries.
enum class SeriesRef : std::uint64_t { kNone = 0 };

// What became of one sample: counted, not logged, by storage; the caller decides what to tell its user.
enum class [[nodiscard]] AppendOutcome{
    kAdded,
    kSame,         // Same timestamp and bit-identical value as the newest sample: nothing to do.
    kDuplicate,    // Same timestamp as the newest sample with another value: refused.
    kOutOfOrder,   // Older than the newest sample and no out-of-order window is open: refused.
    kTooOld,       // Older than the out-of-order window or than retention: refused.
    kOutOfBounds,  // Further in the future than a server accepts: refused.
    // The ref names no series any more, whose samples were deleted or fell out of retention: Resolve() its labels anew.
    kUnknownSeries,
};

struct Exemplar {
  Labels labels;
  double v = 0;
  TimestampMs t = 0;
  bool has_own_time = true;  // False: `t` is that of the sample. The same one at another time is the same one then.
};

// Thread-compatible: one thread at a time; two Appenders are independent. For short use: as long as one lives, storage
// keeps the memory of what it might refer to.
class Appender {
 public:
  virtual ~Appender() = default;  // Drops what was not committed.

  // The ref of the series with these labels, known or new. Fails with kInvalid when `labels` is empty or has no valid
  // metric name, with kLimit or kUnavailable when no new series is accepted.
  virtual Result<SeriesRef> Resolve(const Labels& labels) = 0;

  // Adds one sample to the batch. REQUIRES: `ref` came from Resolve() of any Appender of this storage.
  virtual AppendOutcome Append(SeriesRef ref, TimestampMs t, double v) = 0;
  virtual AppendOutcome AppendHistogram(SeriesRef ref, TimestampMs t, const HistogramPtr& h) = 0;
  // In front of one of the first two for a sample at `t` that counts since `start_ms`: adds a sample of 0 there, as far
  // as the series has no sample since then and it is not long ago. `like` is the histogram that comes, null for a
  // float.
  virtual void AppendZeroAtStart(SeriesRef /*ref*/, TimestampMs /*t*/, TimestampMs /*start_ms*/,
                                 const HistogramPtr& /*like*/) {}
  // The time since which the sample of that series and time counts: kept with it, read back in SamplesView::starts.
  // Call it right after one of the two returned kAdded; at other times, and with 0 (unknown), nothing happens.
  // Storage without a place for start timestamps ignores them.
  virtual void SetStart(SeriesRef /*ref*/, TimestampMs /*t*/, TimestampMs /*start_ms*/) {}
  // kSame: the series' newest exemplar is equal to it. Also kAdded while storage keeps no exemplars.
  virtual AppendOutcome AppendExemplar(SeriesRef ref, const Exemplar& exemplar) = 0;

  // Makes the batch visible to queries, all of it at once, and durable against a killed process. After a failure
  // nothing of the batch is there. The Appender is empty afterwards and may be used again.
  virtual Status Commit() = 0;
  virtual void Rollback() = 0;
};

class Appendable {
 public:
  virtual ~Appendable() = default;
  // `shared` are labels that all or most series of the batch carry (a target's labels, for a rule group its own):
  // storage keeps them once. Only a hint: any labels may be resolved whatever it says. Thread-safe.
  virtual std::unique_ptr<Appender> NewAppender(const Labels& shared) = 0;
};

}  // namespace vigia::storage
