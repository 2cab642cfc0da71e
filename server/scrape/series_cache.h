// What the lines of a target's last bodies led to, so that a line seen before costs one comparison: each entry
// remembers which entry followed it last time, and exporters write their lines in the same order from scrape to scrape.
// A line in an unexpected place is found by a hash table that is built when the first such line comes.
//
// Also knows which series were stored by the last scrape, which is what staleness is about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
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
  struct Entry {
    std::uint64_t offset = 0;  // Of the text in one string for all.
    std::uint32_t size = 0;
    Index next = kNone;              // Followed this one in the last body.
    std::uint32_t visited = 0;       // Body that had the line last.
    std::uint32_t tracked = 0;       // Body whose sample was stored last.
    // For kLine: id of the family, kNone for plain comments. For kSeries: id of its start in CreatedTimes, or kNone.
    std::uint32_t metadata = kNone;
    Kind kind = Kind::kSeries;
    bool tracked_before = false;     // By the last accepted body, when `tracked` is the current one.
    std::optional<MetricType> type;  // For kLine: of a # TYPE line.
    storage::SeriesRef ref = storage::SeriesRef::kNone;
  };

  void Begin();
  // The entry that should come next, or kNone. Its text may be tried with ExpositionParser::TrySeries() or TryLine().
  Index Predicted() const;
  // The entry with this text, or kNone.
  Index Find(std::string_view text);
  Index Add(std::string_view text, Kind kind);
  // Says that the body has this line at this place. False: it had it already.
  bool Visit(Index index);
  // Says that a sample of the entry was stored: when a later body has none, the series goes stale.
  void Track(Index index);

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

  Entry& at(Index index) { return entries_[index]; }
  std::string_view text(Index index) const {
    return std::string_view(texts_).substr(entries_[index].offset, entries_[index].size);
  }
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const;

 private:
  bool IsLive(const Entry& entry) const { return entry.visited >= accepted_visit_; }
  void BuildTable();
  void Insert(Index index);
  void Compact();

  std::vector<Entry> entries_;
  std::string texts_;
  std::vector<Index> table_;  // Open addressing, a power of two; empty while nobody looked anything up.
  Index first_ = kNone;
  Index last_visited_ = kNone;
  std::uint32_t body_ = 1;            // Number of the current body; 0 is before all.
  std::uint32_t accepted_visit_ = 1;  // Last body that decided which lines are kept.
  std::uint32_t accepted_track_ = 0;  // Last accepted body, or the number given to "nothing is stored".
  std::size_t live_at_accept_ = 0;
  std::size_t visited_count_ = 0;
  std::size_t tracked_count_ = 0;     // In this body.
  std::size_t tracked_again_ = 0;     // Of them, also tracked by the last accepted body.
  std::size_t accepted_tracked_ = 0;  // tracked_count_ of the last accepted body.
  std::uint32_t bodies_without_find_ = 0;
  std::vector<storage::SeriesRef> orphans_;  // Stored before Invalidate().
};

}  // namespace vigia::server
