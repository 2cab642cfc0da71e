// What a remote answers: prometheus.ReadResponse, or frames of prometheus.ChunkedReadResponse (surface.md 1.9).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "server/reader/answer_memory.h"
#include "server/reader/series_read.h"
#include "storage/model/error.h"

namespace vigia::server {

struct AnswerLimits {
  std::uint64_t frame_bytes = 50'000'000;
  std::size_t message_bytes = 512 << 20;  // Of a decompressed message.
};

// Series in the order in which they came; their samples as they came. kInvalid for what is malformed, kLimit beyond a
// limit, errors of `memory`. Input is hostile.
storage::Result<std::vector<SeriesRead>> DecodeSampledAnswer(std::string_view body, const AnswerLimits& limits,
                                                             AnswerMemory& memory);
storage::Result<std::vector<SeriesRead>> DecodeChunkedAnswer(std::string_view body, const AnswerLimits& limits,
                                                             AnswerMemory& memory);

}  // namespace vigia::server
