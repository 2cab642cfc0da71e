// Native histograms for tests, and random ones with their buckets in a map: the slow twin of spans.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "promql/histogram/bounds.h"
#include "promql/value/value.h"
#include "storage/model/histogram.h"
#include "tests/support/catch.h"

namespace vigia::promql {

using storage::BucketSpan;
using storage::CounterResetHint;

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInf = std::numeric_limits<double>::infinity();

// One span on each side, from the index `offset` on.
struct Given {
  std::int32_t schema = 0;
  double count = 0;
  double sum = 0;
  double zero_count = 0;
  double zero_threshold = 0;
  std::vector<double> positive = {};
  std::int32_t offset = 0;
  std::vector<double> negative = {};
  std::int32_t negative_offset = 0;
  std::vector<double> bounds = {};
  CounterResetHint hint = CounterResetHint::kUnknown;
};

inline FloatHistogram Make(const Given& given) {
  FloatHistogram h;
  h.hint = given.hint;
  h.schema = given.bounds.empty() ? given.schema : storage::kCustomBucketsSchema;
  h.zero_threshold = given.zero_threshold;
  h.zero_count = given.zero_count;
  h.count = given.count;
  h.sum = given.sum;
  const auto span = [](std::int32_t offset, const std::vector<double>& counts) -> std::vector<BucketSpan> {
    if (counts.empty()) return {};
    return {{offset, static_cast<std::uint32_t>(counts.size())}};
  };
  h.positive_spans = span(given.offset, given.positive);
  h.positive_buckets = given.positive;
  h.negative_spans = span(given.negative_offset, given.negative);
  h.negative_buckets = given.negative;
  h.custom_values = given.bounds;
  return h;
}

inline HistogramPtr Share(FloatHistogram h) { return std::make_shared<const FloatHistogram>(std::move(h)); }
inline HistogramPtr Shared(const Given& given) { return Share(Make(given)); }

using BucketMap = std::map<std::int64_t, double>;

inline BucketMap MapOf(const std::vector<BucketSpan>& spans, const std::vector<double>& counts) {
  BucketMap out;
  std::int64_t index = 0;
  std::size_t position = 0;
  for (const BucketSpan& span : spans) {
    index += span.offset;
    for (std::uint32_t i = 0; i < span.length; ++i, ++index) {
      if (counts[position] != 0) out[index] = counts[position];
      ++position;
    }
  }
  REQUIRE(position == counts.size());
  return out;
}

// A counter of whole numbers: sums and differences of it are exact.
inline FloatHistogram RandomHistogram(std::mt19937_64& random, std::int32_t schema) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  FloatHistogram h;
  h.schema = schema;
  const auto fill = [&](std::vector<BucketSpan>& spans, std::vector<double>& counts) {
    const std::size_t number = below(4);
    for (std::size_t i = 0; i < number; ++i) {
      const auto gap = static_cast<std::int32_t>(below(6));
      spans.push_back({i == 0 ? gap - 3 : gap, static_cast<std::uint32_t>(1 + below(5))});
      for (std::uint32_t k = 0; k < spans.back().length; ++k) counts.push_back(static_cast<double>(below(5)));
    }
  };
  fill(h.positive_spans, h.positive_buckets);
  fill(h.negative_spans, h.negative_buckets);
  constexpr double kThresholds[] = {0, 0.001, 0.5, 1};
  h.zero_threshold = kThresholds[below(4)];
  // No exporter fills buckets that lie within the zero bucket; what then comes of them is not defined.
  const auto empty_zero = [&](const std::vector<BucketSpan>& spans, std::vector<double>& counts) {
    std::int64_t index = 0;
    std::size_t position = 0;
    for (const BucketSpan& span : spans) {
      index += span.offset;
      for (std::uint32_t i = 0; i < span.length; ++i, ++index, ++position) {
        if (ExponentialBound(index - 1, schema) < h.zero_threshold) counts[position] = 0;
      }
    }
  };
  empty_zero(h.positive_spans, h.positive_buckets);
  empty_zero(h.negative_spans, h.negative_buckets);
  h.zero_count = static_cast<double>(below(4));
  h.sum = static_cast<double>(below(1000));
  h.count = h.zero_count;
  for (const double count : h.positive_buckets) h.count += count;
  for (const double count : h.negative_buckets) h.count += count;
  return h;
}

inline double Observations(const FloatHistogram& h) {
  double total = h.zero_count;
  for (const double count : h.positive_buckets) total += count;
  for (const double count : h.negative_buckets) total += count;
  return total;
}

}  // namespace vigia::promql
