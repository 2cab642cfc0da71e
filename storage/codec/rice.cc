#include "storage/codec/rice.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <vector>

#include "storage/bytes/bits.h"
#include "storage/codec/integer_kernels.h"

namespace vigia::storage {
namespace {

// All arithmetic is modulo 2^64: differences of extreme values wrap around and come back.
using U64 = std::uint64_t;

U64 AsU64(std::int64_t v) { return static_cast<U64>(v); }
std::int64_t AsI64(U64 v) { return static_cast<std::int64_t>(v); }

constexpr unsigned kEscape = 20;  // High bits of at least this are written in another way.
constexpr unsigned kMaxLowBits = 56;
constexpr unsigned kOrders = 3;
constexpr std::size_t kMaxHighBytes = std::size_t{1} << 28;  // Positions of bits in them are u32.

// First byte: order in two bits, then how a residue becomes a field: its distance from the least one, or zig-zag around
// the middle. kSparse: as kFromLeast, but only fields that are not 0 are coded, each behind the number of zeros before
// it.
// The highest bit: some field is escaped.
enum Mapping : std::uint8_t { kFromLeast = 0, kAroundMiddle = 1, kSparse = 2 };
constexpr unsigned kOrderBits = 2;
constexpr unsigned kHasEscapes = 0x80;

struct Plan {
  unsigned order = 0;  // Of the differences that are coded.
  Mapping mapping = kFromLeast;
  unsigned low_bits = 0;
  unsigned gap_low_bits = 0;  // Of the numbers of zeros.
  bool has_escapes = false;
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
  bool has_escapes = false;
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
    bool has_escapes = false;
    for (const U64 field : fields) {
      const U64 high = field >> low_bits;
      bits += high < kEscape ? high : kEscape + 64 + 8;
      has_escapes |= high >= kEscape;
    }
    if (bits < best.bits) best = {low_bits, has_escapes, bits};
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
  plan.has_escapes = cost.has_escapes;
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
  plan.has_escapes = value_cost.has_escapes || gap_cost.has_escapes;
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

// Low bits of all fields, then a bit string of as many zeros as the high bits say and a one for each. A field with too
// high a number has kEscape zeros and no low bits; where there is any, the fields themselves come first.
void WriteCodes(std::span<const U64> fields, unsigned low_bits, bool has_escapes, std::string& out) {
  const auto is_escaped = [&](U64 field) { return field >> low_bits >= kEscape; };
  if (has_escapes) {
    PutVarint(out, static_cast<U64>(std::ranges::count_if(fields, is_escaped)));
    std::size_t last = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!is_escaped(fields[i])) continue;
      PutVarint(out, i - last);
      PutFixed64(out, fields[i]);
      last = i;
    }
  }
  BitWriter lows(out);
  const U64 mask = (U64{1} << low_bits) - 1;
  for (const U64 field : fields) lows.Put(is_escaped(field) ? 0 : field & mask, low_bits);
  lows.Finish();
  BitWriter highs(out);
  for (const U64 field : fields) {
    const auto zeros = static_cast<unsigned>(std::min<U64>(field >> low_bits, kEscape));
    highs.Put(U64{1} << zeros, zeros + 1);
  }
  highs.Finish();
}

void WritePlan(std::span<const std::int64_t> residues, const Plan& plan, std::string& out) {
  std::vector<U64> fields;
  MakeFields(residues, plan, fields);
  if (plan.mapping != kSparse) return WriteCodes(fields, plan.low_bits, plan.has_escapes, out);
  std::vector<U64> values;
  std::vector<U64> gaps;
  MakeSparse(fields, values, gaps);
  out.push_back(static_cast<char>(plan.gap_low_bits));
  PutVarint(out, values.size());
  WriteCodes(gaps, plan.gap_low_bits, plan.has_escapes, out);
  WriteCodes(values, plan.low_bits, plan.has_escapes, out);
}

bool ReadEscapes(ByteReader& in, std::size_t fields, std::vector<std::pair<std::size_t, U64>>& out) {
  const U64 count = in.Varint();
  if (count > fields) return false;
  U64 at = 0;
  for (U64 i = 0; i < count && in.ok(); ++i) {
    at += in.Varint();
    if (at >= fields) return false;
    out.emplace_back(at, in.Fixed64());
  }
  return in.ok();
}

// The inverse of WriteCodes.
bool ReadCodes(ByteReader& in, unsigned low_bits, bool has_escapes, std::span<std::int64_t> fields) {
  std::vector<std::pair<std::size_t, U64>> escapes;
  if (has_escapes && !ReadEscapes(in, fields.size(), escapes)) return false;
  const IntegerKernels& kernels = BestIntegerKernels();
  const std::string_view lows = in.Bytes((fields.size() * low_bits + 7) / 8);
  if (!in.ok()) return false;
  if (low_bits == 0) {
    std::ranges::fill(fields, 0);
  } else {
    kernels.unpack(lows.data(), low_bits, fields.data(), fields.size());
  }
  thread_local std::vector<std::uint32_t> ones;
  ones.resize(fields.size());
  const std::string_view highs = in.rest();
  if (highs.size() > kMaxHighBytes ||
      kernels.find_ones(highs.data(), highs.size(), ones.data(), ones.size()) < ones.size()) {
    return false;
  }
  in.Bytes(ones.empty() ? 0 : ones.back() / 8 + 1);
  kernels.put_above(ones.data(), low_bits, fields.data(), fields.size());
  for (const auto& [at, field] : escapes) fields[at] = AsI64(field);
  return true;
}

bool ReadSparse(ByteReader& in, unsigned low_bits, bool has_escapes, U64 center, std::span<std::int64_t> residues) {
  const unsigned gap_low_bits = in.Byte();
  const U64 count = in.Varint();
  if (!in.ok() || gap_low_bits > kMaxLowBits || count > residues.size()) return false;
  thread_local std::vector<std::int64_t> gaps;
  thread_local std::vector<std::int64_t> values;
  gaps.resize(count);
  values.resize(count);
  if (!ReadCodes(in, gap_low_bits, has_escapes, gaps) || !ReadCodes(in, low_bits, has_escapes, values)) return false;
  std::ranges::fill(residues, AsI64(center));
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i, ++at) {
    if (AsU64(gaps[i]) >= residues.size() - at) return false;
    at += AsU64(gaps[i]);
    residues[at] = AsI64(center + AsU64(values[i]) + 1);
  }
  return true;
}

