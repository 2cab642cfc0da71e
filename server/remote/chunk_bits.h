// Bits as Prometheus' chunks have them: most significant first (surface.md 9.3; prometheus tsdb/chunkenc).
#pragma once

#include <bit>
#include <cstdint>
#include <string>

namespace vigia::server {

class ChunkBits {
 public:
  // The low `count` bits of `value`. REQUIRES: count <= 64.
  void Put(std::uint64_t value, int count) {
    while (count > 0) {
      if (free_ == 0) {
        bytes_.push_back('\0');
        free_ = 8;
      }
      const int now = count < free_ ? count : free_;
      const std::uint64_t part = (value >> (count - now)) & ((std::uint64_t{1} << now) - 1);
      bytes_.back() = static_cast<char>(static_cast<unsigned char>(bytes_.back()) | part << (free_ - now));
      free_ -= now;
      count -= now;
    }
  }
  void PutDouble(double value) { Put(std::bit_cast<std::uint64_t>(value), 64); }
  // LEB128, byte by byte; signed numbers are to be zig-zagged before.
  void PutVarint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) Put((value & 0x7f) | 0x80, 8);
    Put(value, 8);
  }
  // Prometheus' own lengths: a prefix of ones, and 3, 6, 9, 12, 18, 25, 56 or 64 bits.
  void PutVarbit(std::int64_t value);
  void PutVarbitUnsigned(std::uint64_t value);

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  int free_ = 0;  // Bits of the last byte.
};

}  // namespace vigia::server
