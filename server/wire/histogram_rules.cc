#include "server/wire/histogram_rules.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace vigia::server {
namespace {

using storage::BucketSpan;

constexpr const char* kNegativeBucket = "histogram has a bucket whose observation count is negative";
constexpr const char* kSpansMismatch = "histogram spans specify different number of buckets than provided";
constexpr const char* kNegativeOffset = "histogram has a span whose offset is negative";

std::string CheckSpans(const std::vector<BucketSpan>& spans, std::size_t buckets, bool first_may_be_negative) {
  std::uint64_t covered = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].offset < 0 && (i > 0 || !first_may_be_negative)) {
      return fmt::format("span number {} with offset {}: {}", i + 1, spans[i].offset, kNegativeOffset);
    }
    covered += spans[i].length;
  }
  if (covered == buckets) return {};
  return fmt::format("spans need {} buckets, have {} buckets: {}", covered, buckets, kSpansMismatch);
}

std::string CheckCounts(const std::vector<double>& buckets) {
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i] < 0) {
      return fmt::format("bucket number {} has observation count of {}: {}", i + 1, buckets[i], kNegativeBucket);
    }
  }
  return {};
}

std::string CheckCustomBounds(const storage::FloatHistogram& h) {
  double previous = -std::numeric_limits<double>::infinity();
  for (const double bound : h.custom_values) {
    if (bound <= previous) {
      return fmt::format(
          "previous bound is {:f} and current is {:f}: histogram custom bounds must be in strictly "
          "increasing order",
          previous, bound);
    }
    previous = bound;
  }
  if (previous == std::numeric_limits<double>::infinity()) {
    return "last +Inf bound must not be explicitly defined: histogram custom bounds must be finite";
  }
  if (std::string fault = CheckSpans(h.positive_spans, h.positive_buckets.size(), false); !fault.empty()) return fault;
  std::uint64_t length = 0;
  for (const BucketSpan& span : h.positive_spans) length += span.length + static_cast<std::uint64_t>(span.offset);
  if (h.custom_values.size() + 1 >= length) return {};
  return fmt::format(
      "only {} custom bounds defined which is insufficient to cover total span length of {}: histogram "
      "custom bounds are too few",
      h.custom_values.size(), length);
}

std::string CheckCustom(const storage::FloatHistogram& h) {
  if (std::string fault = CheckCustomBounds(h); !fault.empty()) return "custom buckets: " + fault;
  if (h.zero_count != 0) return "custom buckets: must have zero count of 0";
  if (h.zero_threshold != 0) return "custom buckets: must have zero threshold of 0";
  if (!h.negative_spans.empty()) return "custom buckets: must not have negative spans";
  if (!h.negative_buckets.empty()) return "custom buckets: must not have negative buckets";
  return {};
}

std::string CheckExponential(const storage::FloatHistogram& h) {
  std::string fault = CheckSpans(h.positive_spans, h.positive_buckets.size(), true);
  if (!fault.empty()) return "positive side: " + fault;
  fault = CheckSpans(h.negative_spans, h.negative_buckets.size(), true);
  if (fault.empty()) fault = CheckCounts(h.negative_buckets);
  if (!fault.empty()) return "negative side: " + fault;
  if (!h.custom_values.empty()) return "histogram with exponential schema must not have custom bounds";
  return {};
}

std::string SumDeltas(const std::vector<std::int64_t>& deltas, std::uint64_t& sum) {
  std::uint64_t bucket = 0;  // Unsigned: hostile deltas may overflow.
  for (std::size_t i = 0; i < deltas.size(); ++i) {
    bucket += static_cast<std::uint64_t>(deltas[i]);
    if (static_cast<std::int64_t>(bucket) < 0) {
      return fmt::format("bucket number {} has observation count of {}: {}", i + 1, static_cast<std::int64_t>(bucket),
                         kNegativeBucket);
    }
    sum += bucket;
  }
  return {};
}

}  // namespace

std::string CheckHistogram(const storage::FloatHistogram& h) {
  std::string fault;
  if (h.schema == storage::kCustomBucketsSchema) {
    fault = CheckCustom(h);
  } else if (h.schema >= kMinSchema && h.schema <= kMaxReservedSchema) {
    fault = CheckExponential(h);
  } else {
    fault = fmt::format(
        "histogram has an invalid schema, which must be between {} and {} for exponential buckets, or {} "
        "for custom buckets, got schema {}",
        kMinSchema, kMaxSchema, storage::kCustomBucketsSchema, h.schema);
  }
  if (!fault.empty()) return fault;
  fault = CheckCounts(h.positive_buckets);
  if (!fault.empty()) return "positive side: " + fault;
  if (h.zero_count < 0)
    return fmt::format("zero bucket has observation count of {}: {}", h.zero_count, kNegativeBucket);
  if (h.count < 0) return fmt::format("observation count is {}: histogram's observation count is negative", h.count);
  return {};
}

std::string CheckIntegerCounts(const std::vector<std::int64_t>& positive_deltas,
                               const std::vector<std::int64_t>& negative_deltas, std::uint64_t zero_count,
                               std::uint64_t count, double sum) {
  std::uint64_t found = zero_count;
  std::string fault = SumDeltas(negative_deltas, found);
  if (!fault.empty()) return "negative side: " + fault;
  fault = SumDeltas(positive_deltas, found);
  if (!fault.empty()) return "positive side: " + fault;
  // Observations of NaN count, but fall into no bucket.
  if (std::isnan(sum) ? found <= count : found == count) return {};
  return fmt::format(
      "{} observations found in buckets, but the Count field is {}: histogram's observation count should {}", found,
      count,
      std::isnan(sum) ? "be at least the number of observations found in the buckets"
                      : "equal the number of observations found in the buckets (in absence of NaN)");
}

}  // namespace vigia::server
