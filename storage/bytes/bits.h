// A stream of bits, least significant bit first within little-endian words.
#pragma once

#include <cassert>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "storage/bytes/varint.h"

namespace vigia::storage {

// Appends to a string. Finish() writes the last, partly filled byte; nothing may be written after it.
class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}

  // REQUIRES: width <= 64 and `v` fits into `width` bits.
  void Put(std::uint64_t v, unsigned width) {
    assert(width == 64 || v >> width == 0);
    if (width == 0) return;
    word_ |= v << used_;
    if (used_ + width < 64) {
      used_ += width;
      return;
    }
    PutFixed64(out_, word_);
    const unsigned taken = 64 - used_;
    word_ = taken == 64 ? 0 : v >> taken;
    used_ = width - taken;
  }
  void Finish() {
    for (unsigned bit = 0; bit < used_; bit += 8) out_.push_back(static_cast<char>(word_ >> bit));
    used_ = 0;
    word_ = 0;
  }

 private:
  std::string& out_;
  std::uint64_t word_ = 0;
  unsigned used_ = 0;  // < 64
};

// Past the end it gives zeros and ok() is false.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t Get(unsigned width) {
    if (width == 0) return 0;
    const std::size_t byte = at_ >> 3;
    const unsigned skip = at_ & 7;
    if (at_ + width > bytes_.size() * 8) {
      ok_ = false;
      return 0;
    }
    at_ += width;
    std::uint64_t low = Load(byte) >> skip;
    if (skip + width > 64) low |= std::uint64_t{static_cast<unsigned char>(bytes_[byte + 8])} << (64 - skip);
    return width == 64 ? low : low & ((std::uint64_t{1} << width) - 1);
  }
  bool ok() const { return ok_; }
  // Bytes touched so far, the partly read one included.
  std::size_t used_bytes() const { return (at_ + 7) >> 3; }

 private:
  std::uint64_t Load(std::size_t byte) const {
    if (byte + 8 <= bytes_.size()) return LoadFixed64(bytes_.data() + byte);
    std::uint64_t v = 0;
    for (std::size_t i = byte; i < bytes_.size(); ++i) {
      v |= std::uint64_t{static_cast<unsigned char>(bytes_[i])} << (8 * (i - byte));
    }
    return v;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;  // In bits.
  bool ok_ = true;
};

}  // namespace vigia::storage
