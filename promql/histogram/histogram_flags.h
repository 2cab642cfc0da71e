// What arithmetic on native histograms has to tell the user, as a set of flags: kernels know neither metric names nor
// positions.
#pragma once

#include <cstdint>
#include <string_view>

#include "promql/value/annotations.h"

namespace vigia::promql {

enum class HistogramFlag : std::uint32_t {
  kMixedFloatsHistograms = 1u << 0,  // In a window or between two samples.
  kMixedFloatsHistogramsInAggregation = 1u << 1,
  kMixedExponentialCustom = 1u << 2,
  kNotCounter = 1u << 3,
  kNotGauge = 1u << 4,
  kResetCollisionInAddition = 1u << 5,
  kResetCollisionInSubtraction = 1u << 6,
  kResetCollisionInAggregation = 1u << 7,
  kBoundsReconciledInAddition = 1u << 8,
  kBoundsReconciledInSubtraction = 1u << 9,
  kBoundsReconciledInAggregation = 1u << 10,
  kIgnoredInMixedRange = 1u << 11,
  kQuantileIsNan = 1u << 12,
  kQuantileIsSkewed = 1u << 13,
  kFractionExcludesNans = 1u << 14,
  kIncompatibleBucketLayout = 1u << 15,  // Of a binary operator: exponential with custom buckets.
  kIncompatibleTypes = 1u << 16,         // Of a binary operator: not defined for this pair of float and histogram.
  kStartTimeOverlap = 1u << 17,
};

class HistogramFlags {
 public:
  constexpr HistogramFlags() = default;
  constexpr HistogramFlags(HistogramFlag flag) : bits_(static_cast<std::uint32_t>(flag)) {}  // NOLINT: a set of one
  constexpr void Add(HistogramFlags other) { bits_ |= other.bits_; }
  constexpr void AddIf(bool condition, HistogramFlag flag) {
    if (condition) Add(flag);
  }
  constexpr bool Has(HistogramFlag flag) const { return (bits_ & static_cast<std::uint32_t>(flag)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const HistogramFlags&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

// Adds the annotation of each flag but for those of binary operators, which need to know the operator. `metric` may be
// "".
void Annotate(HistogramFlags flags, std::string_view metric, TextPosition position, AnnotationSet& out);

}  // namespace vigia::promql
