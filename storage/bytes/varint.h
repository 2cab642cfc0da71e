// Integers as bytes: LEB128 varints, zig-zag, fixed width in both byte orders, and a reader that never passes the end.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace vigia::storage {

constexpr std::uint64_t ZigZag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t UnZigZag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

inline void PutVarint(std::string& out, std::uint64_t v) {
  while (v >= 0x80) {
    out.push_back(static_cast<char>(v | 0x80));
    v >>= 7;
  }
  out.push_back(static_cast<char>(v));
}
inline void PutZigZag(std::string& out, std::int64_t v) { PutVarint(out, ZigZag(v)); }
constexpr std::size_t VarintSize(std::uint64_t v) { return (static_cast<std::size_t>(std::bit_width(v | 1)) + 6) / 7; }

// Little-endian, for values that are read in place. One load or store on the machines that matter; a loop over bytes
// stays a loop with GCC's -O2.
template <class Int>
Int LittleEndian(Int v) {
  if constexpr (std::endian::native == std::endian::little) return v;
  return sizeof(Int) == 8 ? static_cast<Int>(__builtin_bswap64(v))
                          : static_cast<Int>(__builtin_bswap32(static_cast<std::uint32_t>(v)));
}
template <class Int>
void PutFixed(std::string& out, Int v) {
  const Int stored = LittleEndian(v);
  std::array<char, sizeof(Int)> bytes;
  std::memcpy(bytes.data(), &stored, sizeof(Int));
  out.append(bytes.data(), bytes.size());
}
template <class Int>
Int LoadFixed(const char* at) {
  Int stored;
  std::memcpy(&stored, at, sizeof(Int));
  return LittleEndian(stored);
}
inline void PutFixed32(std::string& out, std::uint32_t v) { PutFixed(out, v); }
inline void PutFixed64(std::string& out, std::uint64_t v) { PutFixed(out, v); }
inline std::uint32_t LoadFixed32(const char* at) { return LoadFixed<std::uint32_t>(at); }
inline std::uint64_t LoadFixed64(const char* at) { return LoadFixed<std::uint64_t>(at); }

// Big-endian, for keys: the order of the bytes is the order of the numbers.
template <class Int>
void PutKey(std::string& out, Int v) {
  for (int shift = 8 * (static_cast<int>(sizeof(Int)) - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(v) >> shift));
  }
}

// Takes values off the front of `bytes`. After a read past the end every further read gives 0 and ok() is false; the
// caller looks once at the end. Thread-compatible.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  std::string_view rest() const { return {at_, left()}; }

  std::uint64_t Varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      v |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return v;
    }
    return Fail();
  }
  std::int64_t ZigZagVarint() { return UnZigZag(Varint()); }
  std::uint8_t Byte() { return at_ == end_ ? static_cast<std::uint8_t>(Fail()) : static_cast<std::uint8_t>(*at_++); }
  std::uint32_t Fixed32() { return Need(4) ? LoadFixed32(Take(4)) : static_cast<std::uint32_t>(Fail()); }
  std::uint64_t Fixed64() { return Need(8) ? LoadFixed64(Take(8)) : Fail(); }
  template <class Int>
  Int Key() {
    if (!Need(sizeof(Int))) return static_cast<Int>(Fail());
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < sizeof(Int); ++i) v = v << 8 | static_cast<unsigned char>(*at_++);
    return static_cast<Int>(v);
  }
  std::string_view Bytes(std::uint64_t size) {
    if (size > left()) return Fail(), std::string_view();
    return {Take(size), size};
  }

 private:
  bool Need(std::size_t size) const { return left() >= size; }
  const char* Take(std::size_t size) {
    const char* from = at_;
    at_ += size;
    return from;
  }
  std::uint64_t Fail() {
    ok_ = false;
    at_ = end_;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace vigia::storage
