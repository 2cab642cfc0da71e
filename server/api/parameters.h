// Request parameters in the forms that Prometheus accepts (surface.md 1.1). Errors are the CAUSE part of
// «invalid parameter "NAME": CAUSE».
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/http/message.h"
#include "storage/model/error.h"
#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// Float Unix seconds rounded to milliseconds, RFC 3339, or one of the two words that clients use for "since ever" and
// "for ever". Clamped to kMinTimestampMs..kMaxTimestampMs.
storage::Result<storage::TimestampMs> ParseTime(std::string_view text);

// Float seconds or a Prometheus duration.
storage::Result<storage::DurationMs> ParseDurationSeconds(std::string_view text);

// A non-negative integer; absent or 0 = no limit.
storage::Result<std::uint64_t> ParseLimit(std::string_view text);

// A parameter that may be absent, with its name kept for the error.
struct TimeRange {
  storage::TimestampMs start_ms = storage::kMinTimestampMs;
  storage::TimestampMs end_ms = storage::kMaxTimestampMs;
};

// `start` and `end` of the label and series endpoints. The error is a whole text, with the parameter's name.
storage::Result<TimeRange> ParseTimeRange(const Params& params);

using MatcherSets = std::vector<std::vector<storage::Matcher>>;

// All match[] parameters. The error is a whole text.
storage::Result<MatcherSets> ParseMatcherSets(const Params& params);

}  // namespace vigia::server
