#include "storage/codec/rice.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <vector>

#include "storage/bytes/bits.h"

namespace vigia::storage {
namespace {

// All arithmetic is modulo 2^64: differences of extreme values wrap around and come back.
using U64 = std::uint64_t;

U64 AsU64(std::int64_t v) { return static_cast<U64>(v); }
std::int64_t AsI64(U64 v) { return static_cast<std::int64_t>(v); }

constexpr unsigned kEscape = 20;      // So many ones announce a field of 64 bits.
constexpr unsigned kMaxLowBits = 36;  // Ones, zero and low bits of a code fit into a word that begins at any bit.
constexpr unsigned kOrders = 3;

// First byte: order in two bits, then how a residue becomes a field: its distance from the least one, or zig-zag around
// the middle. kSparse: as kFromLeast, but only fields that are not 0 are coded, each behind the number of zeros before
// it.
enum Mapping : std::uint8_t { kFromLeast = 0, kAroundMiddle = 1, kSparse = 2 };
constexpr unsigned kOrderBits = 2;

struct Plan {
  unsigned order = 0;  // Of the differences that are coded.
  Mapping mapping = kFromLeast;
  unsigned low_bits = 0;
  unsigned gap_low_bits = 0;  // Of the numbers of zeros.
  std::int64_t center = 0;
  U64 bits = ~U64{0};  // About.
};

U64 FieldOf(std::int64_t residue, const Plan& plan) {
  const U64 distance = AsU64(residue) - AsU64(plan.center);
  return plan.mapping == kAroundMiddle ? ZigZag(AsI64(distance)) : distance;
}

void Differences(std::span<const std::int64_t> values, std::vector<std::int64_t>& out) {
  out.resize(values.size() - 1);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = AsI64(AsU64(values[i + 1]) - AsU64(values[i]));
}

struct Cost {
  unsigned low_bits = 0;
  U64 bits = ~U64{0};
};

// The best number of low bits for these fields.
Cost CostOf(std::span<const U64> fields) {
  double sum = 0;
  for (const U64 field : fields) sum += static_cast<double>(field);
  const double mean = sum / static_cast<double>(fields.size());
  Cost best;
  constexpr auto kLargest = static_cast<double>(U64{1} << (kMaxLowBits - 1));
  const auto about = static_cast<unsigned>(std::bit_width(static_cast<U64>(std::min(mean, kLargest))));
  for (unsigned low_bits = about > 1 ? about - 1 : 0; low_bits <= std::min(about + 1, kMaxLowBits); ++low_bits) {
    U64 bits = fields.size() * (low_bits + 1);
    for (const U64 field : fields) {
      const U64 high = field >> low_bits;
      bits += high < kEscape ? high : kEscape + 64;
    }
    if (bits < best.bits) best = {low_bits, bits};
  }
  return best;
}

void MakeFields(std::span<const std::int64_t> residues, const Plan& plan, std::vector<U64>& fields) {
  fields.clear();
  for (const std::int64_t residue : residues) fields.push_back(FieldOf(residue, plan));
}

// Splits fields into those that are not 0, less 1, and the zeros before each.
void MakeSparse(std::span<const U64> fields, std::vector<U64>& values, std::vector<U64>& gaps) {
  values.clear();
  gaps.clear();
  U64 zeros = 0;
  for (const U64 field : fields) {
    if (field == 0) {
      ++zeros;
      continue;
    }
    values.push_back(field - 1);
    gaps.push_back(zeros);
    zeros = 0;
  }
}

// Keeps the better of `best` and the best way to code these residues with this mapping.
void Consider(std::span<const std::int64_t> residues, Plan plan, Plan& best) {
  thread_local std::vector<U64> fields;
  MakeFields(residues, plan, fields);
  const Cost cost = CostOf(fields);
  plan.low_bits = cost.low_bits;
  plan.bits = cost.bits;
  if (plan.bits < best.bits) best = plan;
  if (plan.mapping != kFromLeast) return;
  thread_local std::vector<U64> values;
  thread_local std::vector<U64> gaps;
  MakeSparse(fields, values, gaps);
  if (values.empty() || values.size() * 2 > fields.size()) return;
  const Cost value_cost = CostOf(values);
  const Cost gap_cost = CostOf(gaps);
  plan.mapping = kSparse;
  plan.low_bits = value_cost.low_bits;
  plan.gap_low_bits = gap_cost.low_bits;
  plan.bits = value_cost.bits + gap_cost.bits + 24;  // Two more numbers in front.
  if (plan.bits < best.bits) best = plan;
}

void ConsiderBoth(std::span<const std::int64_t> residues, unsigned order, Plan& best) {
  if (residues.empty()) return;
  Plan plan;
  plan.order = order;
  plan.center = *std::min_element(residues.begin(), residues.end());
  Consider(residues, plan, best);
  double sum = 0;
  for (const std::int64_t residue : residues) sum += static_cast<double>(residue);
  const double mean = sum / static_cast<double>(residues.size());
  constexpr double kLargest = 4611686018427387904.0;  // 2^62
  if (!(mean > -kLargest && mean < kLargest)) return;
  plan.mapping = kAroundMiddle;
  plan.center = static_cast<std::int64_t>(mean);
  Consider(residues, plan, best);
}

void PutCode(BitWriter& bits, U64 field, unsigned low_bits) {
  const U64 high = field >> low_bits;
  if (high < kEscape) {
    const auto ones = static_cast<unsigned>(high);
    bits.Put((U64{1} << ones) - 1, ones + 1);
    bits.Put(field & ((U64{1} << low_bits) - 1), low_bits);
  } else {
    bits.Put((U64{1} << kEscape) - 1, kEscape);
    bits.Put(field, 64);
  }
}

void WriteCodes(std::span<const std::int64_t> residues, const Plan& plan, std::string& out) {
  std::vector<U64> fields;
  MakeFields(residues, plan, fields);
  if (plan.mapping != kSparse) {
    BitWriter bits(out);
    for (const U64 field : fields) PutCode(bits, field, plan.low_bits);
    return bits.Finish();
  }
  std::vector<U64> values;
  std::vector<U64> gaps;
  MakeSparse(fields, values, gaps);
  out.push_back(static_cast<char>(plan.gap_low_bits));
  PutVarint(out, values.size());
  BitWriter bits(out);
  for (std::size_t i = 0; i < values.size(); ++i) {
    PutCode(bits, gaps[i], plan.gap_low_bits);
    PutCode(bits, values[i], plan.low_bits);
  }
  bits.Finish();
}

// A cursor over bits; past the end it reads zeros and ends behind it.
class CodeReader {
 public:
  explicit CodeReader(std::string_view bytes) : bytes_(bytes) {}

