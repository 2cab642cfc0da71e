#include "alerting/template/methods.h"

#include <fmt/format.h>

#include "alerting/template/calendar.h"

namespace vigia::alerting {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

Error WrongCount(std::string_view name, std::size_t want, std::size_t got) {
  return Error{Errc::kInvalid, fmt::format("wrong number of args for {}: want {} got {}", name, want, got)};
}

TemplateValue Int(std::int64_t v) { return TemplateValue(v); }
TemplateValue Text(std::string_view v) { return TemplateValue(std::string(v)); }

std::optional<TemplateValue> PlainTimeMethod(std::int64_t ns, std::string_view name) {
  const CivilTime t = ToCivil(ns);
  if (name == "UTC" || name == "Local") return TemplateValue(TemplateValue::Time{ns});
  if (name == "Unix") return Int(ns / 1'000'000'000 - (ns % 1'000'000'000 < 0 ? 1 : 0));
  if (name == "UnixMilli") return Int(ns / 1'000'000 - (ns % 1'000'000 < 0 ? 1 : 0));
  if (name == "UnixNano") return Int(ns);
  if (name == "Year") return Int(t.year);
  if (name == "Month") return Text(MonthName(t.month));
  if (name == "Day") return Int(t.day);
  if (name == "Weekday") return Text(WeekdayName(t.weekday));
  if (name == "Hour") return Int(t.hour);
  if (name == "Minute") return Int(t.minute);
  if (name == "Second") return Int(t.second);
  if (name == "Nanosecond") return Int(t.nanosecond);
  if (name == "String") return Text(TimeText(ns));
  return std::nullopt;
}

std::optional<TemplateValue> PlainDurationMethod(std::int64_t ns, std::string_view name) {
  const auto in = [ns](double unit) { return TemplateValue(static_cast<double>(ns) / unit); };
  if (name == "Hours") return in(3.6e12);
  if (name == "Minutes") return in(6e10);
  if (name == "Seconds") return in(1e9);
  if (name == "Milliseconds") return Int(ns / 1'000'000);
  if (name == "Microseconds") return Int(ns / 1'000);
  if (name == "Nanoseconds") return Int(ns);
  if (name == "String") return Text(DurationText(ns));
  return std::nullopt;
}

// Wraps around where Go would.
std::int64_t Plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::optional<Result<TemplateValue>> TimeMethod(std::int64_t ns, std::string_view name, TemplateArgs args) {
  if (name == "Format") {
    if (args.size() != 1) return WrongCount(name, 1, args.size());
    const auto layout = TextArgument(args[0]);
    if (!layout) return layout.error();
    return TemplateValue(TimeFormat(ns, *layout));
  }
  if (name == "Add") {
    if (args.size() != 1) return WrongCount(name, 1, args.size());
    const auto* delta = args[0].as_duration();
    if (delta == nullptr) return WrongType("time.Duration", args[0]);
    return TemplateValue(TemplateValue::Time{Plus(ns, delta->ns)});
  }
  if (name == "Sub") {
    if (args.size() != 1) return WrongCount(name, 1, args.size());
    const auto* other = args[0].as_time();
    if (other == nullptr) return WrongType("time.Time", args[0]);
    return TemplateValue(TemplateValue::Duration{Plus(ns, Plus(~other->ns, 1))});
  }
  return std::nullopt;
}

}  // namespace

std::optional<Result<TemplateValue>> CallMethod(const TemplateValue& receiver, std::string_view name,
                                                TemplateArgs args) {
  std::optional<TemplateValue> plain;
  if (const auto* time = receiver.as_time()) {
    if (auto result = TimeMethod(time->ns, name, args)) return result;
    plain = PlainTimeMethod(time->ns, name);
  }
  if (const auto* duration = receiver.as_duration()) plain = PlainDurationMethod(duration->ns, name);
  if (!plain) return std::nullopt;
  if (!args.empty()) return WrongCount(name, 0, args.size());
  return std::move(*plain);
}

}  // namespace vigia::alerting
