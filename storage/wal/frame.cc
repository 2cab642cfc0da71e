#include "storage/wal/frame.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "storage/bytes/varint.h"
#include "storage/bytes/wrapping.h"
#include "storage/codec/histograms.h"
#include "storage/model/format_version.h"

namespace vigia::storage {
namespace {

constexpr std::uint8_t kFrameVersion = 1;
constexpr std::uint8_t kFrameVersionWithStarts = 2;  // Every row ends with its start timestamps.
constexpr std::uint8_t kFrameVersionWithAnew = 3;    // As 2; and every section says whether it begins anew.
constexpr std::uint64_t kMaxCount = 1u << 26;        // Rows, runs and cells of one frame; far above any real batch.

// Control byte of a changed value: 0lllnnnn = XOR with the base, l leading zero bytes, n bytes that follow;
// 10dddddd and 11dddddd dddddddd = both are integers, zig-zag difference of 6 and 14 bits.
constexpr std::uint8_t kShortDelta = 0x80;
constexpr std::uint8_t kLongDelta = 0xc0;

std::optional<std::int64_t> ExactInteger(std::uint64_t bits) {
  constexpr double kLimit = 4503599627370496.0;  // 2^52: sums of two stay exact.
  const double v = std::bit_cast<double>(bits);
  if (!(std::fabs(v) < kLimit)) return std::nullopt;
  const auto integer = static_cast<std::int64_t>(v);
  if (std::bit_cast<std::uint64_t>(static_cast<double>(integer)) != bits) return std::nullopt;  // Fraction, or -0.
  return integer;
}

constexpr std::size_t kMaxValueBytes = 1 + 8;

// Writes at most kMaxValueBytes to `out`; returns where the value ends.
char* PutValue(char* out, std::uint64_t bits, std::uint64_t base) {
  const auto now = ExactInteger(bits);
  const auto last = ExactInteger(base);
  if (now && last) {
    const std::uint64_t delta = ZigZag(*now - *last);
    if (delta < 1u << 6) {
      *out++ = static_cast<char>(kShortDelta | delta);
      return out;
    }
    if (delta < 1u << 14) {
      *out++ = static_cast<char>(kLongDelta | delta >> 8);
      *out++ = static_cast<char>(delta);
      return out;
    }
  }
  const std::uint64_t diff = bits ^ base;
  const auto leading = static_cast<unsigned>(std::countl_zero(diff)) / 8;
  const auto trailing = static_cast<unsigned>(std::countr_zero(diff)) / 8;
  const unsigned count = 8 - leading - trailing;
  *out++ = static_cast<char>(leading << 4 | count);
  const std::uint64_t bytes = LittleEndian(diff >> (8 * trailing));  // Those behind the first `count` are written over.
  std::memcpy(out, &bytes, sizeof bytes);
  return out + count;
}

std::optional<std::uint64_t> GetValue(ByteReader& in, std::uint64_t base) {
  const std::uint8_t control = in.Byte();
  if (control >= kShortDelta) {
    std::uint64_t delta = control & 0x3f;
    if (control >= kLongDelta) delta = delta << 8 | in.Byte();
    const auto last = ExactInteger(base);
    if (!last) return std::nullopt;
    return std::bit_cast<std::uint64_t>(static_cast<double>(*last + UnZigZag(delta)));
  }
  const unsigned leading = control >> 4;
  const unsigned count = control & 0xf;
  if (count == 0 || leading + count > 8) return std::nullopt;
  std::uint64_t diff = 0;
  for (unsigned i = 0; i < count; ++i) diff |= std::uint64_t{in.Byte()} << (8 * (8 - leading - count + i));
  return base ^ diff;
}

std::size_t RunEnd(const std::vector<FrameCell>& cells, std::size_t first) {
  std::size_t next = first + 1;
  while (next < cells.size() && cells[next].column == cells[next - 1].column + 1) ++next;
  return next;
}

// Columns as runs: how far the run starts behind the end of the one before, and its length.
void PutColumns(std::string& out, bool detached, const std::vector<FrameCell>& cells) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < cells.size(); i = RunEnd(cells, i)) ++count;
  PutVarint(out, count << 1 | (detached ? 1 : 0));
  std::int64_t end = 0;
  for (std::size_t i = 0; i < cells.size();) {
    const std::size_t next = RunEnd(cells, i);
    PutZigZag(out, std::int64_t{cells[i].column} - end);
    PutVarint(out, next - i);
    end = std::int64_t{cells[next - 1].column} + 1;
    i = next;
  }
}

