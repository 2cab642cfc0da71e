// Times and durations as Go's time package prints them, UTC only (https://pkg.go.dev/time).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vigia::alerting {

struct CivilTime {
  std::int64_t year = 1970;
  int month = 1;    // 1-12
  int day = 1;      // 1-31
  int weekday = 4;  // 0 = Sunday
  int hour = 0, minute = 0, second = 0;
  std::int64_t nanosecond = 0;
};

CivilTime ToCivil(std::int64_t unix_ns);

// "2015-06-23 13:19:44.128 +0000 UTC", the String() of a time in UTC.
std::string TimeText(std::int64_t unix_ns);
// Time.Format(layout), the layout being written with the reference time Mon Jan 2 15:04:05 MST 2006.
std::string TimeFormat(std::int64_t unix_ns, std::string_view layout);
// "1h2m3.5s", "1.5ms", "0s": the String() of a duration.
std::string DurationText(std::int64_t ns);

std::string_view MonthName(int month);      // 1-12
std::string_view WeekdayName(int weekday);  // 0 = Sunday

}  // namespace vigia::alerting
