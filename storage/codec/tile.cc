#include "storage/codec/tile.h"

#include <algorithm>
#include <cassert>
#include <iterator>

#include "storage/bytes/varint.h"
#include "storage/codec/histograms.h"
#include "storage/codec/integers.h"
#include "storage/codec/values.h"
#include "storage/model/format_version.h"

namespace vigia::storage {
namespace {

constexpr std::uint8_t kTileVersion = 1;             // First byte,
constexpr std::uint8_t kTileVersionWithStarts = 2;   // or this one,
constexpr std::uint8_t kTileVersionWithDropped = 3;  // or this one, with start timestamps or without,
constexpr std::uint8_t kSubset = 0x80;               // with this bit when the tile is a subset.
constexpr std::size_t kGroup = 32;                   // Columns per entry of the searchable part of the directory.
constexpr std::size_t kGroupBytes = 12;  // u32 first id, u32 offset in the directory, u32 offset in the chunks.
// A column may refer to one of so many before it (a count follows the sum, which follows the last bucket: the same
// number), and the way from one to the next ends after so many.
constexpr std::size_t kBases = 2;
constexpr unsigned kMaxDepth = 8;

enum Presence : unsigned { kAllRows = 0, kRun = 1, kBitmap = 2, kList = 3 };
constexpr unsigned kPresenceBits = 2;

// A chunk's id is column << kKindBits | kind; in tiles that have samples alone the kind has one bit only.
enum Kind : std::uint32_t { kFloats = 0, kHistograms = 1, kStarts = 2, kDropped = 3 };
constexpr unsigned kKindBits = 2;
constexpr unsigned kKindBitsOfSamples = 1;

constexpr std::uint32_t IdOf(std::uint32_t column, Kind kind) { return column << kKindBits | kind; }
constexpr std::uint32_t OfSamples(std::uint32_t id) {
  return id >> kKindBits << kKindBitsOfSamples | (id & kHistograms);
}

Error Damaged(std::string_view what) { return {Errc::kCorruption, std::string("tile: damaged ").append(what)}; }

// Writes at which rows a chunk has samples, in the smallest way.
unsigned WritePresence(std::span<const std::uint32_t> rows, std::size_t all, std::string& out) {
  if (rows.size() == all) return kAllRows;
  if (rows.back() - rows.front() + 1 == rows.size()) {
    PutVarint(out, rows.front());
    PutVarint(out, rows.size());
    return kRun;
  }
  if (rows.size() * 8 < all) {
    PutVarint(out, rows.size());
    std::uint32_t last = 0;
    for (const std::uint32_t row : rows) {
      PutVarint(out, row - last);
      last = row;
    }
    return kList;
  }
  const std::size_t at = out.size();
  out.resize(at + (all + 7) / 8);
  for (const std::uint32_t row : rows) out[at + row / 8] = static_cast<char>(out[at + row / 8] | 1 << row % 8);
  return kBitmap;
}

}  // namespace

void TileBuilder::Reserve(std::size_t columns) {
  constexpr std::size_t kLikelyBytes =
      16;  // Of a chunk. A short tile's are rarely more, those of a long one double it.
  entries_.reserve(columns);
  chunks_.reserve(columns * kLikelyBytes);
}

void TileBuilder::AddChunk(std::uint32_t id, std::span<const std::uint32_t> rows, std::string_view values) {
  assert(!rows.empty() && rows.size() <= times_.size());
  assert(entries_.empty() || entries_.back().id < id);
  const std::size_t start = chunks_.size();
  const unsigned presence = WritePresence(rows, times_.size(), chunks_);
  chunks_ += values;
  const std::size_t size = chunks_.size() - start;
  entries_.push_back({id, static_cast<std::uint32_t>(size << kPresenceBits | presence)});
}

void TileBuilder::AddFloats(std::uint32_t column, std::span<const std::uint32_t> rows, std::span<const double> values) {
  thread_local std::string chunk;
  chunk.clear();
  EncodeValues(values, chunk);
  if (rows.size() == times_.size()) MakeRelative(column, values, chunk);
  AddChunk(IdOf(column, kFloats), rows, chunk);
}

void TileBuilder::MakeRelative(std::uint32_t column, std::span<const double> values, std::string& chunk) {
  Base own{column, 0, DecimalsOf(values)};
  if (own.values.empty()) return;
  for (auto base = bases_.rbegin(); base != bases_.rend(); ++base) {
    const std::uint32_t distance = column - base->column;
    if (distance > kMaxBaseDistance || base->depth == kMaxDepth) continue;
    if (EncodeRelative(own.values, base->values, distance, 0, chunk)) own.depth = base->depth + 1;
  }
  if (!HoldsDecimals(chunk)) return;
  bases_.push_back(std::move(own));
  if (bases_.size() > kBases) bases_.pop_front();
}

void TileBuilder::AddHistograms(std::uint32_t column, std::span<const std::uint32_t> rows,
                                std::span<const HistogramPtr> values) {
  std::string chunk;
  for (const HistogramPtr& h : values) EncodeHistogram(*h, chunk);
  AddChunk(IdOf(column, kHistograms), rows, chunk);
}

void TileBuilder::AddStarts(std::uint32_t column, std::span<const std::uint32_t> rows,
                            std::span<const TimestampMs> starts) {
  std::string chunk;
  PackIntegers(starts, chunk);
  AddChunk(IdOf(column, kStarts), rows, chunk);
  has_starts_ = true;
}

void TileBuilder::AddDropped(std::uint32_t column, std::span<const std::uint32_t> rows,
                             std::span<const DroppedSamples> records) {
  std::string chunk;
  EncodeDropped(records, chunk);
  AddChunk(IdOf(column, kDropped), rows, chunk);
  has_dropped_ = true;
}

std::string TileBuilder::Finish(bool subset) {
  assert(!times_.empty() && times_.size() <= kMaxTileRows);  // No reader takes another one.
  std::string groups;
  std::string directory;
  groups.reserve((entries_.size() + kGroup - 1) / kGroup * kGroupBytes);
  directory.reserve(entries_.size() * 3);  // Mostly one byte for the column, and one or two for the size.
  std::size_t offset = 0;
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    const std::uint32_t id = has_starts_ || has_dropped_ ? entry.id : OfSamples(entry.id);
    if (i % kGroup == 0) {
      PutFixed32(groups, id);
      PutFixed32(groups, static_cast<std::uint32_t>(directory.size()));
      PutFixed32(groups, static_cast<std::uint32_t>(offset));
      last = id;
    }
    PutVarint(directory, id - last);
    PutVarint(directory, entry.size);
    last = id;
    offset += entry.size >> kPresenceBits;
  }
  std::string times;
  PackIntegers(times_, times);
  std::string out;
  out.reserve(16 + times.size() + groups.size() + directory.size() + chunks_.size());
  const std::uint8_t version = has_dropped_  ? kTileVersionWithDropped
                               : has_starts_ ? kTileVersionWithStarts
                                             : kTileVersion;
  out.push_back(static_cast<char>(version | (subset ? kSubset : 0)));
  PutVarint(out, times_.size());
  PutVarint(out, entries_.size());
  PutVarint(out, times.size());
  PutVarint(out, directory.size());
  out += times;
  out += groups;
  out += directory;
  out += chunks_;
  return out;
}

