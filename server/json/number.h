// How Prometheus writes numbers and times into JSON (surface.md 1.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace vigia::server {

// Appends a sample value without quotes: shortest digits that read back to the same double, no exponent for
// 1e-6 <= |v| < 1e21, otherwise as Go writes it ("1e+21", "1e-07"); "NaN", "+Inf", "-Inf", "-0".
void AppendSampleValue(std::string& out, double value);

// Appends the time as Unix seconds, with exactly three decimals unless all are zero: 1435781451.780, 1435781451,
// -0.001.
void AppendTimestampSeconds(std::string& out, std::int64_t timestamp_ms);

// A point of a result: [seconds,"value"].
void AppendPoint(std::string& out, std::int64_t timestamp_ms, double value);

// The same characters written to `at`, which has room for kMaxNumberChars, more than any number has; returns where they
// end.
char* WriteSampleValue(char* at, double value);
char* WriteTimestampSeconds(char* at, std::int64_t timestamp_ms);
inline constexpr std::size_t kMaxNumberChars = 48;

}  // namespace vigia::server
