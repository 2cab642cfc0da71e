// Remembers which series the labels of a TimeSeries led to, by the bytes in which they came: a sender writes the labels
// of a series the same way each time, so that a known series costs one hash and no parsing.
//
// Only a 128-bit fingerprint of the bytes is kept (XXH3, seeded anew in each process), not the bytes: 10^7 different
// label sets collide with a probability of about 10^-25, and 24 bytes instead of some 200 are paid for a slot.
#pragma once

#include <cstdint>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <vector>

#include "storage/api/appender.h"

namespace vigia::server {

struct SeriesKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const SeriesKey&) const = default;
};

// Thread-safe.
class SeriesRefCache {
 public:
  // Holds at most `max_series` entries. REQUIRES: max_series > 0.
  SeriesRefCache(std::size_t max_series, std::uint64_t seed);

  SeriesKey KeyOf(std::string_view labels) const;
  // Sets refs[i] to what was inserted for keys[i], or to kNone. REQUIRES: equal sizes.
  void Find(std::span<const SeriesKey> keys, std::span<storage::SeriesRef> refs) const;
  // An entry that is there already stays. When there is no room, everything is forgotten first, and the result is
  // false. REQUIRES: ref is not kNone.
  bool Insert(const SeriesKey& key, storage::SeriesRef ref);
  // For an entry whose ref names no series any more. Nothing happens when the entry is gone.
  void Replace(const SeriesKey& key, storage::SeriesRef ref);
  std::size_t size() const;

 private:
  struct Slot {
    SeriesKey key;
    storage::SeriesRef ref = storage::SeriesRef::kNone;  // kNone: free.
  };
  Slot& SlotOf(const SeriesKey& key);
  void Grow();

  const std::size_t max_series_;
  const std::uint64_t seed_;
  mutable std::shared_mutex mu_;
  std::vector<Slot> slots_;  // Open addressing, a power of two, at most three quarters full.
  std::size_t size_ = 0;
};

}  // namespace vigia::server
