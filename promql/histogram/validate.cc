#include "promql/histogram/validate.h"

#include <cmath>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "promql/histogram/bounds.h"
#include "promql/value/format.h"

namespace vigia::promql {
namespace {

using storage::BucketSpan;
using storage::Errc;
using storage::Error;
using storage::Status;

constexpr std::string_view kNegativeOffset = "histogram has a span whose offset is negative";
constexpr std::string_view kBucketsMismatch = "histogram spans specify different number of buckets than provided";
constexpr std::string_view kNegativeBucket = "histogram has a bucket whose observation count is negative";

template <class... Args>
Error Invalid(fmt::format_string<Args...> format, Args&&... args) {
  return {Errc::kInvalid, fmt::format(format, std::forward<Args>(args)...)};
}

// `first_may_be_negative`: the first offset is an index, which is negative for bounds below 1.
Status CheckSpans(const std::vector<BucketSpan>& spans, std::size_t buckets, bool first_may_be_negative) {
  std::uint64_t needed = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].offset < 0 && (i > 0 || !first_may_be_negative))
      return Invalid("span number {} with offset {}: {}", i + 1, spans[i].offset, kNegativeOffset);
    needed += spans[i].length;
  }
  if (needed != buckets)
    return Invalid("spans need {} buckets, have {} buckets: {}", needed, buckets, kBucketsMismatch);
  return {};
}

Status CheckCounts(const std::vector<double>& counts) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0)
      return Invalid("bucket number {} has observation count of {}: {}", i + 1, FormatGeneral(counts[i]),
                     kNegativeBucket);
  }
  return {};
}

Status CheckBounds(const FloatHistogram& h) {
  const std::vector<double>& bounds = h.custom_values;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (std::isnan(bounds[i])) return Invalid("histogram custom bounds must not be NaN");
    if (i > 0 && bounds[i] <= bounds[i - 1])
      return Invalid(
          "previous bound is {:f} and current is {:f}: histogram custom bounds must be in strictly increasing order",
          bounds[i - 1], bounds[i]);
  }
  if (!bounds.empty() && bounds.back() == std::numeric_limits<double>::infinity())
    return Invalid("last +Inf bound must not be explicitly defined: histogram custom bounds must be finite");
  if (Status status = CheckSpans(h.positive_spans, h.positive_buckets.size(), false); !status) return status;
  std::uint64_t length = 0;
  for (const BucketSpan& span : h.positive_spans) length += static_cast<std::uint64_t>(span.offset) + span.length;
  if (bounds.size() + 1 < length) {
    return Invalid(
        "only {} custom bounds defined which is insufficient to cover total span length of {}: histogram custom bounds "
        "are too few",
        bounds.size(), length);
  }
  return {};
}

Status CheckCustom(const FloatHistogram& h) {
  if (Status status = CheckBounds(h); !status) return storage::Prefixed(status.error(), "custom buckets");
  if (h.zero_count != 0) return Invalid("custom buckets: must have zero count of 0");
  if (h.zero_threshold != 0) return Invalid("custom buckets: must have zero threshold of 0");
  if (!h.negative_spans.empty()) return Invalid("custom buckets: must not have negative spans");
  if (!h.negative_buckets.empty()) return Invalid("custom buckets: must not have negative buckets");
  return {};
}

Status CheckExponential(const FloatHistogram& h) {
  if (Status status = CheckSpans(h.positive_spans, h.positive_buckets.size(), true); !status)
    return storage::Prefixed(status.error(), "positive side");
  if (Status status = CheckSpans(h.negative_spans, h.negative_buckets.size(), true); !status)
    return storage::Prefixed(status.error(), "negative side");
  if (Status status = CheckCounts(h.negative_buckets); !status)
    return storage::Prefixed(status.error(), "negative side");
  if (h.zero_count < 0)
    return Invalid("zero bucket has observation count of {}: {}", FormatGeneral(h.zero_count), kNegativeBucket);
  if (!h.custom_values.empty()) return Invalid("histogram with exponential schema must not have custom bounds");
  return {};
}

Status CheckTotal(const FloatHistogram& h) {
  double in_buckets = h.zero_count;
  for (const double count : h.negative_buckets) in_buckets += count;
  for (const double count : h.positive_buckets) in_buckets += count;
  const bool has_nans = std::isnan(h.sum);
  if (has_nans ? in_buckets <= h.count : in_buckets == h.count) return {};
  return Invalid("{} observations found in buckets, but the Count field is {}: {}", FormatPlain(in_buckets),
                 FormatPlain(h.count),
                 has_nans ? "histogram's observation count should be at least the number of observations found in the "
                            "buckets"
                          : "histogram's observation count should equal the number of observations found in the "
                            "buckets (in absence of NaN)");
}

}  // namespace

Status Validate(const FloatHistogram& h) {
  const bool custom = UsesCustomBuckets(h);
  if (!custom && !IsExponentialSchema(h.schema)) {
    return Invalid(
        "histogram has an invalid schema, which must be between {} and {} for exponential buckets, or {} for custom "
        "buckets, got schema {}",
        kMinExponentialSchema, kMaxExponentialSchema, storage::kCustomBucketsSchema, h.schema);
  }
  if (Status status = custom ? CheckCustom(h) : CheckExponential(h); !status) return status;
  if (h.count < 0)
    return Invalid("observation count is {}: histogram's observation count is negative", FormatGeneral(h.count));
  if (Status status = CheckCounts(h.positive_buckets); !status)
    return storage::Prefixed(status.error(), "positive side");
  return h.integer ? CheckTotal(h) : Status();
}

}  // namespace vigia::promql
