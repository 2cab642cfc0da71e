// Samples as chunks of Prometheus' storage, for streamed remote read (surface.md 9.3).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "storage/model/histogram.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

enum class ChunkType : std::uint8_t { kXor = 1, kHistogram = 2, kFloatHistogram = 3 };

inline constexpr std::size_t kSamplesPerChunk = 120;

// REQUIRES: t.size() == v.size(), from 1 to 65535; times ascend.
std::string EncodeXorChunk(std::span<const storage::TimestampMs> t, std::span<const double> v);

// One sample: a chunk holds histograms of one layout only, and what a client does with a chunk does not depend on how
// many it has. `type` is what came of it.
std::string EncodeHistogramChunk(storage::TimestampMs t, const storage::FloatHistogram& h, ChunkType* type);

}  // namespace vigia::server
