// Writes fields of protobuf messages (protobuf.dev/programming-guides/encoding) behind what a string already holds.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/bytes/varint.h"

namespace vigia::server {

inline void PutVarint(std::string& out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7) out.push_back(static_cast<char>(v | 0x80));
  out.push_back(static_cast<char>(v));
}

inline void PutBytesField(std::string& out, std::uint32_t field, std::string_view bytes) {
  PutVarint(out, std::uint64_t{field} << 3 | 2);
  PutVarint(out, bytes.size());
  out.append(bytes);
}

inline void PutVarintField(std::string& out, std::uint32_t field, std::uint64_t v) {
  PutVarint(out, std::uint64_t{field} << 3);
  PutVarint(out, v);
}

inline void PutDouble(std::string& out, double v) {
  const auto bits = std::bit_cast<std::uint64_t>(v);
  for (unsigned shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(bits >> shift));
}

inline void PutDoubleField(std::string& out, std::uint32_t field, double v) {
  PutVarint(out, std::uint64_t{field} << 3 | 1);
  PutDouble(out, v);
}

constexpr std::uint64_t ZigZag32(std::int32_t v) {
  return static_cast<std::uint32_t>(static_cast<std::uint32_t>(v) << 1) ^ static_cast<std::uint32_t>(v >> 31);
}

}  // namespace vigia::server
