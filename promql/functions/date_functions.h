// Parts of a UTC date out of seconds since the Unix epoch, as Go's time package has them: proleptic Gregorian, and for
// NaN or what no 64-bit integer holds the last second that the package knows (year 292277026596).
#pragma once

namespace vigia::promql {

double MinuteOf(double seconds);
double HourOf(double seconds);
double DayOfWeek(double seconds);  // 0 = Sunday.
double DayOfMonth(double seconds);
double DayOfYear(double seconds);  // 1 to 366.
double DaysInMonth(double seconds);
double MonthOf(double seconds);  // 1 to 12.
double YearOf(double seconds);

}  // namespace vigia::promql
