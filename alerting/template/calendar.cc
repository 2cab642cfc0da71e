#include "alerting/template/calendar.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace vigia::alerting {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

std::int64_t FloorDiv(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// ".128" without trailing zeros, "" for a whole second.
std::string Fraction(std::int64_t nanosecond) {
  if (nanosecond == 0) return "";
  std::string digits = fmt::format(".{:09}", nanosecond);
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits;
}

std::string Decimal(std::int64_t ns, std::int64_t unit) {
  std::string out = fmt::format("{}", ns / unit);
  const std::int64_t rest = ns % unit;
  if (rest == 0) return out;
  int width = 0;
  for (std::int64_t u = unit; u > 1; u /= 10) ++width;
  std::string digits = fmt::format(".{:0{}}", rest, width);
  digits.erase(digits.find_last_not_of('0') + 1);
  return out + digits;
}

// The words of a layout, longer ones before their prefixes.
constexpr std::array<std::string_view, 25> kLayoutWords = {
    "January", "Jan", "Monday", "Mon", "MST", "2006", "-07:00", "-0700", "Z07:00", "Z0700", "01", "02", "03",
    "04",      "05",  "06",     "15",  "PM",  "pm",   "_2",     "1",     "2",      "3",     "4",  "5"};

std::string LayoutWord(std::string_view word, const CivilTime& t) {
  const int hour12 = t.hour % 12 == 0 ? 12 : t.hour % 12;
  if (word == "January") return std::string(MonthName(t.month));
  if (word == "Jan") return std::string(MonthName(t.month).substr(0, 3));
  if (word == "Monday") return std::string(WeekdayName(t.weekday));
  if (word == "Mon") return std::string(WeekdayName(t.weekday).substr(0, 3));
  if (word == "MST") return "UTC";
  if (word == "2006") return fmt::format("{:04}", t.year);
  if (word == "-07:00") return "+00:00";
  if (word == "-0700") return "+0000";
  if (word == "Z07:00" || word == "Z0700") return "Z";
  if (word == "01") return fmt::format("{:02}", t.month);
  if (word == "02") return fmt::format("{:02}", t.day);
  if (word == "03") return fmt::format("{:02}", hour12);
  if (word == "04") return fmt::format("{:02}", t.minute);
  if (word == "05") return fmt::format("{:02}", t.second);
  if (word == "06") return fmt::format("{:02}", t.year % 100);
  if (word == "15") return fmt::format("{:02}", t.hour);
  if (word == "PM") return t.hour >= 12 ? "PM" : "AM";
  if (word == "pm") return t.hour >= 12 ? "pm" : "am";
  if (word == "_2") return fmt::format("{:2}", t.day);
  if (word == "1") return fmt::format("{}", t.month);
  if (word == "2") return fmt::format("{}", t.day);
  if (word == "3") return fmt::format("{}", hour12);
  if (word == "4") return fmt::format("{}", t.minute);
  return fmt::format("{}", t.second);
}

// ".000" prints that many digits, ".999" at most that many; only right after a second. The length taken, or 0.
std::size_t LayoutFraction(std::string_view rest, const CivilTime& t, std::string& out) {
  if (rest.size() < 2 || (rest[0] != '.' && rest[0] != ',') || (rest[1] != '0' && rest[1] != '9')) return 0;
  std::size_t length = 1;
  while (length < rest.size() && rest[length] == rest[1]) ++length;
  if (length > 10 || (length < rest.size() && rest[length] >= '0' && rest[length] <= '9')) return 0;
  std::string digits = fmt::format("{:09}", t.nanosecond).substr(0, length - 1);
  if (rest[1] == '9') digits.erase(digits.find_last_not_of('0') + 1);
  if (!digits.empty()) out.append(1, rest[0]).append(digits);
  return length;
}

}  // namespace

std::string_view MonthName(int month) { return kMonths[static_cast<std::size_t>(month - 1)]; }
std::string_view WeekdayName(int weekday) { return kWeekdays[static_cast<std::size_t>(weekday)]; }

CivilTime ToCivil(std::int64_t unix_ns) {
  const std::int64_t seconds = FloorDiv(unix_ns, kNsPerSecond);
  const std::int64_t days = FloorDiv(seconds, 86'400);
  const std::int64_t in_day = seconds - days * 86'400;
  // Days to a date in the proleptic Gregorian calendar, counting eras of 400 years from 1 March of year 0.
  const std::int64_t z = days + 719'468;
  const std::int64_t era = FloorDiv(z, 146'097);
  const std::int64_t day_of_era = z - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  CivilTime t;
  t.day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  t.month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  t.year = year_of_era + era * 400 + (t.month <= 2 ? 1 : 0);
  t.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  t.hour = static_cast<int>(in_day / 3'600);
  t.minute = static_cast<int>(in_day / 60 % 60);
  t.second = static_cast<int>(in_day % 60);
  t.nanosecond = unix_ns - seconds * kNsPerSecond;
  return t;
}

std::string TimeText(std::int64_t unix_ns) {
  const CivilTime t = ToCivil(unix_ns);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{} +0000 UTC", t.year, t.month, t.day, t.hour, t.minute,
                     t.second, Fraction(t.nanosecond));
}

std::string TimeFormat(std::int64_t unix_ns, std::string_view layout) {
  const CivilTime t = ToCivil(unix_ns);
  std::string out;
  bool after_second = false;
  for (std::size_t at = 0; at < layout.size();) {
    const std::string_view rest = layout.substr(at);
    if (after_second) {
      after_second = false;
      if (const std::size_t taken = LayoutFraction(rest, t, out); taken > 0) {
        at += taken;
        continue;
      }
    }
    std::string_view found;
    for (const std::string_view word : kLayoutWords) {
      if (found.empty() && rest.substr(0, word.size()) == word) found = word;
    }
    if (found.empty()) {
      out += layout[at++];
    } else {
      out += LayoutWord(found, t);
      at += found.size();
      after_second = found == "05" || found == "5";
    }
  }
  return out;
}

std::string DurationText(std::int64_t ns) {
  if (ns == 0) return "0s";
  const std::string sign = ns < 0 ? "-" : "";
  const std::uint64_t magnitude = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  if (magnitude < 1'000) return fmt::format("{}{}ns", sign, magnitude);
  const auto small = static_cast<std::int64_t>(magnitude % kNsPerSecond);
  if (magnitude < 1'000'000) return sign + Decimal(small, 1'000) + "µs";
  if (magnitude < 1'000'000'000) return sign + Decimal(small, 1'000'000) + "ms";
  const std::uint64_t seconds = magnitude / kNsPerSecond;
  const std::string last = Decimal(static_cast<std::int64_t>(seconds % 60) * kNsPerSecond + small, kNsPerSecond) + "s";
  if (seconds < 60) return sign + last;
  if (seconds < 3'600) return fmt::format("{}{}m{}", sign, seconds / 60, last);
  return fmt::format("{}{}h{}m{}", sign, seconds / 3'600, seconds / 60 % 60, last);
}

}  // namespace vigia::alerting
