// A native histogram sample (Prometheus model/histogram/float_histogram.go). Integer histograms are held as floats,
// which is exact up to 2^53 per bucket and is what every query computes with; `integer` remembers the exposed kind.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace vigia::storage {

enum class CounterResetHint : std::uint8_t { kUnknown = 0, kReset = 1, kNotReset = 2, kGauge = 3 };

inline constexpr std::int32_t kCustomBucketsSchema = -53;

struct BucketSpan {
  std::int32_t offset = 0;  // Gap to the previous span, or the index of the first bucket for the first span.
  std::uint32_t length = 0;
  bool operator==(const BucketSpan&) const = default;
};

struct FloatHistogram {
  CounterResetHint hint = CounterResetHint::kUnknown;
  bool integer = false;
  std::int32_t schema = 0;  // -4..8 exponential, kCustomBucketsSchema custom.
  double zero_threshold = 0;
  double zero_count = 0;
  double count = 0;
  double sum = 0;
  std::vector<BucketSpan> positive_spans, negative_spans;
  std::vector<double> positive_buckets, negative_buckets;  // Absolute counts, one per bucket of the spans.
  std::vector<double> custom_values;                       // Upper bounds for kCustomBucketsSchema, without +Inf.
};

using HistogramPtr = std::shared_ptr<const FloatHistogram>;

}  // namespace vigia::storage
