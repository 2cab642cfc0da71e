// Bits of Prometheus' chunks, highest first (surface.md 9.3). Internal to the room.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace vigia::server {

// Input is hostile: reading past the end gives zeros and makes failed() true. Thread-compatible.
class ChunkBitReader {
 public:
  explicit ChunkBitReader(std::string_view bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  std::uint64_t bits_left() const { return bytes_.size() * 8 - at_; }

  bool Bit() { return Bits(1) != 0; }
  // REQUIRES: count <= 64.
  std::uint64_t Bits(int count);
  double Double() { return std::bit_cast<double>(Bits(64)); }
  // Of `count` bits, where a value above the middle is negative.
  std::int64_t Signed(int count);
  // LEB128.
  std::uint64_t Varint();
  std::int64_t ZigZagVarint();
  // Prometheus' own lengths: a prefix of ones, and 3, 6, 9, 12, 18, 25, 56 or 64 bits.
  std::int64_t Varbit();
  std::uint64_t VarbitUnsigned();

 private:
  int VarbitWidth();

  const std::string_view bytes_;
  std::uint64_t at_ = 0;  // In bits.
  bool failed_ = false;
};

// A number written as the exclusive or with the one before. Each has a window of its own.
class XorNumber {
 public:
  double value() const { return value_; }
  void Set(double value) { value_ = value; }
  // The next one.
  void Read(ChunkBitReader& in);

 private:
  double value_ = 0;
  int leading_ = 0;
  int trailing_ = 0;
  bool has_window_ = false;
};

}  // namespace vigia::server
