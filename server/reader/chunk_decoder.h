// Prometheus' chunks of samples (surface.md 9.3).
#pragma once

#include <cstdint>
#include <string_view>

#include "server/reader/series_read.h"
#include "storage/model/error.h"

namespace vigia::server {

// Appends the samples of a chunk: encodings 1 (floats), 2 and 3 (histograms). kInvalid for other ones and for bytes
// that are none; kLimit when there would be more than `max_samples` in `out`.
storage::Status DecodeChunk(std::uint64_t encoding, std::string_view bytes, std::size_t max_samples, SamplesRead& out);

}  // namespace vigia::server
