"""Classic histograms: lists of (upper bound, count)."""
import functools
import math
import re

from . import floats, labels

FLOAT = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+|[iI]nf(inity)?|[nN]a[nN])")
SMALL = 1e-12
SMALLEST_NORMAL = 2.2250738585072014e-308


def histograms(vector):
    """By all labels but the bound; (labels, buckets) each."""
    found = {}
    for series, count in vector:
        bound = labels.get(series, "le")
        if FLOAT.fullmatch(bound):
            found.setdefault(tuple(pair for pair in series if pair[0] != "le"), []).append((float(bound), count))
    return [(labels.without_name(key), prepared(buckets)) for key, buckets in found.items()]


def prepared(buckets):
    """In order, and equal bounds in one."""
    buckets = sorted(buckets, key=functools.cmp_to_key(lambda a, b: (a[0] > b[0]) - (a[0] < b[0])))
    out = []
    for bound, count in buckets:
        if out and out[-1][0] == bound:
            out[-1] = (bound, out[-1][1] + count)
        else:
            out.append((bound, count))
    return out


def nearly_equal(a, b):
    if math.isnan(a) and math.isnan(b) or a == b:
        return True
    size, difference = abs(a) + abs(b), abs(a - b)
    if a == 0 or b == 0 or size < SMALLEST_NORMAL:
        return difference < SMALL * SMALLEST_NORMAL
    return floats.divide(difference, floats.least(size, 1.7976931348623157e308)) < SMALL


def never_falling(buckets):
    out, before = [buckets[0]], buckets[0][1]
    for bound, count in buckets[1:]:
        if nearly_equal(before, count) or count < before:
            count = before
        else:
            before = count
        out.append((bound, count))
    return out


def first_reaching(buckets, rank):
    """By halving, as it matters where counts are NaN."""
    low, high = 0, len(buckets) - 1
    while low < high:
        middle = (low + high) // 2
        if buckets[middle][1] >= rank:
            high = middle
        else:
            low = middle + 1
    return low


def quantile(ratio, buckets):
    if math.isnan(ratio):
        return math.nan
    if ratio < 0 or ratio > 1:
        return math.copysign(math.inf, ratio)
    if buckets[-1][0] != math.inf:
        return math.nan
    buckets = never_falling(buckets)
    if len(buckets) < 2 or buckets[-1][1] == 0:
        return math.nan
    rank = ratio * buckets[-1][1]
    i = first_reaching(buckets, rank)
    end, count = buckets[i]
    if i == len(buckets) - 1:
        return buckets[-2][0]
    if i == 0 and end <= 0:
        return end
    start = 0.0
    if i > 0:
        start = buckets[i - 1][0]
        count -= buckets[i - 1][1]
        rank -= buckets[i - 1][1]
    return start + (end - start) * floats.divide(rank, count)


def rank_at(value, buckets):
    """How many observations lie below."""
    rank = 0.0
    for i, (end, count) in enumerate(buckets):
        start = buckets[i - 1][0] if i > 0 else (0.0 if end > 0 else -math.inf)
        if start >= value:
            return rank
        if end > value:
            if math.isinf(start) or math.isinf(end):
                return rank
            return rank + (count - rank) * (value - start) / (end - start)
        rank = count
    return buckets[-1][1]


def fraction(lower, upper, buckets):
    if buckets[-1][0] != math.inf:
        return math.nan
    count = buckets[-1][1]
    if count == 0 or math.isnan(lower) or math.isnan(upper):
        return math.nan
    if lower >= upper:
        return 0.0
    low, high = rank_at(lower, buckets), rank_at(upper, buckets)
    low, high = (count if rank > count else rank for rank in (low, high))
    return floats.divide(high - low, count)
