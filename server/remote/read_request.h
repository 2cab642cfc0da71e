// What a remote read request asks for (prometheus prompb/remote.proto; field numbers: surface.md 1.9).
#pragma once

#include <string_view>
#include <vector>

#include "storage/model/error.h"
#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

enum class ReadResponseType { kSamples = 0, kStreamedXorChunks = 1 };

struct ReadQuery {
  storage::TimestampMs start_ms = 0;  // Inclusive, as is the next one.
  storage::TimestampMs end_ms = 0;
  std::vector<storage::Matcher> matchers;
};

struct ReadRequest {
  std::vector<ReadQuery> queries;
  ReadResponseType response_type = ReadResponseType::kSamples;  // The first known one that the client accepts.
};

// kInvalid for a malformed message, a matcher that is none, or more than kMaxReadQueries queries.
storage::Result<ReadRequest> DecodeReadRequest(std::string_view message);

inline constexpr std::size_t kMaxReadQueries = 1'000;

}  // namespace vigia::server
