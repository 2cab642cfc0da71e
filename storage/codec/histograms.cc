#include "storage/codec/histograms.h"

#include <bit>

#include "storage/codec/values.h"

namespace vigia::storage {
namespace {

constexpr unsigned kIntegerFlag = 4;
constexpr std::size_t kMaxElements = 1u << 20;  // Against hostile counts: a histogram has some hundred buckets.

void PutDouble(std::string& out, double v) { PutFixed64(out, std::bit_cast<std::uint64_t>(v)); }
double GetDouble(ByteReader& in) { return std::bit_cast<double>(in.Fixed64()); }

void PutSpans(std::string& out, const std::vector<BucketSpan>& spans) {
  PutVarint(out, spans.size());
  for (const BucketSpan& span : spans) {
    PutZigZag(out, span.offset);
    PutVarint(out, span.length);
  }
}

void PutDoubles(std::string& out, const std::vector<double>& values) {
  PutVarint(out, values.size());
  if (values.empty()) return;
  std::string chunk;
  EncodeValues(values, chunk);
  PutVarint(out, chunk.size());
  out += chunk;
}

bool GetSpans(ByteReader& in, std::vector<BucketSpan>& spans) {
  const std::uint64_t count = in.Varint();
  if (count > kMaxElements || count > in.left()) return false;
  spans.resize(count);
  for (BucketSpan& span : spans) {
    span.offset = static_cast<std::int32_t>(in.ZigZagVarint());
    span.length = static_cast<std::uint32_t>(in.Varint());
  }
  return in.ok();
}

bool GetDoubles(ByteReader& in, std::vector<double>& values) {
  const std::uint64_t count = in.Varint();
  if (!in.ok() || count > kMaxElements) return false;
  values.resize(count);
  if (count == 0) return true;
  const std::uint64_t size = in.Varint();
  const std::string_view chunk = in.Bytes(size);
  return in.ok() && DecodeValues(chunk, values);
}

}  // namespace

void EncodeHistogram(const FloatHistogram& h, std::string& out) {
  out.push_back(static_cast<char>(static_cast<unsigned>(h.hint) | (h.integer ? kIntegerFlag : 0u)));
  PutZigZag(out, h.schema);
  PutDouble(out, h.zero_threshold);
  PutDouble(out, h.zero_count);
  PutDouble(out, h.count);
  PutDouble(out, h.sum);
  PutSpans(out, h.positive_spans);
  PutSpans(out, h.negative_spans);
  PutDoubles(out, h.positive_buckets);
  PutDoubles(out, h.negative_buckets);
  PutDoubles(out, h.custom_values);
}

HistogramPtr DecodeHistogram(ByteReader& in) {
  auto h = std::make_shared<FloatHistogram>();
  const std::uint8_t flags = in.Byte();
  h->hint = static_cast<CounterResetHint>(flags & 3u);
  h->integer = (flags & kIntegerFlag) != 0;
  h->schema = static_cast<std::int32_t>(in.ZigZagVarint());
  h->zero_threshold = GetDouble(in);
  h->zero_count = GetDouble(in);
  h->count = GetDouble(in);
  h->sum = GetDouble(in);
  const bool ok = GetSpans(in, h->positive_spans) && GetSpans(in, h->negative_spans) &&
                  GetDoubles(in, h->positive_buckets) && GetDoubles(in, h->negative_buckets) &&
                  GetDoubles(in, h->custom_values) && in.ok();
  return ok ? h : nullptr;
}

}  // namespace vigia::storage
