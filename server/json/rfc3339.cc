#include "server/json/rfc3339.h"

#include <fmt/format.h>

namespace vigia::server {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

struct CivilDate {
  std::int64_t year;
  unsigned month;  // 1-12
  unsigned day;    // 1-31
};

std::int64_t FloorDiv(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0)); }

// Proleptic Gregorian date of a day counted from 1970-01-01, in eras of 400 years that start on 1 March: so the leap
// day is the last of its year. std::chrono's year ends at 32767; millisecond timestamps do not.
CivilDate DateOfDay(std::int64_t day) {
  day += 719'468;  // From 0000-03-01.
  const std::int64_t era = FloorDiv(day, 146'097);
  const std::int64_t day_of_era = day - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;  // 0 is March.
  const auto day_of_month = static_cast<unsigned>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const auto month = static_cast<unsigned>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_month};
}

std::int64_t DayOfDate(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = FloorDiv(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

std::string FormatSeconds(std::int64_t unix_seconds) {
  const std::int64_t day = FloorDiv(unix_seconds, kSecondsPerDay);
  const std::int64_t second = unix_seconds - day * kSecondsPerDay;
  const CivilDate date = DateOfDay(day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", date.year, date.month, date.day, second / 3600,
                     second / 60 % 60, second % 60);
}

// `digits` decimals of which trailing zeros are cut, and the zone.
std::string WithFraction(std::string text, std::int64_t fraction, int digits) {
  if (fraction != 0) {
    fmt::format_to(std::back_inserter(text), ".{:0{}}", fraction, digits);
    text.erase(text.find_last_not_of('0') + 1);
  }
  text.push_back('Z');
  return text;
}

unsigned DaysOfMonth(std::int64_t year, unsigned month) {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// Reads fixed-width fields from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool Literal(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool Number(std::size_t width, unsigned low, unsigned high, unsigned& number) {
    if (text_.size() < width) return false;
    number = 0;
    for (const char c : text_.substr(0, width)) {
      if (c < '0' || c > '9') return false;
      number = number * 10 + static_cast<unsigned>(c - '0');
    }
    text_.remove_prefix(width);
    return number >= low && number <= high;
  }
  // The first three decimals after a point or comma as milliseconds; further ones are dropped. No point: 0.
  bool Fraction(unsigned& ms) {
    ms = 0;
    if (!Literal('.') && !Literal(',')) return true;
    std::size_t digits = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++digits, text_.remove_prefix(1)) {
      if (digits < 3) ms = ms * 10 + static_cast<unsigned>(text_.front() - '0');
    }
    for (std::size_t i = digits; i < 3; ++i) ms *= 10;
    return digits > 0;
  }
  bool AtEnd() const { return text_.empty(); }

 private:
  std::string_view text_;
};

}  // namespace

std::string FormatRfc3339Nano(TimePointNs at) {
  const std::int64_t ns = at.time_since_epoch().count();
  const std::int64_t seconds = FloorDiv(ns, 1'000'000'000);
  return WithFraction(FormatSeconds(seconds), ns - seconds * 1'000'000'000, 9);
}

std::string FormatRfc3339Ms(std::int64_t timestamp_ms) {
  const std::int64_t seconds = FloorDiv(timestamp_ms, 1000);
  return WithFraction(FormatSeconds(seconds), timestamp_ms - seconds * 1000, 3);
}

std::string FormatRfc3339FixedMs(std::int64_t timestamp_ms) {
  const std::int64_t seconds = FloorDiv(timestamp_ms, 1000);
  return FormatSeconds(seconds) + fmt::format(".{:03}Z", timestamp_ms - seconds * 1000);
}

std::optional<std::int64_t> ParseRfc3339Ms(std::string_view text) {
  Reader reader(text);
  unsigned year, month, day, hour, minute, second, ms;
  if (!reader.Number(4, 0, 9999, year) || !reader.Literal('-') || !reader.Number(2, 1, 12, month) ||
      !reader.Literal('-') || !reader.Number(2, 1, DaysOfMonth(year, month), day) || !reader.Literal('T') ||
      !reader.Number(2, 0, 23, hour) || !reader.Literal(':') || !reader.Number(2, 0, 59, minute) ||
      !reader.Literal(':') || !reader.Number(2, 0, 59, second) || !reader.Fraction(ms)) {
    return std::nullopt;
  }
  std::int64_t seconds = DayOfDate(year, month, day) * kSecondsPerDay + hour * 3600 + minute * 60 + second;
  if (!reader.Literal('Z')) {
    const bool east = reader.Literal('+');
    unsigned zone_hour, zone_minute;
    if ((!east && !reader.Literal('-')) || !reader.Number(2, 0, 24, zone_hour) || !reader.Literal(':') ||
        !reader.Number(2, 0, 59, zone_minute)) {
      return std::nullopt;
    }
    const std::int64_t offset = zone_hour * 3600 + zone_minute * 60;
    seconds -= east ? offset : -offset;
  }
  if (!reader.AtEnd()) return std::nullopt;
  return seconds * 1000 + ms;
}

}  // namespace vigia::server