  [[gnu::always_inline]] U64 Next(unsigned low_bits) {
    const U64 word = Word();
    const auto ones = static_cast<unsigned>(std::countr_one(word));
    if (ones >= kEscape) return Escaped();
    at_ += ones + 1 + low_bits;
    return U64{ones} << low_bits | (word >> (ones + 1) & ((U64{1} << low_bits) - 1));
  }
  // Many at once: as many codes as a word has are taken from it before the next one is loaded.
  template <class Map>
  void Fill(unsigned low_bits, std::span<std::int64_t> out, Map&& map) {
    const U64 mask = (U64{1} << low_bits) - 1;
    const std::size_t last_load = bytes_.size() < 8 ? 0 : bytes_.size() - 8;
    std::size_t i = 0;
    while (i < out.size() && bytes_.size() >= 8 && at_ / 8 <= last_load) {
      U64 word = LoadFixed64(bytes_.data() + at_ / 8) >> (at_ % 8);
      unsigned left = 64 - static_cast<unsigned>(at_ % 8);
      unsigned ones = 0;
      for (; i < out.size(); ++i) {
        ones = static_cast<unsigned>(std::countr_one(word));
        const unsigned size = ones + 1 + low_bits;
        if (ones >= kEscape || size > left) break;
        out[i] = map(U64{ones} << low_bits | (word >> (ones + 1) & mask));
        word >>= size;
        left -= size;
        at_ += size;
      }
      if (ones >= kEscape && i < out.size()) out[i++] = map(Next(low_bits));
    }
    for (; i < out.size(); ++i) out[i] = map(Next(low_bits));
  }
  std::size_t used_bytes() const { return (at_ + 7) / 8; }