bool GetColumns(ByteReader& in, bool* detached, std::vector<FrameCell>& cells) {
  const std::uint64_t head = in.Varint();
  *detached = (head & 1) != 0;
  const std::uint64_t runs = head >> 1;
  std::int64_t end = 0;
  for (std::uint64_t i = 0; i < runs && in.ok(); ++i) {
    const std::int64_t start = WrappingPlus(end, in.ZigZagVarint());
    const std::uint64_t length = in.Varint();
    // A bit of the bitmap that follows is there for each of them.
    const std::uint64_t most = std::min<std::uint64_t>(in.left() * 8, kMaxCount);
    if (start < 0 || start > UINT32_MAX || length == 0 || cells.size() > most || length > most - cells.size())
      return false;
    end = start + static_cast<std::int64_t>(length);
    if (end > std::int64_t{UINT32_MAX} + 1) return false;
    for (std::int64_t column = start; column < end; ++column)
      cells.push_back({static_cast<std::uint32_t>(column), 0, 0});
  }
  return in.ok();
}

void PutRow(std::string& out, const FrameRow& row) {
  PutColumns(out, row.detached, row.cells);
  const std::size_t start = out.size();
  const std::size_t bitmap_bytes = (row.cells.size() + 7) / 8;
  out.resize(start + bitmap_bytes + row.cells.size() * kMaxValueBytes);
  char* const bitmap = out.data() + start;
  char* at = bitmap + bitmap_bytes;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const FrameCell& cell = row.cells[i];
    if (cell.bits == cell.base) continue;
    bitmap[i / 8] = static_cast<char>(bitmap[i / 8] | 1 << i % 8);
    at = PutValue(at, cell.bits, cell.base);
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
  PutVarint(out, row.histograms.size());
  for (const FrameHistogram& h : row.histograms) {
    PutVarint(out, h.column);
    EncodeHistogram(*h.value, out);
  }
}

void PutStarts(std::string& out, const FrameRow& row) {
  PutVarint(out, row.starts.size());
  std::int64_t column = 0;
  TimestampMs last = row.t;
  for (const FrameStart& start : row.starts) {
    PutZigZag(out, std::int64_t{start.column} - column);
    PutZigZag(out, WrappingMinus(start.start, last));
    column = start.column;
    last = start.start;
  }
}

bool GetStarts(ByteReader& in, std::uint32_t target, FrameState& state, FrameRow& row) {
  const std::uint64_t count = in.Varint();
  std::int64_t column = 0;
  TimestampMs last = row.t;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    column = WrappingPlus(column, in.ZigZagVarint());
    last = WrappingPlus(last, in.ZigZagVarint());
    if (column < 0 || column > UINT32_MAX || !state.Has(target, static_cast<std::uint32_t>(column))) return false;
    row.starts.push_back({static_cast<std::uint32_t>(column), last});
  }
  return in.ok();
}

bool GetRow(ByteReader& in, std::uint32_t epoch, std::uint32_t target, FrameState& state, FrameRow& row) {
  if (!GetColumns(in, &row.detached, row.cells)) return false;
  const std::string_view bitmap = in.Bytes((row.cells.size() + 7) / 8);
  if (!in.ok() || !state.SetBases(epoch, target, row.cells)) return false;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    FrameCell& cell = row.cells[i];
    if (row.detached) cell.base = 0;
    cell.bits = cell.base;
    if ((static_cast<unsigned char>(bitmap[i / 8]) >> (i % 8) & 1) != 0) {
      const auto bits = GetValue(in, cell.base);
      if (!bits) return false;
      cell.bits = *bits;
    }
    cell.repeats = cell.bits == cell.base && cell.base != 0;  // No base is 0, too.
  }
  if (!row.detached) state.Update(epoch, target, row.cells);
  const std::uint64_t histograms = in.Varint();
  for (std::uint64_t i = 0; i < histograms && in.ok(); ++i) {
    const std::uint64_t number = in.Varint();
    const auto column = static_cast<std::uint32_t>(number);
    if (number > UINT32_MAX) return false;
    HistogramPtr value = DecodeHistogram(in);
    if (value == nullptr || !state.Has(target, column)) return false;
    if (!row.detached) state.EndHistory(target, column);
    row.histograms.push_back({column, std::move(value)});
  }
  return in.ok();
}

}  // namespace

