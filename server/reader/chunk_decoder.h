// Prometheus' chunks of samples (surface.md 9.3).
#pragma once

#include <cstdint>
#include <string_view>

#include "server/reader/answer_memory.h"
#include "server/reader/series_read.h"
#include "storage/model/error.h"

namespace vigia::server {

// Appends the samples of a chunk: encodings 1 (floats), 2 and 3 (histograms). kInvalid for other ones and for bytes
// that are none; errors of `memory`, which all samples are added to.
storage::Status DecodeChunk(std::uint64_t encoding, std::string_view bytes, AnswerMemory& memory, SamplesRead& out);

}  // namespace vigia::server
