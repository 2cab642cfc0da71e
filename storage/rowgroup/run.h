// A run: the row groups that one seal or rewrite wrote for one day. Its record in the catalog is what makes it visible.
// Formats: storage/FORMAT.md, "Row groups" and "Runs".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/bytes/varint.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

inline constexpr TimestampMs kDayMs = 86'400'000;
inline constexpr std::uint32_t kPageColumns = 64;  // Columns per row group.

// The UTC day of a time, also before 1970.
constexpr std::int32_t DayOf(TimestampMs t) {
  return static_cast<std::int32_t>(t >= 0 ? t / kDayMs : -((-t + kDayMs - 1) / kDayMs));
}
constexpr TimestampMs DayStart(std::int32_t day) { return TimestampMs{day} * kDayMs; }

// Sorted ranges [first, end) of columns.
class ColumnRanges {
 public:
  // REQUIRES: ascending over the calls, an equal column is fine.
  void Add(std::uint32_t column);
  void AddRange(std::uint32_t first, std::uint32_t end) { ranges_.emplace_back(first, end); }
  bool Contains(std::uint32_t column) const;
  bool Overlaps(const ColumnRanges& other) const;
  bool empty() const { return ranges_.empty(); }
  const std::vector<std::pair<std::uint32_t, std::uint32_t>>& ranges() const { return ranges_; }

 private:
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges_;
};

void PutRanges(std::string& out, const ColumnRanges& columns);
// False when the bytes are damaged. REQUIRES: `columns` is empty.
bool GetRanges(ByteReader& in, ColumnRanges& columns);

// Columns that were downsampled to one resolution.
struct DownsampledColumns {
  DurationMs resolution_ms = 0;
  ColumnRanges columns;
};

struct RunTarget {
  std::uint32_t target = 0;
  std::uint64_t sealed_seq = 0;  // Frames of the log up to this one are at rest, as far as this target is concerned.
  TimestampMs min_t = 0;
  TimestampMs max_t = 0;
  std::vector<TimestampMs> chunk_starts;  // First time of each chunk; the rows of a run are cut into chunks.
  ColumnRanges columns;
  std::vector<DownsampledColumns> downsampled =
      {};                  // The others are as they were written. No column is in two of them.
  bool next_anew = false;  // The target's next frame begins anew, see FrameSection::anew.

  // Of a column; 0 when it is as it was written.
  DurationMs ResolutionOf(std::uint32_t column) const;
};

struct Run {
  std::int32_t day = 0;
  std::uint8_t tier = 0;
  std::uint64_t id = 0;  // Never used twice.
  std::uint64_t bytes = 0;
  std::uint64_t samples = 0;
  TimestampMs min_t = 0;
  TimestampMs max_t = 0;
  std::vector<RunTarget> targets;  // Ascending.

  const RunTarget* Find(std::uint32_t target) const;
};

// All visible runs by day, of one day in the order in which their samples were written. Immutable once shared.
struct RunSet {
  std::vector<std::shared_ptr<const Run>> runs;
};

std::string GroupKey(const Run& run, std::uint32_t target, std::uint32_t page, std::uint32_t chunk);
// Of all row groups of the run: [begin, end).
std::pair<std::string, std::string> RunKeyRange(std::int32_t day, std::uint8_t tier, std::uint64_t id);

std::string RunRecordKey(const Run& run);
std::string EncodeRun(const Run& run);
// kCorruption when key or value are damaged, kInvalid when a newer version wrote them.
Result<Run> DecodeRun(std::string_view key, std::string_view value);
// Where the records of all runs are in the catalog: [begin, end).
std::pair<std::string, std::string> RunRecordRange();

}  // namespace vigia::storage
