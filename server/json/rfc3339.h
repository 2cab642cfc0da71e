// RFC 3339 times in UTC, as Go prints and reads them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigia::server {

using TimePointNs = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

// Go's RFC3339Nano in UTC: trailing zeros of the fraction, or all of it, are cut. "2015-07-01T20:10:51.781Z".
std::string FormatRfc3339Nano(TimePointNs at);
std::string FormatRfc3339Ms(std::int64_t timestamp_ms);       // The same from milliseconds; any int64 is accepted.
std::string FormatRfc3339FixedMs(std::int64_t timestamp_ms);  // Always three decimals: "2015-07-01T20:10:51.000Z".

// Unix milliseconds (rounded down) of "2006-01-02T15:04:05[.fraction](Z|+hh:mm|-hh:mm)"; nothing if it is not one.
// Years 0000 to 9999.
std::optional<std::int64_t> ParseRfc3339Ms(std::string_view text);

}  // namespace vigia::server
