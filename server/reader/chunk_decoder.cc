#include "server/reader/chunk_decoder.h"

#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "server/reader/chunk_bit_reader.h"
#include "server/wire/histogram_rules.h"
#include "storage/model/sample.h"

namespace vigia::server {
namespace {

using storage::BucketSpan;
using storage::CounterResetHint;
using storage::Errc;
using storage::Error;
using storage::FloatHistogram;
using storage::Status;

const Error kMalformed{Errc::kInvalid, "malformed chunk"};

std::int64_t Wrapped(std::uint64_t sum) { return static_cast<std::int64_t>(sum); }

// The difference of a difference, in the prefix code of float chunks.
std::int64_t TimeChange(ChunkBitReader& in) {
  if (!in.Bit()) return 0;
  if (!in.Bit()) return in.Signed(14);
  if (!in.Bit()) return in.Signed(17);
  if (!in.Bit()) return in.Signed(20);
  return in.Signed(64);
}

// A number that is written as its value, then as its difference, then as the change of the difference. Sums wrap
// around, as hostile input may make them do.
class DeltaOfDelta {
 public:
  void Start(std::int64_t value) { value_ = static_cast<std::uint64_t>(value); }
  void Delta(std::int64_t delta) {
    delta_ = static_cast<std::uint64_t>(delta);
    value_ += delta_;
  }
  void Change(std::int64_t change) { Delta(Wrapped(delta_ + static_cast<std::uint64_t>(change))); }
  std::int64_t value() const { return Wrapped(value_); }

  // The same for the sample at `index` where each step is a varbit.
  void Next(std::size_t index, ChunkBitReader& in) {
    const std::int64_t number = in.Varbit();
    if (index == 0) Start(number);
    if (index == 1) Delta(number);
    if (index > 1) Change(number);
  }

 private:
  std::uint64_t value_ = 0;
  std::uint64_t delta_ = 0;
};

Status DecodeFloats(ChunkBitReader& in, SamplesRead& out) {
  const std::uint64_t count = in.Bits(16);
  DeltaOfDelta time;
  XorNumber value;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i == 0) time.Start(in.ZigZagVarint());
    if (i == 1) time.Delta(Wrapped(in.Varint()));
    if (i > 1) time.Change(TimeChange(in));
    if (i == 0) {
      value.Set(in.Double());
    } else {
      value.Read(in);
    }
    if (in.failed()) return kMalformed;
    out.Add(time.value(), value.value());
  }
  return {};
}

// What all histograms of a chunk have in common.
struct Layout {
  CounterResetHint first_hint = CounterResetHint::kUnknown;
  CounterResetHint hint = CounterResetHint::kNotReset;
  FloatHistogram like;       // Without counts.
  std::size_t positive = 0;  // Buckets.
  std::size_t negative = 0;
};

bool ReadSpans(ChunkBitReader& in, std::vector<BucketSpan>& spans, std::size_t& buckets) {
  const std::uint64_t count = in.VarbitUnsigned();
  if (count > in.bits_left()) return false;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t length = in.VarbitUnsigned();
    const std::int64_t offset = in.Varbit();
    // Each bucket takes a bit at least.
    if (in.failed() || length > in.bits_left() || offset != static_cast<std::int32_t>(offset)) return false;
    sum += length;
    spans.push_back({static_cast<std::int32_t>(offset), static_cast<std::uint32_t>(length)});
  }
  buckets = sum;
  return sum <= in.bits_left();
}

double ReadZeroThreshold(ChunkBitReader& in) {
  const std::uint64_t byte = in.Bits(8);
  if (byte == 0) return 0;
  if (byte == 255) return in.Double();
  return std::ldexp(0.5, static_cast<int>(byte) - 243);
}

bool ReadCustomBounds(ChunkBitReader& in, std::vector<double>& bounds) {
  const std::uint64_t count = in.VarbitUnsigned();
  if (count > in.bits_left()) return false;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint64_t thousandths = in.VarbitUnsigned();
    bounds.push_back(thousandths == 0 ? in.Double() : static_cast<double>(thousandths - 1) / 1000);
  }
  return !in.failed();
}

bool ReadLayout(ChunkBitReader& in, Layout& out) {
  // The first one's relation to the chunk before cannot be known here: chunks may be missing between them.
  if (in.Bits(8) >> 6 == 0b11) out.first_hint = out.hint = CounterResetHint::kGauge;
  out.like.zero_threshold = ReadZeroThreshold(in);
  const std::int64_t schema = in.Varbit();
  if (schema < storage::kCustomBucketsSchema || schema > 127) return false;
  out.like.schema = static_cast<std::int32_t>(schema);
  if (!ReadSpans(in, out.like.positive_spans, out.positive)) return false;
  if (!ReadSpans(in, out.like.negative_spans, out.negative)) return false;
  return out.like.schema != storage::kCustomBucketsSchema || ReadCustomBounds(in, out.like.custom_values);
}

