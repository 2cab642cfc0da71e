#include "server/scrape/series_cache.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <random>
#include <unordered_set>

#define XXH_INLINE_ALL  // Once for each line of each scrape.
#include <xxhash.h>

namespace vigia::server {
namespace {

using storage::SeriesRef;

constexpr std::uint32_t kKeepTableBodies = 10;  // A table that nobody asked for so long is given back.
constexpr std::size_t kMinTable = 64;
constexpr std::size_t kForcedFlushSlack = 1000;  // The reference's bound: twice the last good body, and this.

std::uint64_t RandomSeed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

SeriesCache::SeriesCache() : seed_(RandomSeed()) {}

std::uint64_t SeriesCache::HashOf(std::string_view text) const {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed_);
}

void SeriesCache::Begin() {
  last_visited_ = kNone;
  fresh_ = entries_.empty();
  visited_.Clear();
  tracked_.Clear();
  visited_count_ = 0;
  tracked_count_ = 0;
  tracked_again_ = 0;
  if (++bodies_without_find_ > kKeepTableBodies && !table_.empty()) std::vector<Index>().swap(table_);
}

bool SeriesCache::Matches(Index index, std::string_view bytes) const {
  const Entry& entry = entries_[index];
  return bytes.size() == entry.size_ && entry.size_ < Entry::kMaxSize && HashOf(bytes) == entry.hash_;
}

SeriesCache::Index SeriesCache::Find(std::string_view wanted) {
  if (entries_.empty()) return kNone;
  bodies_without_find_ = 0;
  if (table_.empty()) BuildTable();
  const std::size_t mask = table_.size() - 1;
  const std::uint64_t hash = HashOf(wanted);
  for (std::size_t slot = hash & mask; table_[slot] != kNone; slot = (slot + 1) & mask) {
    const Entry& entry = entries_[table_[slot]];
    if (entry.hash_ == hash && entry.size_ == wanted.size() && entry.size_ < Entry::kMaxSize) return table_[slot];
  }
  return kNone;
}

SeriesCache::Index SeriesCache::Add(std::string_view new_text, Kind kind) {
  const auto index = static_cast<Index>(entries_.size());
  assert(index != kNone);
  Entry entry;
  entry.size_ = static_cast<std::uint32_t>(std::min<std::size_t>(new_text.size(), Entry::kMaxSize)) & Entry::kMaxSize;
  entry.hash_ = HashOf(new_text);
  entry.kind_ = static_cast<std::uint8_t>(kind) & 3u;
  entries_.push_back(entry);
  if (!next_.empty()) next_.push_back(kNone);
  if (!table_.empty()) {
    if (entries_.size() * 2 > table_.size()) {
      BuildTable();
    } else {
      Insert(index);
    }
  }
  return index;
}

// From here on the order in entries_ says nothing any more.
void SeriesCache::LeaveOrder() {
  first_ = entries_.empty() ? kNone : 0;
  next_.resize(entries_.size());
  for (Index i = 0; i < next_.size(); ++i) next_[i] = i + 1 < next_.size() ? i + 1 : kNone;
}

// An entry comes where the order in entries_ does not say so.
void SeriesCache::Follow(Index index) {
  if (next_.empty()) LeaveOrder();
  (last_visited_ == kNone ? first_ : next_[last_visited_]) = index;
}

std::vector<SeriesRef> SeriesCache::Vanished() const {
  std::vector<SeriesRef> gone = orphans_;
  if (tracked_again_ != accepted_tracked_) {
    for (Index i = 0; i < entries_.size(); ++i) {
      if (stored_.Has(i) && !tracked_.Has(i)) gone.push_back(entries_[i].ref);
    }
  }
  if (gone.empty()) return gone;
  // A series may go on under another line, e.g. with its labels in another order.
  std::unordered_set<SeriesRef> present;
  for (Index i = 0; i < entries_.size(); ++i) {
    if (tracked_.Has(i)) present.insert(entries_[i].ref);
  }
  std::erase_if(gone, [&](SeriesRef ref) { return present.contains(ref); });
  return gone;
}

std::vector<SeriesRef> SeriesCache::AllTracked() const {
  std::vector<SeriesRef> all = orphans_;
  for (Index i = 0; i < entries_.size(); ++i) {
    if (stored_.Has(i)) all.push_back(entries_[i].ref);
  }
  return all;
}

void SeriesCache::Accept() {
  std::swap(stored_, tracked_);
  accepted_tracked_ = tracked_count_;
  orphans_.clear();
  if (last_visited_ != kNone && !next_.empty()) next_[last_visited_] = kNone;
  const bool settled = bodies_without_find_ >= kKeepTableBodies && !next_.empty();
  const bool wasteful = entries_.capacity() > entries_.size() + entries_.size() / 8 + 16;
  if (visited_count_ < entries_.size() || settled || wasteful) Compact();
  if (fresh_) std::vector<Index>().swap(table_);  // All lines of a first body are looked for, and hardly one later.
  live_at_accept_ = visited_count_;
}

bool SeriesCache::Reject() {
  stored_.Clear();
  accepted_tracked_ = 0;
  orphans_.clear();
  if (entries_.size() <= live_at_accept_ * 2 + kForcedFlushSlack) return false;
  Invalidate();
  return true;
}

void SeriesCache::Invalidate() {
  std::vector<SeriesRef> stored = AllTracked();
  entries_.clear();
  next_.clear();
  table_.clear();
  for (Bits* const bits : {&visited_, &tracked_, &stored_}) bits->Forget();
  last_visited_ = kNone;
  accepted_tracked_ = 0;
  orphans_ = std::move(stored);
}

void SeriesCache::Adopt(std::vector<SeriesRef> stored) {
  orphans_.insert(orphans_.end(), stored.begin(), stored.end());
}

std::size_t SeriesCache::bytes() const {
  return entries_.capacity() * sizeof(Entry) + (next_.capacity() + table_.capacity()) * sizeof(Index) +
         visited_.bytes() + tracked_.bytes() + stored_.bytes();
}

void SeriesCache::BuildTable() {
  table_.assign(std::max(kMinTable, std::bit_ceil(entries_.size() * 2 + 1)), kNone);
  for (Index index = 0; index < entries_.size(); ++index) Insert(index);
}

void SeriesCache::Insert(Index index) {
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = entries_[index].hash_ & mask;
  while (table_[slot] != kNone) slot = (slot + 1) & mask;
  table_[slot] = index;
}

// The lines of the body in its order; of one that comes twice the first place counts.
std::vector<SeriesCache::Index> SeriesCache::BodyOrder() const {
  std::vector<Index> order;
  order.reserve(visited_count_);
  if (!next_.empty()) {
    Bits seen;
    for (Index i = first_; i < next_.size() && !seen.Has(i); i = next_[i]) {
      seen.Add(i);
      order.push_back(i);
    }
    if (order.size() == visited_count_) return order;
    order.clear();  // A line that comes twice leads round in a circle.
  }
  for (Index i = 0; i < entries_.size(); ++i) {
    if (visited_.Has(i)) order.push_back(i);
  }
  return order;
}

// Leaves the lines of the accepted body, in its order.
void SeriesCache::Compact() {
  const std::vector<Index> order = BodyOrder();
  std::vector<Entry> entries;
  Bits stored;
  entries.reserve(order.size());
  for (const Index index : order) {
    if (stored_.Has(index)) stored.Add(static_cast<Index>(entries.size()));
    entries.push_back(entries_[index]);
  }
  entries_ = std::move(entries);
  stored_ = std::move(stored);
  visited_.Forget();
  tracked_.Forget();
  std::vector<Index>().swap(next_);
  std::vector<Index>().swap(table_);
  last_visited_ = kNone;
}

}  // namespace vigia::server