void Sum(std::int64_t first, std::span<std::int64_t> values) {
  values[0] = first;
  BestIntegerKernels().sum(values.data(), values.size());
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
  const unsigned head = plan.order | static_cast<unsigned>(plan.mapping) << kOrderBits;
  out.push_back(static_cast<char>(head | (plan.has_escapes ? kHasEscapes : 0)));
  out.push_back(static_cast<char>(plan.low_bits));
  PutZigZag(out, plan.center);
  if (plan.order >= 1) PutZigZag(out, values[0]);
  if (plan.order == 2) PutZigZag(out, deltas[0]);
  WritePlan(plan.order == 0 ? values : plan.order == 1 ? std::span<const std::int64_t>(deltas) : deltas2, plan, out);
  if (out.size() - start < limit_bytes) return true;
  out.resize(start);
  return false;
}

bool UnpackRice(ByteReader& in, std::span<std::int64_t> values) {
  const unsigned head = in.Byte();
  const bool has_escapes = (head & kHasEscapes) != 0;
  const unsigned order = head & ((1u << kOrderBits) - 1);
  const unsigned mapping = (head & ~kHasEscapes) >> kOrderBits;
  const unsigned low_bits = in.Byte();
  const U64 center = AsU64(in.ZigZagVarint());
  if (order >= kOrders || mapping > kSparse || low_bits > kMaxLowBits || values.size() < kOrders) return false;
  const std::int64_t first = order >= 1 ? in.ZigZagVarint() : 0;
  const std::int64_t first_delta = order == 2 ? in.ZigZagVarint() : 0;
  if (!in.ok()) return false;
  const auto residues = values.subspan(order);
  if (mapping == kSparse) {
    if (!ReadSparse(in, low_bits, has_escapes, center, residues)) return false;
  } else {
    if (!ReadCodes(in, low_bits, has_escapes, residues)) return false;
    if (mapping == kAroundMiddle) BestIntegerKernels().unzigzag(residues.data(), residues.size());
    BestIntegerKernels().scale(residues.data(), residues.size(), center, 1);
  }
  if (order == 2) Sum(first_delta, values.subspan(1));
  if (order >= 1) Sum(first, values);
  return true;
}

}  // namespace vigia::storage
