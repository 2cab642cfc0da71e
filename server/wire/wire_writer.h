// Writes the Protocol Buffers wire format (protobuf.dev/programming-guides/encoding) by appending to a string.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/bytes/varint.h"

namespace vigia::server {

inline void PutVarintField(std::string& out, std::uint32_t field, std::uint64_t value) {
  storage::PutVarint(out, std::uint64_t{field} << 3);
  storage::PutVarint(out, value);
}
inline void PutIntField(std::string& out, std::uint32_t field, std::int64_t value) {
  PutVarintField(out, field, static_cast<std::uint64_t>(value));
}
inline void PutSignedField(std::string& out, std::uint32_t field, std::int64_t value) {
  PutVarintField(out, field, storage::ZigZag(value));
}
inline void PutDoubleField(std::string& out, std::uint32_t field, double value) {
  storage::PutVarint(out, std::uint64_t{field} << 3 | 1);
  storage::PutFixed64(out, std::bit_cast<std::uint64_t>(value));
}
// A string, bytes, a nested message or packed numbers.
inline void PutBytesField(std::string& out, std::uint32_t field, std::string_view value) {
  storage::PutVarint(out, std::uint64_t{field} << 3 | 2);
  storage::PutVarint(out, value.size());
  out.append(value);
}

}  // namespace vigia::server
