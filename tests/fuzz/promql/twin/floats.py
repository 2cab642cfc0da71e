"""Numbers as the C library and IEEE 754 have them: Python raises errors where they have infinities."""
import ctypes
import ctypes.util
import decimal
import math
import struct

LIBRARY = ctypes.CDLL(ctypes.util.find_library("m") or "libm.so.6")


def of_library(name, arguments=1):
    function = getattr(LIBRARY, name)
    function.restype = ctypes.c_double
    function.argtypes = [ctypes.c_double] * arguments
    return function


floor, ceil, sqrt = of_library("floor"), of_library("ceil"), of_library("sqrt")
fmod, power, atan2 = of_library("fmod", 2), of_library("pow", 2), of_library("atan2", 2)

STALE_BITS = 0x7FF0000000000002


def is_stale(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0] == STALE_BITS


def divide(a, b):
    if b != 0 or math.isnan(a):
        return a / b if b != 0 else a
    if a == 0:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


def least(a, b):
    """The smaller one; minus infinity even beside NaN, -0 before 0."""
    if math.inf in (-a, -b):
        return -math.inf
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if a == b == 0:
        return a if math.copysign(1, a) < 0 else b
    return a if a < b else b


def greatest(a, b):
    return -least(-a, -b)


class Sum:
    """Neumaier's: `low` is what `high` could not hold."""

    def __init__(self, high=0.0, low=0.0):
        self.high = high
        self.low = low

    def add(self, value):
        total = self.high + value
        if math.isinf(total):
            self.low = 0.0
        elif abs(self.high) >= abs(value):
            self.low += (self.high - total) + value
        else:
            self.low += (value - total) + self.high
        self.high = total

    def value(self):
        return self.high if math.isinf(self.high) else self.high + self.low


def total(values):
    out = Sum()
    for value in values:
        out.add(value)
    return out.value()


def mean(values):
    """The sum by the count, and from where the sum is infinite on each mean from the one before."""
    out, count, incremental = Sum(values[0]), 1.0, False
    for value in values[1:]:
        count += 1
        if not incremental:
            more = Sum(out.high, out.low)
            more.add(value)
            if not math.isinf(more.high):
                out = more
                continue
            incremental = True
            out = Sum(out.high / (count - 1), out.low / (count - 1))
        part = (count - 1) / count
        out = Sum(part * out.high, part * out.low)
        out.add(value / count)
    return out.high + out.low if incremental else out.high / count + out.low / count


def sort_key(value):
    """NaN comes first."""
    return (0, 0.0) if math.isnan(value) else (1, value)


def quantile(ratio, values):
    if not values or math.isnan(ratio):
        return math.nan
    if ratio < 0 or ratio > 1:
        return math.copysign(math.inf, ratio)
    values = sorted(values, key=sort_key)
    rank = ratio * (len(values) - 1)
    low = math.floor(rank)
    high = min(len(values) - 1, low + 1)
    weight = rank - low
    return values[low] * (1 - weight) + values[high] * weight


def text(value):
    """All digits, without an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    out = format(decimal.Decimal(repr(value)), "f")
    return out.removesuffix(".0")
