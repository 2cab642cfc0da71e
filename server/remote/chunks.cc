#include "server/remote/chunks.h"

#include <bit>
#include <cmath>

#include "server/remote/chunk_bits.h"
#include "storage/bytes/varint.h"

namespace vigia::server {
namespace {

using storage::BucketSpan;
using storage::FloatHistogram;
using storage::TimestampMs;

constexpr bool FitsIn(std::int64_t value, int bits) {
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  return -(half - 1) <= value && value <= half;
}

void PutTimeChange(ChunkBits& out, std::int64_t change) {
  const auto bits = static_cast<std::uint64_t>(change);
  if (change == 0) {
    out.Put(0, 1);
  } else if (FitsIn(change, 14)) {
    out.Put(0b10, 2);
    out.Put(bits, 14);
  } else if (FitsIn(change, 17)) {
    out.Put(0b110, 3);
    out.Put(bits, 17);
  } else if (FitsIn(change, 20)) {
    out.Put(0b1110, 4);
    out.Put(bits, 20);
  } else {
    out.Put(0b1111, 4);
    out.Put(bits, 64);
  }
}

// Values as the exclusive or with the one before; the window of significant bits is kept as long as it fits.
class XorValues {
 public:
  void Put(ChunkBits& out, double before, double now) {
    const std::uint64_t change = std::bit_cast<std::uint64_t>(before) ^ std::bit_cast<std::uint64_t>(now);
    if (change == 0) return out.Put(0, 1);
    out.Put(1, 1);
    const int leading = std::min(std::countl_zero(change), 31);
    const int trailing = std::countr_zero(change);
    if (leading_ >= 0 && leading >= leading_ && trailing >= trailing_) {
      out.Put(0, 1);
    } else {
      leading_ = leading;
      trailing_ = trailing;
      out.Put(1, 1);
      out.Put(static_cast<std::uint64_t>(leading), 5);
      out.Put(static_cast<std::uint64_t>(64 - leading - trailing), 6);  // 64 is written as 0.
    }
    out.Put(change >> trailing_, 64 - leading_ - trailing_);
  }

 private:
  int leading_ = -1;  // None yet.
  int trailing_ = 0;
};

void PutSpans(ChunkBits& out, const std::vector<BucketSpan>& spans) {
  out.PutVarbitUnsigned(spans.size());
  for (const BucketSpan& span : spans) {
    out.PutVarbitUnsigned(span.length);
    out.PutVarbit(span.offset);
  }
}

// Powers of two in one byte.
void PutZeroThreshold(ChunkBits& out, double threshold) {
  if (threshold == 0) return out.Put(0, 8);
  int exponent = 0;
  if (std::frexp(threshold, &exponent) == 0.5 && exponent >= -242 && exponent <= 11) {
    return out.Put(static_cast<std::uint64_t>(exponent) + 243, 8);
  }
  out.Put(255, 8);
  out.PutDouble(threshold);
}

void PutCustomBound(ChunkBits& out, double bound) {
  constexpr double kMost = 33'554'430;
  const double thousandths = bound * 1000;
  if (thousandths >= 0 && thousandths <= kMost && thousandths == std::trunc(thousandths)) {
    return out.PutVarbitUnsigned(static_cast<std::uint64_t>(thousandths) + 1);
  }
  out.Put(0, 1);
  out.PutDouble(bound);
}

void PutBucketDeltas(ChunkBits& out, const std::vector<double>& counts) {
  std::int64_t before = 0;
  for (const double value : counts) {
    const std::int64_t count = std::llround(value);
    out.PutVarbit(count - before);
    before = count;
  }
}

std::uint64_t ResetFlag(storage::CounterResetHint hint) {
  switch (hint) {
    case storage::CounterResetHint::kUnknown: return 0;
    case storage::CounterResetHint::kReset: return 0b10;
    case storage::CounterResetHint::kNotReset: return 0b01;
    case storage::CounterResetHint::kGauge: return 0b11;
  }
  return 0;
}

}  // namespace

std::string EncodeXorChunk(std::span<const TimestampMs> t, std::span<const double> v) {
  ChunkBits out;
  out.Put(t.size(), 16);
  out.PutVarint(storage::ZigZag(t[0]));
  out.PutDouble(v[0]);
  XorValues values;
  for (std::size_t i = 1; i < t.size(); ++i) {
    const std::int64_t step = t[i] - t[i - 1];
    if (i == 1) {
      out.PutVarint(static_cast<std::uint64_t>(step));
    } else {
      PutTimeChange(out, step - (t[i - 1] - t[i - 2]));
    }
    values.Put(out, v[i - 1], v[i]);
  }
  return out.bytes();
}

std::string EncodeHistogramChunk(TimestampMs t, const FloatHistogram& h, ChunkType* type) {
  *type = h.integer ? ChunkType::kHistogram : ChunkType::kFloatHistogram;
  ChunkBits out;
  out.Put(1, 16);
  out.Put(ResetFlag(h.hint) << 6, 8);
  PutZeroThreshold(out, h.zero_threshold);
  out.PutVarbit(h.schema);
  PutSpans(out, h.positive_spans);
  PutSpans(out, h.negative_spans);
  if (h.schema == storage::kCustomBucketsSchema) {
    out.PutVarbitUnsigned(h.custom_values.size());
    for (const double bound : h.custom_values) PutCustomBound(out, bound);
  }
  out.PutVarbit(t);
  if (h.integer) {
    out.PutVarbitUnsigned(static_cast<std::uint64_t>(std::llround(h.count)));
    out.PutVarbitUnsigned(static_cast<std::uint64_t>(std::llround(h.zero_count)));
    out.PutDouble(h.sum);
    PutBucketDeltas(out, h.positive_buckets);
    PutBucketDeltas(out, h.negative_buckets);
    return out.bytes();
  }
  out.PutDouble(h.count);
  out.PutDouble(h.zero_count);
  out.PutDouble(h.sum);
  for (const double count : h.positive_buckets) out.PutDouble(count);
  for (const double count : h.negative_buckets) out.PutDouble(count);
  return out.bytes();
}

}  // namespace vigia::server
