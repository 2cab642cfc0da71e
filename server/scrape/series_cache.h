// What the lines of a target's last bodies led to, so that a line seen before costs one comparison: exporters write
// their lines in the same order from scrape to scrape, and where they do not, each entry remembers which entry followed
// it last time. A line in an unexpected place is found by a hash table that is built when the first such line comes.
//
// The text of lines is not kept, only its length and a hash with a secret seed: a text costs about a hundred bytes a
// series, and reading it from memory costs more than hashing what is in the cache anyway. Two lines of one target that
// are different and count as one are as likely as guessing 64 bits.
//
// Also knows which series were stored by the last scrape, which is what staleness is about.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/exposition/parser.h"
#include "storage/api/appender.h"

namespace vigia::server {

// Thread-compatible. One body is Begin(), then Predicted()/Find()/Add()/Visit()/Track() while it is read, then one of
// Accept() and Reject().
class SeriesCache {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;

  enum class Kind : std::uint8_t {
    kSeries,   // Text is name and labels; `ref` is set.
    kDropped,  // The same, and relabelling drops the series.
    kCreated,  // The same, and it is no series: see CreatedTimes.
    kLine,     // Text is a whole comment or metadata line.
  };
  class Entry {
   public:
    storage::SeriesRef ref = storage::SeriesRef::kNone;
    // For kLine: id of the family, kNone for plain comments. For kSeries: id of its start in CreatedTimes, or kNone.
    std::uint32_t metadata = kNone;

    Kind kind() const { return static_cast<Kind>(kind_); }
    std::size_t size() const { return size_; }  // Of the text, or kMaxSize.
    // For kLine: of a # TYPE line.
    std::optional<MetricType> type() const {
      return type_ == 0 ? std::nullopt : std::optional(static_cast<MetricType>(type_ - 1));
    }
    void SetType(MetricType type) { type_ = static_cast<std::uint8_t>(type) + 1u; }

   private:
    friend class SeriesCache;
    static constexpr std::uint32_t kMaxSize = (1u << 26) - 1;  // Such a text is never found again.
    std::uint32_t size_ : 26 = 0;
    std::uint32_t kind_ : 2 = 0;
    std::uint32_t type_ : 4 = 0;
    std::uint64_t hash_ = 0;
  };
  static_assert(sizeof(Entry) == 24);

  SeriesCache();

  void Begin();
  // The entry that should come next, or kNone. Where `bytes`, as many as its size(), match it, they may be tried with
  // ExpositionParser::TrySeries() or TryLine().
  Index Predicted() const {
    const Index next = next_.empty() ? last_visited_ + 1 : last_visited_ == kNone ? first_ : next_[last_visited_];
    return next < entries_.size() ? next : kNone;
  }
  bool Matches(Index index, std::string_view bytes) const;
  // The entry with this text, or kNone.
  Index Find(std::string_view text);
  Index Add(std::string_view text, Kind kind);
  // Says that the body has this line at this place. False: it had it already.
  bool Visit(Index index) {
    if (index != last_visited_ + 1 || !next_.empty()) Follow(index);
    last_visited_ = index;
    const bool first = visited_.Add(index);
    visited_count_ += first;
    return first;
  }
  // Says that a sample of the entry was stored: when a later body has none, the series goes stale.
  void Track(Index index) {
    if (!tracked_.Add(index)) return;
    ++tracked_count_;
    tracked_again_ += stored_.Has(index);
  }

  // Refs of series that were stored by the last accepted body and are not in this one.
  std::vector<storage::SeriesRef> Vanished() const;
  // Refs of all series that were stored by the last accepted body, whatever this one (which failed) did.
  std::vector<storage::SeriesRef> AllTracked() const;

  // The body was stored: forgets lines that it did not have.
  void Accept();
  // The body failed or was empty, and AllTracked() went stale. Keeps the lines for when the target comes back. True: it
  // had to forget all of them, since failing bodies brought ever new ones.
  bool Reject();

  // The rules by which lines become series changed: forgets the lines, but not what was stored.
  void Invalidate();
  // Counts these as stored by the last accepted body. Their lines are not known.
  void Adopt(std::vector<storage::SeriesRef> stored);

  Entry& at(Index index) { return entries_[index]; }
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const;

 private:
  // One bit per entry.
  class Bits {
   public:
    bool Has(Index i) const { return i / 64 < words_.size() && (words_[i / 64] >> (i % 64) & 1) != 0; }
    // False: it was there.
    bool Add(Index i) {
      if (i / 64 >= words_.size()) words_.resize(i / 64 + 1);
      std::uint64_t& word = words_[i / 64];
      const std::uint64_t bit = std::uint64_t{1} << (i % 64);
      const bool fresh = (word & bit) == 0;
      word |= bit;
      return fresh;
    }
    void Clear() { words_.assign(words_.size(), 0); }
    void Forget() { std::vector<std::uint64_t>().swap(words_); }
    std::size_t bytes() const { return words_.capacity() * sizeof(words_[0]); }

   private:
    std::vector<std::uint64_t> words_;
  };

  std::uint64_t HashOf(std::string_view text) const;
  void Follow(Index index);
  void LeaveOrder();
  void BuildTable();
  void Insert(Index index);
  void Compact();
  std::vector<Index> BodyOrder() const;

  const std::uint64_t seed_;
  std::vector<Entry> entries_;
  std::vector<Index> next_;   // Followed this one in the last body. Empty: the next one in entries_.
  std::vector<Index> table_;  // Open addressing, a power of two; empty while nobody looked anything up.
  Index last_visited_ = kNone;
  Index first_ = kNone;  // Of the body, when next_ is not empty.
  Bits visited_;         // By this body.
  Bits tracked_;         // By this body: its sample was stored.
  Bits stored_;          // Tracked by the last accepted body, unless a failed one came since.
  std::size_t live_at_accept_ = 0;
  std::size_t visited_count_ = 0;
  std::size_t tracked_count_ = 0;     // In this body.
  std::size_t tracked_again_ = 0;     // Of them, also tracked by the last accepted body.
  std::size_t accepted_tracked_ = 0;  // tracked_count_ of the last accepted body.
  bool fresh_ = true;                 // No line was known when the body began.
  std::uint32_t bodies_without_find_ = 0;
  std::vector<storage::SeriesRef> orphans_;  // Stored before Invalidate().
};

}  // namespace vigia::server
