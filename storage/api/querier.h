// The read side of storage: which series there are, and their samples. A Querier sees the data as of its creation or
// newer, never a part of a committed batch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/api/appender.h"
#include "storage/api/time_versions.h"
#include "storage/model/error.h"
#include "storage/model/histogram.h"
#include "storage/model/labels.h"
#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

// Who waits for a selection, as far as a storage needs to know that fetches samples from elsewhere. Called on the
// thread of Select() only.
class Asker {
 public:
  virtual ~Asker() = default;
  // kCancelled or kTimeout when nobody waits any longer.
  virtual Status Interrupted() const = 0;
  // Before memory is taken for the selection. What is not released goes back with the asker. An error: do without it.
  virtual Status Reserve(std::uint64_t bytes) = 0;
  virtual void Release(std::uint64_t bytes) = 0;
};

// What a selection will be used for. Only start, end and limit change what is returned; the rest lets storage skip
// work, and, of downsampled series, put samples back where it dropped them, as the use needs it (storage/README.md,
// "Reading what is downsampled").
struct SelectHints {
  TimestampMs start_ms = kMinTimestampMs;  // Inclusive.
  TimestampMs end_ms = kMaxTimestampMs;    // Inclusive.
  DurationMs step_ms = 0;
  DurationMs range_ms = 0;  // Of a range selector, else 0.
  DurationMs lookback_ms =
      0;                 // Of an instant selector: how long a sample counts. 0 when samples are read for themselves.
  std::string function;  // The innermost function or aggregation applied, "series" when only labels are wanted.
  std::vector<std::string> grouping;  // Sorted labels that the aggregation above keeps (or drops when !by).
  bool by = false;
  std::uint64_t limit = 0;  // At most so many series, 0 = all.
  // Sorted names of all labels that somebody will look at; not set: all. See Selection::wanted_labels().
  std::optional<std::vector<std::string>> wanted_labels;
  Asker* asker = nullptr;  // Of this call of Select(). Null: it waits, whatever that takes.
};

// Samples of one series, oldest first, times strictly increasing. Staleness markers are included.
// `h` is empty when the series has only floats; else h.size() == t.size(), and where h[i] is set the sample is a
// histogram and v[i] is 0 (or the staleness marker's bits: a stale sample is a float).
struct SamplesView {
  std::span<const TimestampMs> t;
  std::span<const double> v;
  std::span<const HistogramPtr> h;
  // Equal non-zero numbers within one Selection promise that the two series have equal `t`: window bounds can be
  // reused.
  std::uint64_t column = 0;
  // Start timestamps: empty when no sample has one, else starts.size() == t.size(), 0 where it is unknown.
  std::span<const TimestampMs> starts = {};
};

// What a storage keeps in a ReadBuffer from one Read() to the next.
class ReadScratch {
 public:
  virtual ~ReadScratch() = default;
};

// Memory that Read() decodes into; reuse it from series to series. One per thread.
class ReadBuffer {
 public:
  std::vector<TimestampMs> t;
  std::vector<double> v;
  std::vector<HistogramPtr> h;
  std::vector<TimestampMs> starts;
  std::unique_ptr<ReadScratch> scratch;  // The storage's own: a buffer must not outlive the storage that it read.
};

// The series that match, in a stable order (not sorted), each with at least one chance of a sample in the time range.
// Thread-safe: Read() may be called from many threads, each with a buffer of its own. Keeps what it needs alive; it may
// outlive its Querier but not the storage.
class Selection {
 public:
  virtual ~Selection() = default;
  virtual std::size_t size() const = 0;
  virtual Labels labels(std::size_t i) const = 0;
  // The same, but labels that the hints do not want may be missing: storage need not put them together.
  virtual Labels wanted_labels(std::size_t i) const { return labels(i); }
  // Samples with start_ms <= t <= end_ms of the hints. The view points into `buffer` or into memory of the selection
  // and is valid until the next Read() with the same buffer. REQUIRES: i < size().
  virtual Result<SamplesView> Read(std::size_t i, ReadBuffer& buffer) const = 0;
  // What may be missing, and why, e.g. because another server could not be asked. For whoever asked.
  virtual std::vector<std::string> warnings() const { return {}; }
};

struct LabelStrings {
  std::vector<std::string> values;         // Sorted, unique.
  bool truncated = false;                  // The limit cut something off.
  std::vector<std::string> warnings = {};  // As Selection::warnings().
};

// Thread-compatible.
class Querier {
 public:
  virtual ~Querier() = default;
  // All matchers must hold. kLimit when an internal limit would be passed.
  virtual Result<std::unique_ptr<Selection>> Select(const SelectHints& hints, std::span<const Matcher> matchers) = 0;
  // Label names, and values of one label, of series that match and may have samples in the range. `limit` 0 = all.
  virtual Result<LabelStrings> LabelNames(std::span<const Matcher> matchers, std::uint64_t limit) = 0;
  virtual Result<LabelStrings> LabelValues(const std::string& name, std::span<const Matcher> matchers,
                                           std::uint64_t limit) = 0;
};

class Queryable {
 public:
  virtual ~Queryable() = default;
  // For times start_ms..end_ms, both inclusive. Thread-safe.
  virtual std::unique_ptr<Querier> NewQuerier(TimestampMs start_ms, TimestampMs end_ms) const = 0;
  // Which times were written to, for those who keep results. Null: nothing is known, so nothing can be kept. Lives as
  // long as this.
  virtual const TimeVersions* time_versions() const { return nullptr; }
};

}  // namespace vigia::storage
