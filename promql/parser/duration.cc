#include <array>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "promql/parser/parse.h"
#include "storage/model/labels.h"

namespace vigia::promql {
namespace {

using storage::Errc;
using storage::Error;

struct Unit {
  std::string_view name;
  DurationMs ms;
  bool only_without_rest;  // 90d reads easier than 12w6d.
};

constexpr DurationMs kDayMs = 24LL * 60 * 60 * 1000;
constexpr std::array<Unit, 7> kUnits = {{{"y", 365 * kDayMs, true},
                                         {"w", 7 * kDayMs, true},
                                         {"d", kDayMs, false},
                                         {"h", 60 * 60 * 1000, false},
                                         {"m", 60 * 1000, false},
                                         {"s", 1000, false},
                                         {"ms", 1, false}}};

// The reference counts in nanoseconds of 64 bits.
constexpr DurationMs kLongestMs = std::numeric_limits<std::int64_t>::max() / 1'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

storage::Result<DurationMs> ParseDuration(std::string_view text) {
  if (text.empty()) return Error{Errc::kInvalid, "empty duration string"};
  if (text == "0") return DurationMs{0};
  const Error invalid{Errc::kInvalid, fmt::format("not a valid duration string: {}", storage::Quoted(text))};
  const Error out_of_range{Errc::kInvalid, "duration out of range"};
  DurationMs total = 0;
  bool overflow = false;
  std::size_t next_unit = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!IsDigit(text[at])) return invalid;
    DurationMs value = 0;
    for (; at < text.size() && IsDigit(text[at]); ++at) {
      if (value <= kLongestMs) value = value * 10 + (text[at] - '0');
    }
    std::size_t end = at;
    while (end < text.size() && !IsDigit(text[end])) ++end;
    const std::string_view name = text.substr(at, end - at);
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kUnits.size()) return invalid;
    const DurationMs unit_ms = kUnits[next_unit++].ms;
    overflow = overflow || value > (kLongestMs - total) / unit_ms;
    if (!overflow) total += value * unit_ms;
    at = end;
  }
  if (overflow) return out_of_range;
  return total;
}

std::string FormatDuration(DurationMs duration_ms) {
  if (duration_ms == 0) return "0s";
  std::string out = duration_ms < 0 ? "-" : "";
  std::uint64_t rest = static_cast<std::uint64_t>(duration_ms);
  if (duration_ms < 0) rest = ~rest + 1;
  for (const Unit& unit : kUnits) {
    const auto unit_ms = static_cast<std::uint64_t>(unit.ms);
    if (rest < unit_ms || (unit.only_without_rest && rest % unit_ms != 0)) continue;
    out += fmt::format("{}{}", rest / unit_ms, unit.name);
    rest %= unit_ms;
  }
  return out;
}

}  // namespace vigia::promql