std::string EncodeFrame(std::uint32_t epoch, const std::vector<FrameSection>& sections) {
  std::string out;
  EncodeFrame(epoch, sections, out);
  return out;
}

void EncodeFrame(std::uint32_t epoch, const std::vector<FrameSection>& sections, std::string& out) {
  std::uint8_t version = kFrameVersion;
  for (const FrameSection& section : sections) {
    if (section.anew) version = kFrameVersionWithAnew;
    for (const FrameRow& row : section.rows) {
      if (!row.starts.empty()) version = std::max(version, kFrameVersionWithStarts);
    }
  }
  out.clear();
  out.push_back(static_cast<char>(version));
  PutVarint(out, epoch);
  PutVarint(out, sections.size());
  for (const FrameSection& section : sections) {
    PutVarint(out, section.target);
    const std::uint64_t rows = section.rows.size();
    PutVarint(out, version < kFrameVersionWithAnew ? rows : rows << 1 | (section.anew ? 1 : 0));
    TimestampMs last = 0;
    for (const FrameRow& row : section.rows) {
      PutZigZag(out, WrappingMinus(row.t, last));
      last = row.t;
      PutRow(out, row);
      if (version >= kFrameVersionWithStarts) PutStarts(out, row);
    }
  }
}

std::optional<FrameHead> HeadOfOneTarget(std::string_view frame) {
  ByteReader in(frame);
  const std::uint8_t version = in.Byte();
  const std::uint64_t epoch = in.Varint();
  const std::uint64_t sections = in.Varint();
  const std::uint64_t target = in.Varint();
  const bool known = version != 0 && version <= kFrameVersionWithAnew;
  if (!in.ok() || !known || sections != 1 || target > UINT32_MAX) return std::nullopt;
  return FrameHead{static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(target)};
}

Result<Frame> DecodeFrame(std::string_view bytes, FrameState& state) {
  const Error damaged{Errc::kCorruption, "damaged row frame"};
  ByteReader in(bytes);
  Frame frame;
  const std::uint8_t version = in.Byte();
  if (IsNewerVersion(version, kFrameVersionWithAnew))
    return WrittenByNewer("row frame", version, kFrameVersionWithAnew);
  if (version == 0 || version > kFrameVersionWithAnew) return damaged;
  const bool with_starts = version >= kFrameVersionWithStarts;
  frame.epoch = static_cast<std::uint32_t>(in.Varint());
  const std::uint64_t sections = in.Varint();
  for (std::uint64_t i = 0; i < sections && in.ok(); ++i) {
    FrameSection& section = frame.sections.emplace_back();
    const std::uint64_t target = in.Varint();
    if (target > UINT32_MAX) return damaged;
    section.target = static_cast<std::uint32_t>(target);
    std::uint64_t rows = in.Varint();
    if (version >= kFrameVersionWithAnew) {
      section.anew = (rows & 1) != 0;
      rows >>= 1;
    }
    if (section.anew) state.Forget(section.target);
    TimestampMs last = 0;
    for (std::uint64_t r = 0; r < rows && in.ok(); ++r) {
      FrameRow& row = section.rows.emplace_back();
      row.t = last = WrappingPlus(last, in.ZigZagVarint());
      if (!GetRow(in, frame.epoch, section.target, state, row)) return damaged;
      if (with_starts && !GetStarts(in, section.target, state, row)) return damaged;
    }
  }
  if (!in.ok() || in.left() != 0) return damaged;
  return frame;
}

}  // namespace vigia::storage