Result<TileView> TileView::Open(std::string_view bytes) {
  ByteReader in(bytes);
  TileView tile;
  const std::uint8_t first = in.Byte();
  const unsigned version = first & ~unsigned{kSubset};
  if (IsNewerVersion(version, kTileVersionWithDropped)) return WrittenByNewer("tile", version, kTileVersionWithDropped);
  if (version == 0 || version > kTileVersionWithDropped) return Damaged("version");
  tile.subset_ = (first & kSubset) != 0;
  tile.has_starts_ = version >= kTileVersionWithStarts;
  tile.has_dropped_ = version == kTileVersionWithDropped;
  tile.rows_ = in.Varint();
  tile.columns_ = in.Varint();
  const std::uint64_t times = in.Varint();
  const std::uint64_t directory = in.Varint();
  if (tile.rows_ == 0 || tile.rows_ > kMaxTileRows || tile.columns_ > bytes.size()) return Damaged("size");
  tile.times_ = in.Bytes(times);
  tile.groups_ = in.Bytes((tile.columns_ + kGroup - 1) / kGroup * kGroupBytes);
  tile.directory_ = in.Bytes(directory);
  if (!in.ok()) return Damaged("frame");
  tile.chunks_ = in.rest();
  return tile;
}

Result<std::vector<TimestampMs>> TileView::Times() const {
  std::vector<TimestampMs> times(rows_);
  ByteReader in(times_);
  if (!UnpackIntegers(in, times) || in.left() != 0) return Damaged("timestamps");
  return times;
}

