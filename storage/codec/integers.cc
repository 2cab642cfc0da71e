#include "storage/codec/integers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <numeric>
#include <vector>

#include "storage/bytes/bits.h"
#include "storage/codec/integer_kernels.h"

namespace vigia::storage {
namespace {

// All arithmetic is modulo 2^64: differences of extreme values wrap around and come back.
using U64 = std::uint64_t;

enum Scheme : std::uint8_t {
  kFrame = 0,         // value = base + field * divisor
  kDeltaFrame = 1,    // first; delta = base + field * divisor
  kDeltaZigZag = 2,   // first; delta = unzigzag(field), fields patched
  kDelta2ZigZag = 3,  // first, first delta; delta of delta = unzigzag(field), fields patched
};
constexpr unsigned kSchemeBits = 2;

U64 AsU64(std::int64_t v) { return static_cast<U64>(v); }
std::int64_t AsI64(U64 v) { return static_cast<std::int64_t>(v); }

struct Frame {
  std::int64_t base = 0;
  U64 divisor = 1;
  unsigned width = 0;
  std::size_t bytes = 0;
};

// Base, common divisor and field width for `values`, and what that costs.
Frame MeasureFrame(std::span<const std::int64_t> values) {
  Frame frame;
  if (values.empty()) return frame;
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  frame.base = *min;
  U64 divisor = 0;
  for (const std::int64_t v : values) {
    divisor = std::gcd(divisor, AsU64(v) - AsU64(frame.base));
    if (divisor == 1) break;
  }
  frame.divisor = std::max<U64>(divisor, 1);
  frame.width = static_cast<unsigned>(std::bit_width((AsU64(*max) - AsU64(*min)) / frame.divisor));
  frame.bytes = VarintSize(ZigZag(frame.base)) + (frame.width > 0 ? VarintSize(frame.divisor) : 0) + 1 +
                (values.size() * frame.width + 7) / 8;
  return frame;
}

constexpr std::size_t kPatchBits = 16 + 7;  // About: position and length.

struct Patched {
  unsigned width = 0;
  std::size_t patches = 0;
  std::size_t bytes = 0;
};

// Fields wider than `width` keep their low bits in place; position and high bits follow as a patch. Chooses the width
// with the smallest estimate.
Patched MeasurePatched(std::span<const std::int64_t> deltas) {
  std::array<std::uint32_t, 65> by_width{};
  U64 all = 0;
  for (const std::int64_t d : deltas) {
    const U64 field = ZigZag(d);
    all |= field;
    ++by_width[static_cast<std::size_t>(std::bit_width(field))];
  }
  const auto widest = static_cast<unsigned>(std::bit_width(all));
  Patched best{widest, 0, (deltas.size() * widest + 7) / 8 + 1};
  std::size_t wider = by_width[widest];
  std::size_t patch_bits = wider * kPatchBits + wider;  // A patch grows by a bit for each bit the width loses.
  for (unsigned width = widest; width-- > 0 && (patch_bits + 7) / 8 + 1 < best.bytes;) {
    const std::size_t bytes = (deltas.size() * width + patch_bits + 7) / 8 + 1;
    if (bytes < best.bytes) best = {width, wider, bytes};
    wider += by_width[width];
    patch_bits += by_width[width] * kPatchBits + wider;
  }
  return best;
}

void WriteFrame(const Frame& frame, std::span<const std::int64_t> values, std::string& out) {
  PutZigZag(out, frame.base);
  if (frame.width == 0) return;
  PutVarint(out, frame.divisor);
  BitWriter bits(out);
  for (const std::int64_t v : values) {
    const U64 above = AsU64(v) - AsU64(frame.base);
    bits.Put(frame.divisor == 1 ? above : above / frame.divisor, frame.width);
  }
  bits.Finish();
}

void WritePatched(const Patched& patched, std::span<const std::int64_t> deltas, std::string& out) {
  PutVarint(out, patched.patches);
  const U64 mask = patched.width == 64 ? ~U64{0} : (U64{1} << patched.width) - 1;
  std::size_t last = 0;
  for (std::size_t i = 0; i < deltas.size() && patched.patches > 0; ++i) {
    const U64 field = ZigZag(deltas[i]);
    if (field <= mask) continue;
    PutVarint(out, i - last);
    PutVarint(out, field >> patched.width);
    last = i;
  }
  BitWriter bits(out);
  for (const std::int64_t d : deltas) bits.Put(ZigZag(d) & mask, patched.width);
  bits.Finish();
}

// First byte: scheme and width. Width 64 does not fit beside the scheme and is written as 63: one bit is no saving
// there.
char Header(Scheme scheme, unsigned width) { return static_cast<char>(scheme | width << kSchemeBits); }

// REQUIRES: width > 0.
bool ReadFields(ByteReader& in, unsigned width, std::span<std::int64_t> out) {
  const std::string_view bytes = in.Bytes((out.size() * width + 7) / 8);
  if (!in.ok()) return false;
  BestIntegerKernels().unpack(bytes.data(), width, out.data(), out.size());
  return true;
}

bool ReadFrame(ByteReader& in, unsigned width, std::span<std::int64_t> out) {
  const U64 base = AsU64(in.ZigZagVarint());
  if (width == 0) {
    std::fill(out.begin(), out.end(), AsI64(base));
    return in.ok();
  }
  const U64 divisor = in.Varint();
  if (!ReadFields(in, width, out)) return false;
  BestIntegerKernels().scale(out.data(), out.size(), base, divisor);
  return true;
}

bool ReadPatched(ByteReader& in, unsigned width, std::span<std::int64_t> out) {
  const U64 patches = in.Varint();
  if (!in.ok() || patches > out.size() || (patches > 0 && width >= 64)) return false;
  std::vector<std::pair<std::size_t, U64>> highs(patches);
  U64 at = 0;
  for (auto& [position, high] : highs) {
    at += in.Varint();
    high = in.Varint();
    if (!in.ok() || at >= out.size()) return false;
    position = at;
  }
  if (width == 0) {
    std::fill(out.begin(), out.end(), 0);
  } else if (!ReadFields(in, width, out)) {
    return false;
  }
  for (const auto& [position, high] : highs) out[position] = AsI64(AsU64(out[position]) | high << width);
  BestIntegerKernels().unzigzag(out.data(), out.size());
  return true;
}

void Differences(std::span<const std::int64_t> values, std::vector<std::int64_t>& out) {
  out.resize(values.empty() ? 0 : values.size() - 1);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = AsI64(AsU64(values[i + 1]) - AsU64(values[i]));
}

void Sum(std::int64_t first, std::span<std::int64_t> values) {
  values[0] = first;
  BestIntegerKernels().sum(values.data(), values.size());
}

// A field of 64 bits cannot be named in the header.
constexpr unsigned kMaxWidth = 63;

}  // namespace

void PackIntegers(std::span<const std::int64_t> values, std::string& out) {
  assert(!values.empty());
  thread_local std::vector<std::int64_t> deltas;
  thread_local std::vector<std::int64_t> deltas2;
  const Frame frame = MeasureFrame(values);
  if (frame.width == 0) {
    out.push_back(Header(kFrame, 0));
    return WriteFrame(frame, values, out);
  }
  Differences(values, deltas);
  const std::size_t first_bytes = VarintSize(ZigZag(values[0]));
  const Frame delta_frame = MeasureFrame(deltas);
  const Patched delta_zigzag = MeasurePatched(deltas);
  std::size_t best = frame.bytes;
  Scheme scheme = kFrame;
  const auto consider = [&](Scheme candidate, unsigned width, std::size_t bytes) {
    if (width > kMaxWidth || (bytes >= best && !(scheme == kFrame && frame.width > kMaxWidth))) return;
    best = bytes;
    scheme = candidate;
  };
  Patched delta2;
  if (values.size() > 2) {
    consider(kDeltaFrame, delta_frame.width, first_bytes + delta_frame.bytes);
    consider(kDeltaZigZag, delta_zigzag.width, first_bytes + delta_zigzag.bytes + 1);
    Differences(deltas, deltas2);
    delta2 = MeasurePatched(deltas2);
    consider(kDelta2ZigZag, delta2.width, first_bytes + VarintSize(ZigZag(deltas[0])) + delta2.bytes + 1);
  }
  if (scheme == kFrame && frame.width > kMaxWidth) {  // Nothing narrower: split into patches of the highest bit.
    scheme = kDeltaZigZag;
  }
  if (scheme == kFrame) {
    out.push_back(Header(kFrame, frame.width));
    return WriteFrame(frame, values, out);
  }
  if (scheme == kDeltaFrame) {
    out.push_back(Header(kDeltaFrame, delta_frame.width));
    PutZigZag(out, values[0]);
    return WriteFrame(delta_frame, deltas, out);
  }
  if (scheme == kDeltaZigZag) {
    Patched patched = delta_zigzag;
    if (patched.width > kMaxWidth) {
      patched.width = kMaxWidth;
      patched.patches = static_cast<std::size_t>(
          std::count_if(deltas.begin(), deltas.end(), [](std::int64_t d) { return ZigZag(d) >> kMaxWidth != 0; }));
    }
    out.push_back(Header(kDeltaZigZag, patched.width));
    PutZigZag(out, values[0]);
    return WritePatched(patched, deltas, out);
  }
  out.push_back(Header(kDelta2ZigZag, delta2.width));
  PutZigZag(out, values[0]);
  PutZigZag(out, deltas[0]);
  WritePatched(delta2, deltas2, out);
}

bool UnpackIntegers(ByteReader& in, std::span<std::int64_t> values) {
  assert(!values.empty());
  const std::uint8_t header = in.Byte();
  const unsigned width = header >> kSchemeBits;
  const auto scheme = static_cast<Scheme>(header & ((1u << kSchemeBits) - 1));
  if (scheme == kFrame) return ReadFrame(in, width, values) && in.ok();
  const std::int64_t first = in.ZigZagVarint();
  if (scheme == kDelta2ZigZag) {
    if (values.size() < 2) return false;
    const std::int64_t first_delta = in.ZigZagVarint();
    if (values.size() > 2 && !ReadPatched(in, width, values.subspan(2))) return false;
    Sum(first_delta, values.subspan(1));
  } else if (values.size() > 1) {
    const auto deltas = values.subspan(1);
    if (!(scheme == kDeltaFrame ? ReadFrame(in, width, deltas) : ReadPatched(in, width, deltas))) return false;
  }
  Sum(first, values);
  return in.ok();
}

}  // namespace vigia::storage
