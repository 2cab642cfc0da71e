// Request parameters in the forms that Prometheus accepts (surface.md 1.1). Errors are the CAUSE part of
// «invalid parameter "NAME": CAUSE», unless a whole text is promised.
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

// Float seconds or a Prometheus duration. NaN is the shortest time there is, as Go makes an integer of it.
storage::Result<storage::DurationMs> ParseDurationSeconds(std::string_view text);

// What Go's strconv.Atoi takes: digits behind a sign or none. The error is that of `function`, in Go's words.
storage::Result<std::int64_t> ParseInteger(std::string_view text, std::string_view function = "strconv.Atoi");

// What Go's strconv.ParseBool takes.
std::optional<bool> ParseBool(std::string_view text);

// A non-negative integer; absent or 0 = no limit.
storage::Result<std::uint64_t> ParseLimit(std::string_view text);

// The time `name`, or `otherwise` when it is absent. The error is a whole text.
storage::Result<storage::TimestampMs> OptionalTime(const Params& params, std::string_view name,
                                                   storage::TimestampMs otherwise);

struct TimeRange {
  storage::TimestampMs start_ms = storage::kMinTimestampMs;
  storage::TimestampMs end_ms = storage::kMaxTimestampMs;
};

// `start` and `end`, all time without them. It may end before it starts: then nothing is in it. The error is a whole
// text.
storage::Result<TimeRange> ParseTimeRange(const Params& params);

using MatcherSets = std::vector<std::vector<storage::Matcher>>;

// All match[] parameters.
storage::Result<MatcherSets> ParseMatcherSets(const Params& params);

}  // namespace vigia::server
