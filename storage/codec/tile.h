// A tile: some rows (scrapes) of one target, stored by columns that share one timestamp column. The unit in which
// samples are held in memory once they are packed, and the value of a row group on disk. Format: storage/FORMAT.md,
// "Tiles".
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/codec/dropped.h"
#include "storage/codec/values.h"
#include "storage/model/error.h"
#include "storage/model/histogram.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

inline constexpr std::size_t kMaxTileRows = 1u << 16;  // Far above what a chunk is cut to; against damaged numbers.

// Names a column of a target and the kind of its samples: a series that has both has two columns in a tile.
struct ColumnKey {
  std::uint32_t column = 0;
  bool histogram = false;
  auto operator<=>(const ColumnKey&) const = default;
};

// Collects columns in ascending order of keys. Thread-compatible.
class TileBuilder {
 public:
  // REQUIRES: `times` strictly increasing, not empty, at most kMaxTileRows; it must outlive the builder.
  explicit TileBuilder(std::span<const TimestampMs> times) : times_(times) {}
  // So many columns are about to come: most memory is taken at once.
  void Reserve(std::size_t columns);

  // `rows` are the indices in `times` at which the column has samples, strictly increasing, not empty, one per value.
  void AddFloats(std::uint32_t column, std::span<const std::uint32_t> rows, std::span<const double> values);
  void AddHistograms(std::uint32_t column, std::span<const std::uint32_t> rows, std::span<const HistogramPtr> values);
  // Start timestamps of samples of the column added last. `rows` as above: where it has a sample with a known start.
  void AddStarts(std::uint32_t column, std::span<const std::uint32_t> rows, std::span<const TimestampMs> starts);
  // What was dropped before samples of the column added last, behind its start timestamps. `rows` as above: where it
  // has a sample with such a record.
  void AddDropped(std::uint32_t column, std::span<const std::uint32_t> rows, std::span<const DroppedSamples> records);

  bool empty() const { return entries_.empty(); }
  // `subset`: the target has rows at other times within this tile's range too.
  std::string Finish(bool subset = false);

 private:
  struct Entry {
    std::uint32_t id;
    std::uint32_t size;  // Of the chunk; the low two bits say how presence is written.
  };
  void AddChunk(std::uint32_t id, std::span<const std::uint32_t> rows, std::string_view values);
  // Puts differences from a column shortly before in place of `chunk`, if that is clearly shorter.
  void MakeRelative(std::uint32_t column, std::span<const double> values, std::string& chunk);

  // A column that has samples in all rows, as others may refer to it.
  struct Base {
    std::uint32_t column = 0;
    unsigned depth = 0;  // How many columns it refers to, one to the next.
    Decimals values;
  };
  const std::span<const TimestampMs> times_;
  std::deque<Base> bases_;  // The last ones.
  std::vector<Entry> entries_;
  std::string chunks_;
  bool has_starts_ = false;
  bool has_dropped_ = false;
};

// Columns of one tile that were read as decimals: the ones that come next often refer to them. Thread-compatible.
class RecentDecimals {
 public:
  // Null when it is not among the last few. Valid until the next Replace().
  const Decimals* Find(std::uint32_t column) const;
  // Room for this column, in the place of the one that was read longest ago, but for `kept`, which stays.
  Decimals& Replace(std::uint32_t column, const Decimals* kept);
  void Forget(std::uint32_t column);

 private:
  struct Slot {
    std::uint32_t column = kNone;
    Decimals decimals;
  };
  static constexpr std::uint32_t kNone = 0xffffffff;
  std::array<Slot, 4> slots_;
  std::size_t next_ = 0;
};

// Reads a tile in place. The bytes must outlive the view. Safe for many threads.
class TileView {
 public:
  // kCorruption when the frame of the tile is damaged, kInvalid when a newer version wrote it; chunks are checked when
  // they are read.
  static Result<TileView> Open(std::string_view bytes);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  bool subset() const { return subset_; }
  bool has_starts() const { return has_starts_; }
  bool has_dropped() const { return has_dropped_; }
  Result<std::vector<TimestampMs>> Times() const;
  // Of samples, that is.
  Result<std::vector<ColumnKey>> Columns() const;

  struct Chunk {
    unsigned presence = 0;
    std::string_view bytes;
    std::uint32_t column = 0;
    bool in_all_rows() const { return presence == 0; }
  };
  // Where a search ended, so that one for a later column goes on from there. Belongs to one tile.
  struct Cursor {
    std::size_t entry = 0;     // Of the directory: the one that is read next,
    std::size_t at = 0;        // its place,
    std::uint32_t id = 0;      // the id of the one before it, and
    std::uint64_t offset = 0;  // where its chunk begins.
  };
  // nullopt when the tile has no such column.
  std::optional<Chunk> Find(ColumnKey key) const;
  std::optional<Chunk> Find(ColumnKey key, Cursor& cursor) const;

  // The rows at which the chunk has samples; the values follow in `values`.
  Result<std::vector<std::uint32_t>> Rows(const Chunk& chunk, std::string_view* values) const;
  // Appends the samples with from <= t <= to. REQUIRES: `times` is what Times() returned. Columns may refer to others,
  // which are read first: whoever reads several gives `recent`, always the same for one tile.
  Status ReadFloats(const Chunk& chunk, std::span<const TimestampMs> times, TimestampMs from, TimestampMs to,
                    std::vector<TimestampMs>& t, std::vector<double>& v, RecentDecimals* recent = nullptr) const;
  Status ReadHistograms(const Chunk& chunk, std::span<const TimestampMs> times, TimestampMs from, TimestampMs to,
                        std::vector<TimestampMs>& t, std::vector<HistogramPtr>& h) const;
  // Finds the start timestamps of samples that were read from this tile: of those at t[first] and later. When there are
  // any, `starts` becomes as long as `t`, with 0 where nothing is known. REQUIRES: starts.size() <= first.
  Status ReadStarts(std::uint32_t column, std::span<const TimestampMs> times, std::span<const TimestampMs> t,
                    std::size_t first, std::vector<TimestampMs>& starts) const;
  // Appends what was dropped before the samples of the column with from <= t <= to, in order.
  Status ReadDropped(std::uint32_t column, std::span<const TimestampMs> times, TimestampMs from, TimestampMs to,
                     std::vector<DroppedSamples>& out) const;

 private:
  TileView() = default;
  unsigned kind_bits() const;
  bool SeekGroup(std::uint32_t wanted, Cursor& cursor) const;
  std::optional<Chunk> FindId(std::uint32_t wanted, Cursor& cursor) const;
  // Values of a chunk with samples in all rows.
  bool DecodeAllRows(const Chunk& chunk, RecentDecimals* recent, std::span<double> values) const;
  // The same as decimals, kept in `recent`; null when the bytes are damaged. `depth`: how many columns refer to this
  // one by now.
  const Decimals* ReadDecimals(const Chunk& chunk, RecentDecimals& recent, unsigned depth) const;

  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  bool subset_ = false;
  bool has_starts_ = false;
  bool has_dropped_ = false;
  std::string_view times_;
  std::string_view groups_;     // Fixed-size entries, see FORMAT.md.
  std::string_view directory_;  // Variable-size entries.
  std::string_view chunks_;
};

}  // namespace vigia::storage
