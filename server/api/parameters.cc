#include "server/api/parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "promql/parser/parse.h"
#include "server/json/rfc3339.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

// Go's strconv.ParseFloat takes a leading plus, which from_chars does not.
std::optional<double> ParseNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What Go prints for the smallest and largest time of a Prometheus client library.
constexpr std::string_view kMinTimeText = "-292273086-05-16T16:47:06Z";
constexpr std::string_view kMaxTimeText = "292277025-08-18T07:12:54.999999999Z";

// The limits themselves are no doubles, so that a clamped double would pass them by one.
storage::TimestampMs Clamp(double ms) {
  if (ms >= static_cast<double>(storage::kMaxTimestampMs)) return storage::kMaxTimestampMs;
  if (ms <= static_cast<double>(storage::kMinTimestampMs)) return storage::kMinTimestampMs;
  return static_cast<storage::TimestampMs>(ms);
}

Error Invalid(std::string_view name, std::string_view cause) {
  return {Errc::kInvalid, fmt::format("invalid parameter \"{}\": {}", name, cause)};
}

}  // namespace

Result<storage::TimestampMs> ParseTime(std::string_view text) {
  if (const auto seconds = ParseNumber(text); seconds && !std::isnan(*seconds)) {
    double whole = 0;
    const double fraction = std::modf(*seconds, &whole);
    return Clamp(whole * 1000 + std::round(fraction * 1000));
  }
  if (text == kMinTimeText) return storage::kMinTimestampMs;
  if (text == kMaxTimeText) return storage::kMaxTimestampMs;
  if (const auto ms = ParseRfc3339Ms(text)) return *ms;
  return Error{Errc::kInvalid, fmt::format("cannot parse \"{}\" to a valid timestamp", text)};
}

Result<storage::DurationMs> ParseDurationSeconds(std::string_view text) {
  if (const auto seconds = ParseNumber(text)) {
    constexpr double kMaxSeconds = 9223372036.854775807;  // An int64 of nanoseconds.
    if (!(std::abs(*seconds) <= kMaxSeconds)) {
      return Error{Errc::kInvalid, fmt::format("cannot parse \"{}\" to a valid duration. It overflows int64", text)};
    }
    return static_cast<storage::DurationMs>(*seconds * 1000);
  }
  if (auto parsed = promql::ParseDuration(text); parsed.has_value()) return *parsed;
  return Error{Errc::kInvalid, fmt::format("cannot parse \"{}\" to a valid duration", text)};
}

Result<std::uint64_t> ParseLimit(std::string_view text) {
  if (text.empty()) return std::uint64_t{0};
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error{Errc::kInvalid, fmt::format("cannot parse \"{}\" to a valid limit", text)};
  }
  if (value < 0) return Error{Errc::kInvalid, "limit must be non-negative"};
  return static_cast<std::uint64_t>(value);
}

Result<TimeRange> ParseTimeRange(const Params& params) {
  TimeRange range;
  if (const auto text = params.Get("start"); !text.empty()) {
    const auto start = ParseTime(text);
    if (start.has_error()) return Invalid("start", start.error().what);
    range.start_ms = *start;
  }
  if (const auto text = params.Get("end"); !text.empty()) {
    const auto end = ParseTime(text);
    if (end.has_error()) return Invalid("end", end.error().what);
    range.end_ms = *end;
  }
  if (range.end_ms < range.start_ms) return Invalid("end", "end timestamp must not be before start timestamp");
  return range;
}

Result<MatcherSets> ParseMatcherSets(const Params& params) {
  MatcherSets sets;
  for (const std::string& text : params.GetAll("match[]")) {
    auto matchers = promql::ParseMetricSelector(text);
    if (matchers.has_error()) return Invalid("match[]", matchers.error().what);
    sets.push_back(std::move(*matchers));
  }
  return sets;
}

}  // namespace vigia::server