unsigned TileView::kind_bits() const { return has_starts_ ? kKindBits : kKindBitsOfSamples; }

Result<std::vector<ColumnKey>> TileView::Columns() const {
  std::vector<ColumnKey> out;
  out.reserve(columns_);
  ByteReader in(directory_);
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < columns_; ++i) {
    if (i % kGroup == 0) id = LoadFixed32(groups_.data() + i / kGroup * kGroupBytes);
    id += static_cast<std::uint32_t>(in.Varint());
    in.Varint();
    const unsigned bits = kind_bits();
    const std::uint32_t kind = id & ((1u << bits) - 1);
    if (kind <= kHistograms) out.push_back({id >> bits, kind == kHistograms});
  }
  if (!in.ok()) return Damaged("directory");
  return out;
}

std::optional<TileView::Chunk> TileView::Find(ColumnKey key) const {
  Cursor cursor;
  return Find(key, cursor);
}

std::optional<TileView::Chunk> TileView::Find(ColumnKey key, Cursor& cursor) const {
  const std::uint32_t id = IdOf(key.column, key.histogram ? kHistograms : kFloats);
  return FindId(has_starts_ ? id : OfSamples(id), cursor);
}

// To the beginning of the group that has `wanted`, if any has. False: all ids are greater.
bool TileView::SeekGroup(std::uint32_t wanted, Cursor& cursor) const {
  std::size_t low = 0;
  std::size_t high = groups_.size() / kGroupBytes;
  while (low < high) {  // The first group that starts behind `wanted`.
    const std::size_t middle = (low + high) / 2;
    if (LoadFixed32(groups_.data() + middle * kGroupBytes) <= wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  cursor = {};
  if (low == 0) return false;
  const char* group = groups_.data() + (low - 1) * kGroupBytes;
  cursor.entry = (low - 1) * kGroup;
  cursor.at = LoadFixed32(group + 4);
  cursor.offset = LoadFixed32(group + 8);
  return true;
}

std::optional<TileView::Chunk> TileView::FindId(std::uint32_t wanted, Cursor& cursor) const {
  const bool goes_on = cursor.entry > 0 && cursor.id < wanted && wanted - cursor.id <= kGroup;
  if (!goes_on && !SeekGroup(wanted, cursor)) return std::nullopt;
  if (cursor.at > directory_.size()) return std::nullopt;
  ByteReader in(directory_.substr(cursor.at));
  while (cursor.entry < columns_) {
    const bool starts_group = cursor.entry % kGroup == 0;
    const std::uint32_t base =
        starts_group ? LoadFixed32(groups_.data() + cursor.entry / kGroup * kGroupBytes) : cursor.id;
    const std::uint32_t id = base + static_cast<std::uint32_t>(in.Varint());
    const std::uint64_t size = in.Varint();
    if (!in.ok() || id > wanted) return std::nullopt;  // The cursor stays before this entry.
    const std::uint64_t offset = cursor.offset;
    cursor = {cursor.entry + 1, directory_.size() - in.left(), id, offset + (size >> kPresenceBits)};
    if (id < wanted) continue;
    const std::uint32_t column = id >> kind_bits();
    if (offset > chunks_.size()) return Chunk{kAllRows, {}, column};  // Reading the empty chunk reports the damage.
    return Chunk{static_cast<unsigned>(size & 3), chunks_.substr(offset, size >> kPresenceBits), column};
  }
  return std::nullopt;
}

Result<std::vector<std::uint32_t>> TileView::Rows(const Chunk& chunk, std::string_view* values) const {
  std::vector<std::uint32_t> rows;
  ByteReader in(chunk.bytes);
  switch (static_cast<Presence>(chunk.presence)) {
    case kAllRows:
      rows.resize(rows_);
      for (std::uint32_t i = 0; i < rows_; ++i) rows[i] = i;
      break;
    case kRun: {
      const std::uint64_t first = in.Varint();
      const std::uint64_t count = in.Varint();
      if (first > rows_ || count > rows_ - first) return Damaged("run");
      rows.resize(count);
      for (std::uint64_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(first + i);
      break;
    }
    case kBitmap: {
      const std::string_view bitmap = in.Bytes((rows_ + 7) / 8);
      for (std::uint32_t i = 0; i < rows_ && in.ok(); ++i) {
        if ((static_cast<unsigned char>(bitmap[i / 8]) >> (i % 8) & 1) != 0) rows.push_back(i);
      }
      break;
    }
    case kList: {
      const std::uint64_t count = in.Varint();
      if (count > rows_) return Damaged("list");
      std::uint64_t row = 0;
      for (std::uint64_t i = 0; i < count; ++i) {
        row += in.Varint();
        if (row >= rows_) return Damaged("list");
        rows.push_back(static_cast<std::uint32_t>(row));
      }
      break;
    }
  }
  if (!in.ok() || rows.empty()) return Damaged("presence");
  *values = in.rest();
  return rows;
}

const Decimals* RecentDecimals::Find(std::uint32_t column) const {
  for (const Slot& slot : slots_) {
    if (slot.column == column) return &slot.decimals;
  }
  return nullptr;
}

Decimals& RecentDecimals::Replace(std::uint32_t column, const Decimals* kept) {
  if (&slots_[next_].decimals == kept) next_ = (next_ + 1) % slots_.size();
  Slot& slot = slots_[next_];
  next_ = (next_ + 1) % slots_.size();
  slot.column = column;
  return slot.decimals;
}

void RecentDecimals::Forget(std::uint32_t column) {
  for (Slot& slot : slots_) {
    if (slot.column == column) slot.column = kNone;
  }
}

bool TileView::DecodeAllRows(const Chunk& chunk, RecentDecimals* recent, std::span<double> values) const {
  if (BaseDistance(chunk.bytes) == 0) return DecodeValues(chunk.bytes, values);
  RecentDecimals own;
  const Decimals* const decimals = ReadDecimals(chunk, recent != nullptr ? *recent : own, 0);
  if (decimals == nullptr) return false;
  ToValues(*decimals, values);
  return true;
}

const Decimals* TileView::ReadDecimals(const Chunk& chunk, RecentDecimals& recent, unsigned depth) const {
  if (const Decimals* known = recent.Find(chunk.column)) return known;
  const unsigned distance = BaseDistance(chunk.bytes);
  const Decimals* base = nullptr;
  if (distance != 0) {
    if (depth == kMaxDepth || distance > chunk.column) return nullptr;
    const auto found = Find({chunk.column - distance, false});
    if (found && found->in_all_rows()) base = ReadDecimals(*found, recent, depth + 1);
    if (base == nullptr) return nullptr;
  }
  Decimals& decimals = recent.Replace(chunk.column, base);
  const bool read =
      base != nullptr ? DecodeRelative(chunk.bytes, *base, decimals) : DecodeDecimals(chunk.bytes, rows_, decimals);
  if (!read) recent.Forget(chunk.column);
  return read ? &decimals : nullptr;
}

Status TileView::ReadFloats(const Chunk& chunk, std::span<const TimestampMs> times, TimestampMs from, TimestampMs to,
                            std::vector<TimestampMs>& t, std::vector<double>& v, RecentDecimals* recent) const {
  assert(times.size() == rows_);
  if (chunk.in_all_rows()) {
    const auto first = std::lower_bound(times.begin(), times.end(), from);
    const auto last = std::upper_bound(first, times.end(), to);
    if (first == last) return {};
    if (static_cast<std::size_t>(last - first) == rows_) {
      v.resize(v.size() + rows_);
      if (!DecodeAllRows(chunk, recent, std::span(v).last(rows_))) return Damaged("values");
    } else {
      thread_local std::vector<double> all;
      all.resize(rows_);
      if (!DecodeAllRows(chunk, recent, all)) return Damaged("values");
      v.insert(v.end(), all.begin() + (first - times.begin()), all.begin() + (last - times.begin()));
    }
    t.insert(t.end(), first, last);
    return {};
  }
  std::string_view bytes;
  const auto rows = Rows(chunk, &bytes);
  if (!rows) return rows.error();
  thread_local std::vector<double> values;
  values.resize(rows->size());
  if (!DecodeValues(bytes, values)) return Damaged("values");
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const TimestampMs at = times[(*rows)[i]];
    if (at < from || at > to) continue;
    t.push_back(at);
    v.push_back(values[i]);
  }
  return {};
}

Status TileView::ReadHistograms(const Chunk& chunk, std::span<const TimestampMs> times, TimestampMs from,
                                TimestampMs to, std::vector<TimestampMs>& t, std::vector<HistogramPtr>& h) const {
  assert(times.size() == rows_);
  std::string_view bytes;
  const auto rows = Rows(chunk, &bytes);
  if (!rows) return rows.error();
  ByteReader in(bytes);
  for (const std::uint32_t row : *rows) {
    HistogramPtr value = DecodeHistogram(in);
    if (value == nullptr) return Damaged("histogram");
    if (times[row] < from || times[row] > to) continue;
    t.push_back(times[row]);
    h.push_back(std::move(value));
  }
  return {};
}

Status TileView::ReadStarts(std::uint32_t column, std::span<const TimestampMs> times, std::span<const TimestampMs> t,
                            std::size_t first, std::vector<TimestampMs>& starts) const {
  assert(times.size() == rows_ && starts.size() <= first);
  if (!has_starts_ || first == t.size()) return {};
  Cursor cursor;
  const auto chunk = FindId(IdOf(column, kStarts), cursor);
  if (!chunk) return {};
  std::string_view bytes;
  const auto rows = Rows(*chunk, &bytes);
  if (!rows) return rows.error();
  std::vector<TimestampMs> values(rows->size());
  ByteReader in(bytes);
  if (!UnpackIntegers(in, values) || in.left() != 0) return Damaged("start timestamps");
  std::size_t sample = first;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const TimestampMs at = times[(*rows)[i]];
    while (sample < t.size() && t[sample] < at) ++sample;
    if (sample == t.size()) break;
    if (t[sample] != at) continue;
    starts.resize(t.size());
    starts[sample] = values[i];
  }
  return {};
}

Status TileView::ReadDropped(std::uint32_t column, std::span<const TimestampMs> times, TimestampMs from, TimestampMs to,
                             std::vector<DroppedSamples>& out) const {
  assert(times.size() == rows_);
  if (!has_dropped_) return {};
  Cursor cursor;
  const auto chunk = FindId(IdOf(column, kDropped), cursor);
  if (!chunk) return {};
  std::string_view bytes;
  const auto rows = Rows(*chunk, &bytes);
  if (!rows) return rows.error();
  std::vector<DroppedSamples> records(rows->size());
  for (std::size_t i = 0; i < rows->size(); ++i) records[i].t = times[(*rows)[i]];
  if (!DecodeDropped(bytes, records)) return Damaged("dropped samples");
  std::copy_if(records.begin(), records.end(), std::back_inserter(out),
               [&](const DroppedSamples& record) { return from <= record.t && record.t <= to; });
  return {};
}

}  // namespace vigia::storage
