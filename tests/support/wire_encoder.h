// Fields of protobuf messages for tests, written from the description of the wire format and not from the decoder.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::tests {

inline std::string Varint(std::uint64_t v) {
  std::string out;
  for (; v >= 128; v /= 128) out.push_back(static_cast<char>(v % 128 + 128));
  return out + static_cast<char>(v);
}
inline std::string Tag(std::uint64_t field, unsigned wire_type) { return Varint(field * 8 + wire_type); }
inline std::string VarintField(std::uint64_t field, std::uint64_t v) { return Tag(field, 0) + Varint(v); }
inline std::string SignedField(std::uint64_t field, std::int64_t v) {  // sint32, sint64
  return VarintField(field, v >= 0 ? 2 * static_cast<std::uint64_t>(v) : 2 * static_cast<std::uint64_t>(-(v + 1)) + 1);
}
inline std::string BytesField(std::uint64_t field, std::string_view bytes) {
  return Tag(field, 2) + Varint(bytes.size()) + std::string(bytes);
}
inline std::string Fixed64(std::uint64_t bits) {
  std::string out;
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(bits >> (8 * i) & 255));
  return out;
}
inline std::string DoubleField(std::uint64_t field, double v) {
  return Tag(field, 1) + Fixed64(std::bit_cast<std::uint64_t>(v));
}

// Packed repeated sint64 and double.
inline std::string PackedSigned(std::uint64_t field, const std::vector<std::int64_t>& numbers) {
  std::string bytes;
  for (const std::int64_t number : numbers) bytes += SignedField(1, number).substr(1);
  return BytesField(field, bytes);
}
inline std::string PackedDoubles(std::uint64_t field, const std::vector<double>& values) {
  std::string bytes;
  for (const double value : values) bytes += Fixed64(std::bit_cast<std::uint64_t>(value));
  return BytesField(field, bytes);
}
// A BucketSpan of a native histogram.
inline std::string SpanField(std::uint64_t field, std::int32_t offset, std::uint32_t length) {
  return BytesField(field, SignedField(1, offset) + VarintField(2, length));
}

}  // namespace vigia::tests
