#include "server/api/parameters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "promql/parser/parse.h"
#include "server/json/rfc3339.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

// Go takes a leading plus, which from_chars does not. Empty, which is no number, when another sign is behind it.
std::string_view WithoutPlus(std::string_view text) {
  if (!text.starts_with('+')) return text;
  text.remove_prefix(1);
  return text.starts_with('-') ? std::string_view() : text;
}

std::optional<double> ParseNumber(std::string_view text) {
  text = WithoutPlus(text);
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

// The smallest int64 of nanoseconds.
constexpr storage::DurationMs kShortestMs = std::numeric_limits<std::int64_t>::min() / 1'000'000;

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
    if (std::isnan(*seconds)) return kShortestMs;
    constexpr double kMaxSeconds = 9223372036.854775807;  // An int64 of nanoseconds.
    if (!(std::abs(*seconds) <= kMaxSeconds)) {
      return Error{Errc::kInvalid, fmt::format("cannot parse \"{}\" to a valid duration. It overflows int64", text)};
    }
    return static_cast<storage::DurationMs>(*seconds * 1000);
  }
  if (auto parsed = promql::ParseDuration(text); parsed.has_value()) return *parsed;
  return Error{Errc::kInvalid, fmt::format("cannot parse \"{}\" to a valid duration", text)};
}

Result<std::int64_t> ParseInteger(std::string_view text, std::string_view function) {
  const std::string_view digits = WithoutPlus(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc() && end == digits.data() + digits.size()) return value;
  const bool too_large = error == std::errc::result_out_of_range && end == digits.data() + digits.size();
  return Error{Errc::kInvalid, fmt::format("{}: parsing {}: {}", function, storage::Quoted(text),
                                           too_large ? "value out of range" : "invalid syntax")};
}

std::optional<bool> ParseBool(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> kFalse{"0", "f", "F", "FALSE", "false", "False"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, text) != kFalse.end()) return false;
  return std::nullopt;
}

Result<std::uint64_t> ParseLimit(std::string_view text) {
  if (text.empty()) return std::uint64_t{0};
  const auto value = ParseInteger(text);
  if (value.has_error()) return value.error();
  if (*value < 0) return Error{Errc::kInvalid, "limit must be non-negative"};
  return static_cast<std::uint64_t>(*value);
}

Result<storage::TimestampMs> OptionalTime(const Params& params, std::string_view name, storage::TimestampMs otherwise) {
  const auto text = params.Get(name);
  if (text.empty()) return otherwise;
  const auto time = ParseTime(text);
  if (time.has_error()) {
    return Invalid(name, fmt::format("invalid time value for '{}': {}", name, time.error().what));
  }
  return *time;
}

Result<TimeRange> ParseTimeRange(const Params& params) {
  const auto start = OptionalTime(params, "start", storage::kMinTimestampMs);
  if (start.has_error()) return start.error();
  const auto end = OptionalTime(params, "end", storage::kMaxTimestampMs);
  if (end.has_error()) return end.error();
  return TimeRange{*start, *end};
}

Result<MatcherSets> ParseMatcherSets(const Params& params) {
  MatcherSets sets;
  for (const std::string& text : params.GetAll("match[]")) {
    auto matchers = promql::ParseMetricSelector(text);
    if (matchers.has_error()) return matchers.error();
    sets.push_back(std::move(*matchers));
  }
  return sets;
}

}  // namespace vigia::server
