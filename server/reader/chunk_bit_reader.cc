#include "server/reader/chunk_bit_reader.h"

#include <algorithm>
#include <array>

#include "storage/bytes/varint.h"

namespace vigia::server {

std::uint64_t ChunkBitReader::Bits(int count) {
  if (failed_ || bits_left() < static_cast<std::uint64_t>(count)) {
    failed_ = true;
    return 0;
  }
  std::uint64_t out = 0;
  while (count > 0) {
    const auto byte = static_cast<unsigned char>(bytes_[at_ / 8]);
    const int available = 8 - static_cast<int>(at_ % 8);
    const int take = std::min(count, available);
    const unsigned part = byte >> (available - take) & ((1u << take) - 1);
    out = out << take | part;
    at_ += static_cast<std::uint64_t>(take);
    count -= take;
  }
  return out;
}

std::int64_t ChunkBitReader::Signed(int count) {
  const std::uint64_t bits = Bits(count);
  if (count == 64 || bits <= std::uint64_t{1} << (count - 1)) return static_cast<std::int64_t>(bits);
  return static_cast<std::int64_t>(bits) - (std::int64_t{1} << count);
}

std::uint64_t ChunkBitReader::Varint() {
  std::uint64_t out = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint64_t byte = Bits(8);
    out |= (byte & 0x7f) << shift;
    if (byte < 0x80) return out;
  }
  failed_ = true;
  return 0;
}

std::int64_t ChunkBitReader::ZigZagVarint() { return storage::UnZigZag(Varint()); }

int ChunkBitReader::VarbitWidth() {
  constexpr std::array<int, 9> kWidths{0, 3, 6, 9, 12, 18, 25, 56, 64};
  std::size_t ones = 0;
  while (ones < kWidths.size() - 1 && Bit()) ++ones;
  return kWidths[ones];
}

std::int64_t ChunkBitReader::Varbit() {
  const int width = VarbitWidth();
  return width == 0 ? 0 : Signed(width);
}

std::uint64_t ChunkBitReader::VarbitUnsigned() { return Bits(VarbitWidth()); }

void XorNumber::Read(ChunkBitReader& in) {
  if (!in.Bit()) return;
  if (in.Bit()) {
    leading_ = static_cast<int>(in.Bits(5));
    const int significant = static_cast<int>(in.Bits(6));
    trailing_ = 64 - leading_ - (significant == 0 ? 64 : significant);
    has_window_ = trailing_ >= 0;
  }
  if (!has_window_) {  // Nothing writes that; read on behind the end, which fails.
    while (!in.failed()) in.Bits(64);
    return;
  }
  const std::uint64_t change = in.Bits(64 - leading_ - trailing_) << trailing_;
  value_ = std::bit_cast<double>(std::bit_cast<std::uint64_t>(value_) ^ change);
}

}  // namespace vigia::server
