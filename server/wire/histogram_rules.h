// Which native histograms are acceptable (Prometheus model/histogram Validate).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/model/histogram.h"

namespace vigia::server {

inline constexpr std::int32_t kMinSchema = -4;
inline constexpr std::int32_t kMaxSchema = 8;
inline constexpr std::int32_t kMaxReservedSchema = 52;  // Above kMaxSchema: understood, and reduced to it.

// "" or Prometheus' text of what is wrong. The exact counts of an integer histogram, which a double cannot always hold,
// are checked by CheckIntegerCounts().
std::string CheckHistogram(const storage::FloatHistogram& h);

// Counts of buckets as deltas. "" or what is wrong.
std::string CheckIntegerCounts(const std::vector<std::int64_t>& positive_deltas,
                               const std::vector<std::int64_t>& negative_deltas, std::uint64_t zero_count,
                               std::uint64_t count, double sum);

}  // namespace vigia::server
