// Numbers, times and durations for people: humanize..., toTime, parseDuration, now.
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "alerting/template/calendar.h"
#include "alerting/template/format.h"
#include "alerting/template/functions.h"
#include "promql/value/format.h"

namespace vigia::alerting {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using Env = TemplateEnvironment;

constexpr std::array<std::string_view, 8> kLarge = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
constexpr std::array<std::string_view, 8> kSmall = {"m", "u", "n", "p", "f", "a", "z", "y"};
constexpr std::array<std::string_view, 8> kBinary = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};

std::string FourDigits(double v) { return FormatFloatPrecision(v, 'g', 4); }

// Divides by `step` while it is at least that large, and appends the prefix of the steps taken.
std::string Shrunk(double v, double step, std::span<const std::string_view> prefixes) {
  std::string_view prefix;
  for (const std::string_view p : prefixes) {
    if (std::abs(v) < step) break;
    prefix = p;
    v /= step;
  }
  return FourDigits(v) + std::string(prefix);
}

std::string Grown(double v) {
  std::string_view prefix;
  for (const std::string_view p : kSmall) {
    if (std::abs(v) >= 1) break;
    prefix = p;
    v *= 1000;
  }
  return FourDigits(v) + std::string(prefix);
}

std::string HumanizeText(double v) {
  if (v == 0 || !std::isfinite(v)) return FourDigits(v);
  return std::abs(v) >= 1 ? Shrunk(v, 1000, kLarge) : Grown(v);
}

std::string Humanize1024Text(double v) {
  return std::abs(v) <= 1 || !std::isfinite(v) ? FourDigits(v) : Shrunk(v, 1024, kBinary);
}

std::string HumanizeDurationText(double v) {
  if (!std::isfinite(v)) return FourDigits(v);
  if (v == 0) return "0s";
  if (std::abs(v) < 1) return Grown(v) + "s";
  const std::string sign = v < 0 ? "-" : "";
  v = std::abs(v);
  if (v >= 9.2e18) return sign + FourDigits(v) + "s";  // More seconds than an integer holds.
  const auto whole = static_cast<std::int64_t>(v);
  const std::int64_t seconds = whole % 60, minutes = whole / 60 % 60, hours = whole / 3'600 % 24, days = whole / 86'400;
  if (days != 0) return fmt::format("{}{}d {}h {}m {}s", sign, days, hours, minutes, seconds);
  if (hours != 0) return fmt::format("{}{}h {}m {}s", sign, hours, minutes, seconds);
  if (minutes != 0) return fmt::format("{}{}m {}s", sign, minutes, seconds);
  return sign + FourDigits(v) + "s";
}

template <std::string (*Text)(double)>
Result<TemplateValue> Humanized(const Env&, TemplateArgs args) {
  const auto v = FloatArgument(args[0]);
  if (!v) return v.error();
  return TemplateValue(Text(*v));
}

std::string PercentageText(double v) { return FourDigits(v * 100) + "%"; }

Result<std::int64_t> Nanoseconds(double seconds) {
  if (!std::isfinite(seconds)) return Error{Errc::kInvalid, "value is NaN or Inf"};
  const double ns = seconds * 1e9;
  if (ns >= 9223372036854775807.0 || ns < -9223372036854775808.0) {
    return Error{Errc::kInvalid, promql::FormatGeneral(seconds) +
                                     " cannot be represented as a nanoseconds timestamp since it overflows int64"};
  }
  return static_cast<std::int64_t>(ns);
}

Result<TemplateValue> HumanizeTimestamp(const Env&, TemplateArgs args) {
  const auto v = FloatArgument(args[0]);
  if (!v) return v.error();
  if (!std::isfinite(*v)) return TemplateValue(FourDigits(*v));
  const auto ns = Nanoseconds(*v);
  if (!ns) return ns.error();
  return TemplateValue(TimeText(*ns / 1'000'000 * 1'000'000));  // Prometheus' times are whole milliseconds.
}

Result<TemplateValue> ToTime(const Env&, TemplateArgs args) {
  const auto v = FloatArgument(args[0]);
  if (!v) return v.error();
  const auto ns = Nanoseconds(*v);
  if (!ns) return ns.error();
  return TemplateValue(TemplateValue::Time{*ns / 1'000'000 * 1'000'000});
}

Result<TemplateValue> ToDuration(const Env&, TemplateArgs args) {
  const auto v = FloatArgument(args[0]);
  if (!v) return v.error();
  const auto ns = Nanoseconds(*v);
  if (!ns) return ns.error();
  return TemplateValue(TemplateValue::Duration{*ns});
}

Result<TemplateValue> Now(const Env& env, TemplateArgs) {
  return TemplateValue(static_cast<double>(env.now_ms) / 1000.0);
}

struct DurationUnit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<DurationUnit, 7> kUnits = {{{"y", 365 * 86'400'000LL},
                                                 {"w", 7 * 86'400'000LL},
                                                 {"d", 86'400'000},
                                                 {"h", 3'600'000},
                                                 {"m", 60'000},
                                                 {"s", 1'000},
                                                 {"ms", 1}}};

// Units from the largest on, each at most once. Nothing when it is no duration or does not fit.
std::optional<std::int64_t> DurationMs(std::string_view text) {
  constexpr std::int64_t kMax =
      std::numeric_limits<std::int64_t>::max() / 1'000'000;  // In nanoseconds it must fit too.
  if (text == "0") return 0;
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    std::size_t digits = 0;
    std::int64_t number = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
      number = std::min(number * 10 + (text[digits++] - '0'), kMax);
    }
    std::size_t letters = digits;
    while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
    const std::string_view name = text.substr(digits, letters - digits);
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) ++next_unit;
    if (digits == 0 || next_unit == kUnits.size()) return std::nullopt;
    const std::int64_t unit_ms = kUnits[next_unit++].ms;
    if (number > (kMax - total) / unit_ms) return std::nullopt;
    total += number * unit_ms;
    text.remove_prefix(letters);
  }
  return next_unit == 0 ? std::nullopt : std::optional(total);
}

Result<TemplateValue> ParseDurationText(const Env&, TemplateArgs args) {
  const auto text = TextArgument(args[0]);
  if (!text) return text.error();
  const bool negative = text->starts_with('-');
  const auto ms = DurationMs(std::string_view(*text).substr(negative ? 1 : 0));
  if (!ms) {
    return Error{Errc::kInvalid,
                 text->empty() ? "empty duration string" : "not a valid duration string: " + storage::Quoted(*text)};
  }
  const double seconds = static_cast<double>(*ms) / 1000.0;
  return TemplateValue(negative ? -seconds : seconds);
}

constexpr std::array kTable = {
    TemplateFunction{"humanize", 1, 1, &Humanized<HumanizeText>},
    TemplateFunction{"humanize1024", 1, 1, &Humanized<Humanize1024Text>},
    TemplateFunction{"humanizeDuration", 1, 1, &Humanized<HumanizeDurationText>},
    TemplateFunction{"humanizePercentage", 1, 1, &Humanized<PercentageText>},
    TemplateFunction{"humanizeTimestamp", 1, 1, &HumanizeTimestamp},
    TemplateFunction{"toTime", 1, 1, &ToTime},
    TemplateFunction{"toDuration", 1, 1, &ToDuration},
    TemplateFunction{"now", 0, 0, &Now},
    TemplateFunction{"parseDuration", 1, 1, &ParseDurationText},
};

}  // namespace

std::span<const TemplateFunction> NumberTemplateFunctions() { return kTable; }

}  // namespace vigia::alerting
