// Messages of the protobuf exposition format for tests, written from prometheus/client_model's metrics.proto.
#pragma once

#include <string>
#include <string_view>

#include "tests/support/wire_encoder.h"

namespace vigia::tests {

enum FamilyType { kCounterType = 0, kGaugeType, kSummaryType, kUntypedType, kHistogramType, kGaugeHistogramType };

inline std::string Delimited(const std::string& message) { return Varint(message.size()) + message; }
inline std::string Family(std::string_view name, std::string_view help, FamilyType type, const std::string& metrics,
                          std::string_view unit = {}) {
  return Delimited(BytesField(1, name) + BytesField(2, help) + VarintField(3, type) + metrics +
                   (unit.empty() ? std::string() : BytesField(5, unit)));
}
inline std::string Metric(const std::string& fields) { return BytesField(4, fields); }
inline std::string LabelPair(std::string_view name, std::string_view value) {
  return BytesField(1, BytesField(1, name) + BytesField(2, value));
}
inline std::string GaugeField(double v) { return BytesField(2, DoubleField(1, v)); }
inline std::string CounterField(double v, const std::string& more = {}) {
  return BytesField(3, DoubleField(1, v) + more);
}
inline std::string TimestampField(std::uint64_t field, std::uint64_t seconds, std::uint64_t nanos) {
  return BytesField(field, VarintField(1, seconds) + VarintField(2, nanos));
}
// Of a Bucket or, as field 16, of a Histogram; `fields` may hold a timestamp.
inline std::string ExemplarField(std::uint64_t field, std::string_view name, std::string_view value, double v,
                                 const std::string& fields = {}) {
  return BytesField(field, LabelPair(name, value) + DoubleField(2, v) + fields);
}
inline std::string BucketField(std::uint64_t cumulative, double upper_bound, const std::string& more = {}) {
  return BytesField(3, VarintField(1, cumulative) + DoubleField(2, upper_bound) + more);
}
inline std::string HistogramField(const std::string& fields) { return BytesField(7, fields); }

// Ten observations: 2 in the zero bucket, 3 and 5 in (1, 2] and (2, 4] of schema 0.
inline std::string NativePart() {
  return SignedField(5, 0) + DoubleField(6, 0.001) + VarintField(7, 2) + SpanField(12, 1, 2) + PackedSigned(13, {3, 2});
}
// The same observations in three classic buckets.
inline std::string ClassicPart() {
  return VarintField(1, 10) + DoubleField(2, 25) + BucketField(2, 1) + BucketField(5, 2);
}

}  // namespace vigia::tests
