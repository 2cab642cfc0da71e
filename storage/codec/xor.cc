#include "storage/codec/xor.h"

#include <bit>
#include <cassert>
#include <cstdint>

#include "storage/bytes/bits.h"

namespace vigia::storage {
namespace {

// Fields: 1 bit "changed"; 1 bit "new window"; window: 6 bits leading zeros, 6 bits (length - 1); then the bits.
constexpr unsigned kCountBits = 6;

struct Window {
  unsigned leading = 64;  // No window yet.
  unsigned length = 0;
};

}  // namespace

void EncodeXor(std::span<const double> values, std::string& out) {
  assert(!values.empty());
  BitWriter bits(out);
  std::uint64_t last = std::bit_cast<std::uint64_t>(values[0]);
  bits.Put(last, 64);
  Window window;
  for (const double value : values.subspan(1)) {
    const std::uint64_t now = std::bit_cast<std::uint64_t>(value);
    const std::uint64_t diff = now ^ last;
    last = now;
    if (diff == 0) {
      bits.Put(0, 1);
      continue;
    }
    const auto leading = static_cast<unsigned>(std::countl_zero(diff));
    const auto length = 64 - leading - static_cast<unsigned>(std::countr_zero(diff));
    const bool fits =
        window.length > 0 && leading >= window.leading && leading + length <= window.leading + window.length;
    if (fits && window.length <= length + 2 * kCountBits) {
      bits.Put(1, 2);
    } else {
      window = {leading, length};
      bits.Put(3, 2);
      bits.Put(leading, kCountBits);
      bits.Put(length - 1, kCountBits);
    }
    bits.Put(diff >> (64 - window.leading - window.length), window.length);
  }
  bits.Finish();
}

bool DecodeXor(std::string_view bytes, std::span<double> values) {
  BitReader bits(bytes);
  std::uint64_t last = bits.Get(64);
  values[0] = std::bit_cast<double>(last);
  Window window;
  for (double& value : values.subspan(1)) {
    if (bits.Get(1) != 0) {
      if (bits.Get(1) != 0) {
        window.leading = static_cast<unsigned>(bits.Get(kCountBits));
        window.length = static_cast<unsigned>(bits.Get(kCountBits)) + 1;
      }
      if (window.length == 0 || window.leading + window.length > 64) return false;
      last ^= bits.Get(window.length) << (64 - window.leading - window.length);
    }
    value = std::bit_cast<double>(last);
  }
  return bits.ok() && bits.used_bytes() == bytes.size();
}

}  // namespace vigia::storage
