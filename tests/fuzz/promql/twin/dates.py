"""Days, months and years of seconds since 1970, in UTC, with any number taken for seconds."""
import math

DAY = 86400
# Time is counted in 64 bits from this year on, so that what is far away comes around.
FIRST_YEAR = -292277022399
LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def days_before_year(year):
    """From 0001-01-01 on."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400


SHIFT = (days_before_year(1970) - days_before_year(FIRST_YEAR)) * DAY


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def length(year, month):
    return 29 if month == 2 and is_leap(year) else LENGTHS[month - 1]


class Date:
    def __init__(self, value):
        outside = math.isnan(value) or not -2.0**63 <= value < 2.0**63
        seconds = -2**63 if outside else int(value)
        seconds = (seconds + SHIFT) % 2**64 - SHIFT
        days, self.second = divmod(seconds, DAY)
        self.weekday = (days + 4) % 7  # 1970 began on a Thursday.
        days += days_before_year(1970)
        year = days * 400 // 146097 + 1
        while days_before_year(year) > days:
            year -= 1
        while days_before_year(year + 1) <= days:
            year += 1
        self.year = year
        self.day_of_year = days - days_before_year(year) + 1
        self.month, self.day = 1, self.day_of_year
        while self.day > length(year, self.month):
            self.day -= length(year, self.month)
            self.month += 1


PARTS = {
    "year": lambda date: date.year,
    "month": lambda date: date.month,
    "day_of_month": lambda date: date.day,
    "day_of_week": lambda date: date.weekday,
    "day_of_year": lambda date: date.day_of_year,
    "days_in_month": lambda date: length(date.year, date.month),
    "hour": lambda date: date.second // 3600,
    "minute": lambda date: date.second % 3600 // 60,
}


def part(name, value):
    return float(PARTS[name](Date(value)))
