// What the head keeps of one series besides its samples.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "storage/api/appender.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

using TargetId = std::uint32_t;
using LineId = std::uint32_t;

inline constexpr TimestampMs kNoTime = std::numeric_limits<TimestampMs>::min();

// A series is a column of its target; its ref is made of both numbers.
constexpr SeriesRef MakeRef(TargetId target, std::uint32_t column) {
  return static_cast<SeriesRef>(std::uint64_t{target} << 32 | column);
}
constexpr TargetId TargetOf(SeriesRef ref) { return static_cast<TargetId>(static_cast<std::uint64_t>(ref) >> 32); }
constexpr std::uint32_t ColumnOf(SeriesRef ref) { return static_cast<std::uint32_t>(static_cast<std::uint64_t>(ref)); }

// Written under the target's write lock (`line` when the column is made, and set to 0 when its name is forgotten), read
// by anyone: a reader may see the parts of two updates, which is why a commit looks again under the lock.
struct Column {
  enum Flag : std::uint8_t {
    kPersisted = 1,  // The catalog on disk knows the column.
    kRemoved = 2,    // Not in the index: all samples are gone. A new sample brings it back.
    kBound = 4,      // last_t is only an upper bound, the sample itself is at rest on disk.
    kHistogram = 8,  // The newest sample is a histogram, last_bits a hash of it.
    // Of columns that are not persisted or are removed, which is what may become of them: see SeriesMap, "Forgetting".
    kWanted = 16,  // Somebody got a ref or judged a sample since maintenance looked.
    kFading = 32,  // Was removed when maintenance looked.
  };

  LineId line = 0;          // 0: names no series, and never will.
  std::uint32_t batch = 0;  // The last one that changed the column, see Target::StartBatch(). Guarded by the same lock.
  std::uint32_t epoch = 0;  // Of the log, when last_bits was written to it. Guarded by the target's write lock.
  std::atomic<std::uint8_t> flags{0};
  std::atomic<TimestampMs> first_t{kNoTime};  // Lower bound of what is stored; kNoTime: no sample yet.
  std::atomic<TimestampMs> last_t{kNoTime};
  std::atomic<std::uint64_t> last_bits{0};

  bool Is(Flag flag) const { return (flags.load(std::memory_order_acquire) & flag) != 0; }
  void Set(Flag flag) { flags.fetch_or(flag, std::memory_order_acq_rel); }
  void Reset(Flag flag) { flags.fetch_and(static_cast<std::uint8_t>(~flag), std::memory_order_acq_rel); }
};
static_assert(sizeof(Column) == 40);

}  // namespace vigia::storage
