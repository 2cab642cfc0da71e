// Reads the Protocol Buffers wire format (protobuf.dev/programming-guides/encoding) field by field. Input is hostile:
// nothing is read past the end, nothing is copied, nested groups are counted and not recursed into.
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/bytes/varint.h"

namespace vigia::server {

enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kGroup = 3, kFixed32 = 5 };

//   WireReader reader(message);
//   while (reader.Next()) { if (reader.field() == 2 && reader.Expect(WireType::kBytes)) Use(reader.bytes()); }
//   if (reader.error() != nullptr) ...
// The bytes must outlive the reader and the views that it gives. Thread-compatible.
class WireReader {
 public:
  WireReader() = default;
  explicit WireReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // Moves to the next field. False: the end, or malformed bytes (error() is set).
  bool Next() {
    if (at_ == end_) return false;
    std::uint64_t tag = 0;
    if (!Varint(tag)) return false;
    const std::uint64_t number = tag >> 3;
    if (number == 0 || number > kMaxField) return Fail("illegal field number");
    field_ = static_cast<std::uint32_t>(number);
    return Value(static_cast<unsigned>(tag & 7));
  }

  std::uint32_t field() const { return field_; }
  WireType type() const { return type_; }
  // Of a kVarint, kFixed64 or kFixed32 field.
  std::uint64_t number() const { return number_; }
  // Of a kBytes field.
  std::string_view bytes() const { return bytes_; }

  // A known field with another type than its own makes the message malformed.
  bool Expect(WireType type) { return type_ == type || Fail("wrong wire type of a field"); }
  bool Fail(const char* why) {
    if (error_ == nullptr) error_ = why;
    at_ = end_;
    return false;
  }
  // nullptr while all that was read is well formed.
  const char* error() const { return error_; }
  // Where the next field starts.
  const char* position() const { return at_; }

  // One bare varint, for packed fields.
  bool Varint(std::uint64_t& out) {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) {
      out = static_cast<unsigned char>(*at_++);
      return true;
    }
    std::uint64_t value = 0;
    for (int shift = 0; at_ != end_; shift += 7) {
      if (shift >= 64) return Fail("integer overflow");
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) {
        out = value;
        return true;
      }
    }
    return Fail("unexpected end of the message");
  }
  bool AtEnd() const { return at_ == end_; }

 private:
  static constexpr std::uint64_t kMaxField = (1u << 29) - 1;

  bool Value(unsigned wire_type) {
    switch (wire_type) {
      case 0: type_ = WireType::kVarint; return Varint(number_);
      case 1:
        type_ = WireType::kFixed64;
        if (Left() < 8) return Fail("unexpected end of the message");
        number_ = storage::LoadFixed64(at_);
        at_ += 8;
        return true;
      case 2: type_ = WireType::kBytes; return Bytes();
      case 3: type_ = WireType::kGroup; return SkipGroup();
      case 5:
        type_ = WireType::kFixed32;
        if (Left() < 4) return Fail("unexpected end of the message");
        number_ = storage::LoadFixed32(at_);
        at_ += 4;
        return true;
      default: return Fail("illegal wire type");
    }
  }
  bool Bytes() {
    std::uint64_t size = 0;
    if (!Varint(size)) return false;
    if (size > Left()) return Fail("unexpected end of the message");
    bytes_ = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }
  bool SkipGroup() {
    for (std::uint64_t depth = 1; depth > 0;) {
      std::uint64_t tag = 0;
      if (!Varint(tag)) return false;
      const auto wire_type = static_cast<unsigned>(tag & 7);
      if (wire_type == 3) {
        ++depth;
      } else if (wire_type == 4) {
        --depth;
      } else if (!Value(wire_type)) {
        return false;
      }
    }
    type_ = WireType::kGroup;
    return true;
  }
  std::size_t Left() const { return static_cast<std::size_t>(end_ - at_); }

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  std::uint64_t number_ = 0;
  std::string_view bytes_;
  const char* error_ = nullptr;
};

}  // namespace vigia::server
