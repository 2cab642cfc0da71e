#include "server/remote/series_ref_cache.h"

#include <cassert>
#include <mutex>
#include <utility>

#include <xxhash.h>

namespace vigia::server {
namespace {
constexpr std::size_t kFirstSlots = 1024;
}

SeriesRefCache::SeriesRefCache(std::size_t max_series, std::uint64_t seed)
    : max_series_(max_series), seed_(seed), slots_(kFirstSlots) {
  assert(max_series > 0);
}

SeriesKey SeriesRefCache::KeyOf(std::string_view labels) const {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(labels.data(), labels.size(), seed_);
  return {hash.low64, hash.high64};
}

void SeriesRefCache::Find(std::span<const SeriesKey> keys, std::span<storage::SeriesRef> refs) const {
  assert(keys.size() == refs.size());
  const std::shared_lock lock(mu_);
  const std::size_t mask = slots_.size() - 1;
  // The table is larger than the processor's caches: let the misses overlap.
  for (const SeriesKey& key : keys) __builtin_prefetch(&slots_[key.low & mask]);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::size_t at = keys[i].low & mask;
    while (slots_[at].ref != storage::SeriesRef::kNone && !(slots_[at].key == keys[i])) at = (at + 1) & mask;
    refs[i] = slots_[at].ref;
  }
}

bool SeriesRefCache::Insert(const SeriesKey& key, storage::SeriesRef ref) {
  assert(ref != storage::SeriesRef::kNone);
  const std::unique_lock lock(mu_);
  if (SlotOf(key).ref != storage::SeriesRef::kNone) return true;
  const bool full = size_ >= max_series_;
  if (full) {
    slots_ = std::vector<Slot>(kFirstSlots);
    size_ = 0;
  } else if ((size_ + 1) * 4 > slots_.size() * 3) {
    Grow();
  }
  SlotOf(key) = {key, ref};
  ++size_;
  return !full;
}

void SeriesRefCache::Replace(const SeriesKey& key, storage::SeriesRef ref) {
  assert(ref != storage::SeriesRef::kNone);
  const std::unique_lock lock(mu_);
  Slot& slot = SlotOf(key);
  if (slot.ref != storage::SeriesRef::kNone) slot.ref = ref;
}

std::size_t SeriesRefCache::size() const {
  const std::shared_lock lock(mu_);
  return size_;
}

// The slot that has the key, or the free one where it belongs.
SeriesRefCache::Slot& SeriesRefCache::SlotOf(const SeriesKey& key) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = key.low & mask;
  while (slots_[at].ref != storage::SeriesRef::kNone && !(slots_[at].key == key)) at = (at + 1) & mask;
  return slots_[at];
}

void SeriesRefCache::Grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (const Slot& slot : old) {
    if (slot.ref != storage::SeriesRef::kNone) SlotOf(slot.key) = slot;
  }
}

}  // namespace vigia::server