 private:
  [[gnu::noinline]] U64 Escaped() {
    at_ += kEscape;
    const U64 low = Word() & ((U64{1} << 32) - 1);
    at_ += 32;
    const U64 high = Word() & ((U64{1} << 32) - 1);
    at_ += 32;
    return low | high << 32;
  }
  // At least 57 bits from the cursor on.
  [[gnu::always_inline]] U64 Word() const {
    const std::size_t byte = at_ / 8;
    if (byte + 8 <= bytes_.size()) return LoadFixed64(bytes_.data() + byte) >> (at_ % 8);
    return LastWord(byte);
  }
  [[gnu::noinline]] U64 LastWord(std::size_t byte) const {
    U64 word = 0;
    for (std::size_t i = byte; i < bytes_.size(); ++i) {
      word |= U64{static_cast<unsigned char>(bytes_[i])} << (8 * (i - byte));
    }
    return word >> (at_ % 8);
  }

  const std::string_view bytes_;
  std::size_t at_ = 0;
};

bool ReadSparse(ByteReader& in, unsigned low_bits, U64 center, std::span<std::int64_t> residues) {
  const unsigned gap_low_bits = in.Byte();
  const U64 count = in.Varint();
  if (!in.ok() || gap_low_bits > kMaxLowBits || count > residues.size()) return false;
  std::fill(residues.begin(), residues.end(), AsI64(center));
  CodeReader codes(in.rest());
  std::size_t at = 0;
  for (U64 i = 0; i < count; ++i, ++at) {
    const U64 gap = codes.Next(gap_low_bits);
    if (gap >= residues.size() - at) return false;
    at += gap;
    residues[at] = AsI64(center + codes.Next(low_bits) + 1);
  }
  in.Bytes(codes.used_bytes());
  return true;
}

void Sum(std::int64_t first, std::span<std::int64_t> values) {
  U64 sum = AsU64(first);
  values[0] = first;
  for (std::size_t i = 1; i < values.size(); ++i) values[i] = AsI64(sum += AsU64(values[i]));
}

}  // namespace

bool PackRice(std::span<const std::int64_t> values, std::size_t limit_bytes, std::string& out) {
  assert(values.size() >= kOrders);
  thread_local std::vector<std::int64_t> deltas;
  thread_local std::vector<std::int64_t> deltas2;
  Differences(values, deltas);
  Differences(deltas, deltas2);
  Plan plan;
  ConsiderBoth(values, 0, plan);
  ConsiderBoth(deltas, 1, plan);
  ConsiderBoth(deltas2, 2, plan);
  if (plan.bits / 8 >= limit_bytes) return false;
  const std::size_t start = out.size();
  out.push_back(static_cast<char>(plan.order | static_cast<unsigned>(plan.mapping) << kOrderBits));
  out.push_back(static_cast<char>(plan.low_bits));
  PutZigZag(out, plan.center);
  if (plan.order >= 1) PutZigZag(out, values[0]);
  if (plan.order == 2) PutZigZag(out, deltas[0]);
  WriteCodes(plan.order == 0 ? values : plan.order == 1 ? std::span<const std::int64_t>(deltas) : deltas2, plan, out);
  if (out.size() - start < limit_bytes) return true;
  out.resize(start);
  return false;
}

bool UnpackRice(ByteReader& in, std::span<std::int64_t> values) {
  const std::uint8_t head = in.Byte();
  const unsigned order = head & ((1u << kOrderBits) - 1);
  const unsigned mapping = head >> kOrderBits;
  const unsigned low_bits = in.Byte();
  const U64 center = AsU64(in.ZigZagVarint());
  if (order >= kOrders || mapping > kSparse || low_bits > kMaxLowBits || values.size() < kOrders) return false;
  const std::int64_t first = order >= 1 ? in.ZigZagVarint() : 0;
  const std::int64_t first_delta = order == 2 ? in.ZigZagVarint() : 0;
  if (!in.ok()) return false;
  const auto residues = values.subspan(order);
  if (mapping == kSparse) {
    if (!ReadSparse(in, low_bits, center, residues)) return false;
  } else {
    CodeReader codes(in.rest());
    if (mapping == kFromLeast) {
      codes.Fill(low_bits, residues, [&](U64 field) { return AsI64(center + field); });
    } else {
      codes.Fill(low_bits, residues, [&](U64 field) { return AsI64(center + AsU64(UnZigZag(field))); });
    }
    in.Bytes(codes.used_bytes());
  }
  if (order == 2) Sum(first_delta, values.subspan(1));
  if (order >= 1) Sum(first, values);
  return in.ok();
}

}  // namespace vigia::storage
