#include "server/scrape/series_cache.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>
#include <unordered_set>

namespace vigia::server {
namespace {

using storage::SeriesRef;

constexpr std::uint32_t kKeepTableBodies = 10;  // A table that nobody asked for so long is given back.
constexpr std::size_t kMinTable = 64;
constexpr std::size_t kForcedFlushSlack = 1000;  // The reference's bound: twice the last good body, and this.

}  // namespace

void SeriesCache::Begin() {
  ++body_;
  last_visited_ = kNone;
  visited_count_ = 0;
  tracked_count_ = 0;
  tracked_again_ = 0;
  if (++bodies_without_find_ > kKeepTableBodies && !table_.empty()) std::vector<Index>().swap(table_);
}

SeriesCache::Index SeriesCache::Predicted() const {
  const Index next = last_visited_ == kNone ? first_ : entries_[last_visited_].next;
  return next != kNone && IsLive(entries_[next]) ? next : kNone;
}

SeriesCache::Index SeriesCache::Find(std::string_view wanted) {
  if (entries_.empty()) return kNone;
  bodies_without_find_ = 0;
  if (table_.empty()) BuildTable();
  const std::size_t mask = table_.size() - 1;
  for (std::size_t slot = std::hash<std::string_view>()(wanted) & mask; table_[slot] != kNone;
       slot = (slot + 1) & mask) {
    const Index index = table_[slot];
    if (text(index) == wanted && IsLive(entries_[index])) return index;
  }
  return kNone;
}

SeriesCache::Index SeriesCache::Add(std::string_view new_text, Kind kind) {
  const auto index = static_cast<Index>(entries_.size());
  assert(index != kNone && new_text.size() <= UINT32_MAX);
  Entry entry;
  entry.offset = texts_.size();
  entry.size = static_cast<std::uint32_t>(new_text.size());
  entry.kind = kind;
  entry.visited = body_ - 1;
  texts_.append(new_text);
  entries_.push_back(entry);
  if (!table_.empty()) {
    if (entries_.size() * 2 > table_.size()) {
      BuildTable();
    } else {
      Insert(index);
    }
  }
  return index;
}

bool SeriesCache::Visit(Index index) {
  Entry& entry = entries_[index];
  if (last_visited_ == kNone) {
    first_ = index;
  } else {
    entries_[last_visited_].next = index;
  }
  last_visited_ = index;
  if (entry.visited == body_) return false;
  entry.visited = body_;
  ++visited_count_;
  return true;
}

void SeriesCache::Track(Index index) {
  Entry& entry = entries_[index];
  if (entry.tracked == body_) return;
  entry.tracked_before = entry.tracked == accepted_track_ && accepted_track_ != 0;
  entry.tracked = body_;
  ++tracked_count_;
  tracked_again_ += entry.tracked_before;
}

std::vector<SeriesRef> SeriesCache::Vanished() const {
  std::vector<SeriesRef> gone = orphans_;
  if (tracked_again_ != accepted_tracked_) {
    for (const Entry& entry : entries_) {
      if (entry.tracked == accepted_track_ && accepted_track_ != 0) gone.push_back(entry.ref);
    }
  }
  if (gone.empty()) return gone;
  // A series may go on under another line, e.g. with its labels in another order.
  std::unordered_set<SeriesRef> present;
  for (const Entry& entry : entries_) {
    if (entry.tracked == body_) present.insert(entry.ref);
  }
  std::erase_if(gone, [&](SeriesRef ref) { return present.contains(ref); });
  return gone;
}

std::vector<SeriesRef> SeriesCache::AllTracked() const {
  std::vector<SeriesRef> all = orphans_;
  for (const Entry& entry : entries_) {
    if (accepted_track_ == 0) break;
    const bool stored = entry.tracked == accepted_track_ || (entry.tracked == body_ && entry.tracked_before);
    if (stored) all.push_back(entry.ref);
  }
  return all;
}

void SeriesCache::Accept() {
  accepted_visit_ = body_;
  accepted_track_ = body_;
  accepted_tracked_ = tracked_count_;
  live_at_accept_ = visited_count_;
  orphans_.clear();
  if (last_visited_ != kNone) entries_[last_visited_].next = kNone;
  if (visited_count_ < entries_.size()) Compact();
}

bool SeriesCache::Reject() {
  accepted_track_ = ++body_;  // Nothing is tracked by this number.
  accepted_tracked_ = 0;
  orphans_.clear();
  if (entries_.size() <= live_at_accept_ * 2 + kForcedFlushSlack) return false;
  Invalidate();
  return true;
}

void SeriesCache::Invalidate() {
  std::vector<SeriesRef> stored = AllTracked();
  entries_.clear();
  texts_.clear();
  table_.clear();
  first_ = last_visited_ = kNone;
  accepted_tracked_ = 0;
  orphans_ = std::move(stored);
}

std::size_t SeriesCache::bytes() const {
  return entries_.capacity() * sizeof(Entry) + texts_.capacity() + table_.capacity() * sizeof(Index);
}

void SeriesCache::BuildTable() {
  table_.assign(std::max(kMinTable, std::bit_ceil(entries_.size() * 4)), kNone);
  for (Index index = 0; index < entries_.size(); ++index) {
    if (IsLive(entries_[index])) Insert(index);
  }
}

void SeriesCache::Insert(Index index) {
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = std::hash<std::string_view>()(text(index)) & mask;
  while (table_[slot] != kNone) slot = (slot + 1) & mask;
  table_[slot] = index;
}

// Leaves the lines of the accepted body, in its order.
void SeriesCache::Compact() {
  std::vector<Entry> entries;
  std::string texts;
  entries.reserve(visited_count_);
  std::vector<Index> moved(entries_.size(), kNone);
  for (Index index = 0; index < entries_.size(); ++index) {
    if (!IsLive(entries_[index])) continue;
    moved[index] = static_cast<Index>(entries.size());
    Entry entry = entries_[index];
    entry.offset = texts.size();
    texts.append(text(index));
    entries.push_back(entry);
  }
  for (Entry& entry : entries) entry.next = entry.next == kNone ? kNone : moved[entry.next];
  first_ = first_ == kNone ? kNone : moved[first_];
  last_visited_ = kNone;
  entries_ = std::move(entries);
  texts_ = std::move(texts);
  table_.clear();
}

}  // namespace vigia::server
