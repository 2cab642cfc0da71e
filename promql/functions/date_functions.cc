#include "promql/functions/date_functions.h"

#include <cmath>
#include <cstdint>
#include <limits>

namespace vigia::promql {
namespace {

constexpr std::uint64_t kSecondsPerDay = 86'400;
constexpr std::uint64_t kDaysPer400Years = 146'097;
// Time is counted from 1 January of this year, a first year of a cycle of 400, so that all of it is positive. What lies
// before wraps around to the far end, as it does in Go.
constexpr std::int64_t kFirstYear = -292'277'022'399;
constexpr std::uint64_t kUnixDaysSinceFirst =
    (292'277'022'399ull + 1) / 400 * kDaysPer400Years + 719'162;  // To year 1, and on to 1970.
static_assert((292'277'022'399ull + 1) % 400 == 0);

struct Instant {
  std::uint64_t day;     // Since 1 January of kFirstYear.
  std::uint64_t second;  // Of the day.
};

Instant InstantOf(double seconds) {
  // What the conversion instruction answers when the value does not fit.
  std::int64_t unix = std::numeric_limits<std::int64_t>::min();
  if (seconds >= -0x1p63 && seconds < 0x1p63) unix = static_cast<std::int64_t>(seconds);
  const std::uint64_t since = static_cast<std::uint64_t>(unix) + kUnixDaysSinceFirst * kSecondsPerDay;
  return {since / kSecondsPerDay, since % kSecondsPerDay};
}

struct Date {
  std::int64_t year;
  bool leap;
  int day_of_year;  // From 0.
  int month;        // From 0.
  int day;          // From 0.
};

constexpr int kDaysBefore[13] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

int DaysBefore(int month, bool leap) { return kDaysBefore[month] + (leap && month > 1 ? 1 : 0); }

Date DateOf(double seconds) {
  std::uint64_t days = InstantOf(seconds).day;
  std::uint64_t year = days / kDaysPer400Years * 400;
  days %= kDaysPer400Years;
  // The last century of a cycle and the last year of four are longer: the quotients may not reach 4.
  std::uint64_t centuries = days / 36'524;
  centuries -= centuries >> 2;
  days -= centuries * 36'524;
  const std::uint64_t fours = days / 1'461;
  days -= fours * 1'461;
  std::uint64_t years = days / 365;
  years -= years >> 2;
  days -= years * 365;
  year += centuries * 100 + fours * 4 + years;

  Date date{};
  date.year = kFirstYear + static_cast<std::int64_t>(year);
  const bool fourth = date.year % 4 == 0;
  date.leap = fourth && (date.year % 100 != 0 || date.year % 400 == 0);
  date.day_of_year = static_cast<int>(days);
  while (DaysBefore(date.month + 1, date.leap) <= date.day_of_year) ++date.month;
  date.day = date.day_of_year - DaysBefore(date.month, date.leap);
  return date;
}

}  // namespace

double MinuteOf(double seconds) { return static_cast<double>(InstantOf(seconds).second % 3600 / 60); }
double HourOf(double seconds) { return static_cast<double>(InstantOf(seconds).second / 3600); }
// The first day was a Monday, as 1 January 2001 was.
double DayOfWeek(double seconds) { return static_cast<double>((InstantOf(seconds).day + 1) % 7); }
double DayOfMonth(double seconds) { return DateOf(seconds).day + 1; }
double DayOfYear(double seconds) { return DateOf(seconds).day_of_year + 1; }
double DaysInMonth(double seconds) {
  const Date date = DateOf(seconds);
  return DaysBefore(date.month + 1, date.leap) - DaysBefore(date.month, date.leap);
}
double MonthOf(double seconds) { return DateOf(seconds).month + 1; }
double YearOf(double seconds) { return static_cast<double>(DateOf(seconds).year); }

}  // namespace vigia::promql
