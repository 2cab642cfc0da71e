#include "server/remote/wire_encode.h"

#include <cmath>

#include "server/wire/wire_writer.h"

namespace vigia::server {
namespace {

using storage::BucketSpan;
using storage::FloatHistogram;

void PutSpans(std::string& out, std::uint32_t field, const std::vector<BucketSpan>& spans) {
  for (const BucketSpan& span : spans) {
    std::string message;
    PutSignedField(message, 1, span.offset);
    PutVarintField(message, 2, span.length);
    PutBytesField(out, field, message);
  }
}

void PutDoubles(std::string& out, std::uint32_t field, const std::vector<double>& values) {
  if (values.empty()) return;
  std::string packed;
  packed.reserve(values.size() * 8);
  for (const double value : values) storage::PutFixed64(packed, std::bit_cast<std::uint64_t>(value));
  PutBytesField(out, field, packed);
}

// Counts as differences to the bucket before.
void PutDeltas(std::string& out, std::uint32_t field, const std::vector<double>& counts) {
  if (counts.empty()) return;
  std::string packed;
  std::int64_t before = 0;
  for (const double value : counts) {
    const std::int64_t count = std::llround(value);
    storage::PutZigZag(packed, count - before);
    before = count;
  }
  PutBytesField(out, field, packed);
}

std::uint64_t Whole(double value) { return static_cast<std::uint64_t>(std::llround(value)); }

}  // namespace

void EncodeLabels(std::string& out, std::uint32_t field, const storage::Labels& labels) {
  for (const storage::LabelView label : labels) {
    const std::size_t size = 2 + storage::VarintSize(label.name.size()) + label.name.size() +
                             storage::VarintSize(label.value.size()) + label.value.size();
    storage::PutVarint(out, std::uint64_t{field} << 3 | 2);
    storage::PutVarint(out, size);
    PutBytesField(out, 1, label.name);
    PutBytesField(out, 2, label.value);
  }
}

void EncodeSample(std::string& out, storage::TimestampMs t, double v, storage::TimestampMs start_ms) {
  PutDoubleField(out, 1, v);
  PutIntField(out, 2, t);
  if (start_ms != 0) PutIntField(out, 3, start_ms);
}

void EncodeHistogramMessage(std::string& out, storage::TimestampMs t, const FloatHistogram& h,
                            storage::TimestampMs start_ms) {
  if (h.integer) {
    PutVarintField(out, 1, Whole(h.count));
  } else {
    PutDoubleField(out, 2, h.count);
  }
  PutDoubleField(out, 3, h.sum);
  PutSignedField(out, 4, h.schema);
  PutDoubleField(out, 5, h.zero_threshold);
  if (h.integer) {
    PutVarintField(out, 6, Whole(h.zero_count));
  } else {
    PutDoubleField(out, 7, h.zero_count);
  }
  PutSpans(out, 8, h.negative_spans);
  h.integer ? PutDeltas(out, 9, h.negative_buckets) : PutDoubles(out, 10, h.negative_buckets);
  PutSpans(out, 11, h.positive_spans);
  h.integer ? PutDeltas(out, 12, h.positive_buckets) : PutDoubles(out, 13, h.positive_buckets);
  PutVarintField(out, 14, static_cast<std::uint64_t>(h.hint));
  PutIntField(out, 15, t);
  PutDoubles(out, 16, h.custom_values);
  if (start_ms != 0) PutIntField(out, 17, start_ms);
}

}  // namespace vigia::server