// Hands a complete histogram over, if it is one by Prometheus' rules.
Status Deliver(storage::HistogramPtr h, std::int64_t t, AnswerMemory& memory, SamplesRead& out) {
  if (!storage::IsStaleNan(h->sum)) {
    if (const std::string fault = CheckHistogram(*h); !fault.empty()) return Error{Errc::kInvalid, fault};
  }
  if (Status status = memory.AddHistograms(std::span(&h, 1)); status.has_error()) return status;
  out.AddHistogram(t, std::move(h));
  return {};
}

Status DecodeIntegerHistograms(ChunkBitReader& in, AnswerMemory& memory, SamplesRead& out) {
  const std::uint64_t samples = in.Bits(16);
  Layout layout;
  if (samples > 0 && !ReadLayout(in, layout)) return kMalformed;
  DeltaOfDelta time;
  DeltaOfDelta count;
  DeltaOfDelta zero_count;
  XorNumber sum;
  std::vector<DeltaOfDelta> buckets(layout.positive + layout.negative);
  for (std::size_t i = 0; i < samples; ++i) {
    time.Next(i, in);
    if (i == 0) {
      count.Start(Wrapped(in.VarbitUnsigned()));
      zero_count.Start(Wrapped(in.VarbitUnsigned()));
      sum.Set(in.Double());
    } else {
      count.Next(i, in);
      zero_count.Next(i, in);
      sum.Read(in);
    }
    const auto h = std::make_shared<FloatHistogram>(layout.like);
    h->integer = true;
    h->hint = i == 0 ? layout.first_hint : layout.hint;
    h->count = static_cast<double>(static_cast<std::uint64_t>(count.value()));
    h->zero_count = static_cast<double>(static_cast<std::uint64_t>(zero_count.value()));
    h->sum = sum.value();
    // After a stale sample there are no buckets.
    if (!storage::IsStaleNan(h->sum)) {
      std::uint64_t total = 0;
      for (std::size_t b = 0; b < buckets.size(); ++b) {
        if (b == layout.positive) total = 0;
        buckets[b].Next(i, in);
        total += static_cast<std::uint64_t>(buckets[b].value());
        auto& counts = b < layout.positive ? h->positive_buckets : h->negative_buckets;
        counts.push_back(static_cast<double>(Wrapped(total)));
      }
    }
    if (in.failed()) return kMalformed;
    if (Status status = Deliver(h, time.value(), memory, out); status.has_error()) return status;
  }
  return {};
}

Status DecodeFloatHistograms(ChunkBitReader& in, AnswerMemory& memory, SamplesRead& out) {
  const std::uint64_t samples = in.Bits(16);
  Layout layout;
  if (samples > 0 && !ReadLayout(in, layout)) return kMalformed;
  DeltaOfDelta time;
  XorNumber count;
  XorNumber zero_count;
  XorNumber sum;
  std::vector<XorNumber> buckets(layout.positive + layout.negative);
  const auto next = [&](XorNumber& number, std::size_t i) {
    if (i == 0) {
      number.Set(in.Double());
    } else {
      number.Read(in);
    }
    return number.value();
  };
  for (std::size_t i = 0; i < samples; ++i) {
    time.Next(i, in);
    const auto h = std::make_shared<FloatHistogram>(layout.like);
    h->hint = i == 0 ? layout.first_hint : layout.hint;
    h->count = next(count, i);
    h->zero_count = next(zero_count, i);
    h->sum = next(sum, i);
    if (!storage::IsStaleNan(h->sum)) {
      for (std::size_t b = 0; b < buckets.size(); ++b) {
        (b < layout.positive ? h->positive_buckets : h->negative_buckets).push_back(next(buckets[b], i));
      }
    }
    if (in.failed()) return kMalformed;
    if (Status status = Deliver(h, time.value(), memory, out); status.has_error()) return status;
  }
  return {};
}

}  // namespace

Status DecodeChunk(std::uint64_t encoding, std::string_view bytes, AnswerMemory& memory, SamplesRead& out) {
  ChunkBitReader in(bytes);
  if (Status status = memory.AddSamples(ChunkBitReader(bytes).Bits(16)); status.has_error()) return status;
  switch (encoding) {
    case 1: return DecodeFloats(in, out);
    case 2: return DecodeIntegerHistograms(in, memory, out);
    case 3: return DecodeFloatHistograms(in, memory, out);
    default: return Error{Errc::kInvalid, fmt::format("unsupported chunk encoding {}", encoding)};
  }
}

}  // namespace vigia::server
