// For those who follow what is stored, as it is stored: remote write.
#pragma once

#include <memory>
#include <vector>

#include "storage/api/appender.h"
#include "storage/model/histogram.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

struct CommittedFloat {
  SeriesRef ref = SeriesRef::kNone;
  TimestampMs t = 0;
  double v = 0;
};
struct CommittedHistogram {
  SeriesRef ref = SeriesRef::kNone;
  TimestampMs t = 0;
  HistogramPtr h;
};
struct CommittedExemplar {
  SeriesRef ref = SeriesRef::kNone;
  Exemplar exemplar;
};

// In the order in which the samples were appended.
struct CommittedBatch {
  std::vector<CommittedFloat> floats;
  std::vector<CommittedHistogram> histograms;
  // Start timestamps: empty, or one for each float (histogram), 0 where it is unknown.
  std::vector<TimestampMs> float_starts;
  std::vector<TimestampMs> histogram_starts;
  std::vector<CommittedExemplar> exemplars;
  TimestampMs oldest_ms = kMaxTimestampMs;  // Of the samples, as is the next one.
  TimestampMs newest_ms = kMinTimestampMs;
  std::size_t samples() const { return floats.size() + histograms.size(); }
};

// Learns what becomes of one batch. Destroyed without Committed(): it was not stored.
class CommitWatch {
 public:
  virtual ~CommitWatch() = default;
  // Readers see the batch. Called by the thread that commits, before it is told.
  virtual void Committed(CommittedBatch batch) = 0;
};

// Thread-safe.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  // Before a batch is written whose oldest sample is at `oldest_ms`. Null: nobody wants to know about this one.
  virtual std::unique_ptr<CommitWatch> WillCommit(TimestampMs oldest_ms) = 0;
};

}  // namespace vigia::storage
