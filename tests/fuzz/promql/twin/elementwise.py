"""Functions of a vector, element by element or as a whole: each takes the vector and the other arguments."""
import functools
import math
import re

from . import dates, floats, labels


def sign(value):
    return -1.0 if value < 0 else 1.0 if value > 0 else value



MAP = {
    "abs": abs, "ceil": floats.ceil, "floor": floats.floor, "sqrt": floats.sqrt, "sgn": sign,
    "ln": floats.of_library("log"), "deg": lambda v: v * 180 / math.pi, "rad": lambda v: v * math.pi / 180,
    **{name: floats.of_library(name) for name in ("exp", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
                                                  "tanh", "asinh", "acosh", "atanh")},
    **{name: functools.partial(dates.part, name) for name in dates.PARTS},
}


def mapped(vector, function):
    return [(labels.without_name(series), function(value)) for series, value in vector]


def rounded(vector, to=1.0):
    inverse = floats.divide(1.0, to)
    return mapped(vector, lambda value: floats.divide(floats.floor(value * inverse + 0.5), inverse))


def clamped(vector, low, high):
    return [] if high < low else mapped(vector, lambda value: floats.greatest(low, floats.least(high, value)))


def label_replace(vector, target, template, source, pattern):
    def replaced(series):
        found = re.fullmatch(pattern, labels.get(series, source), re.DOTALL)
        return labels.changed(series, target, expanded(template, found)) if found else series
    return [(replaced(series), value) for series, value in vector]


def expanded(template, found):
    """$1, ${1} and $$; a group that is not there is empty."""
    def one(reference):
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        return found[int(name)] or "" if name.isdigit() and int(name) <= found.re.groups else ""
    return re.sub(r"\$(?:\{(\w+)\}|(\w+)|\$)", one, template)


def label_join(vector, target, separator, *sources):
    return [(labels.changed(series, target, separator.join(labels.get(series, name) for name in sources)), value)
            for series, value in vector]


def by_value(vector, direction):
    numbers = sorted((one for one in vector if not math.isnan(one[1])), key=lambda one: direction * one[1])
    return numbers + [one for one in vector if math.isnan(one[1])]


def natural(text):
    """Numbers in a text go by their value."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", text)]


def by_label(vector, direction, names):
    ordered = sorted(vector, key=lambda one: ([natural(labels.get(one[0], name)) for name in names], one[0]))
    return ordered[::direction]


WHOLE = {
    "round": rounded,
    "clamp": clamped,
    "clamp_min": lambda vector, low: clamped(vector, low, math.inf),
    "clamp_max": lambda vector, high: clamped(vector, -math.inf, high),
    "label_replace": label_replace,
    "label_join": label_join,
    "sort": lambda vector: by_value(vector, 1),
    "sort_desc": lambda vector: by_value(vector, -1),
    "sort_by_label": lambda vector, *names: by_label(vector, 1, names),
    "sort_by_label_desc": lambda vector, *names: by_label(vector, -1, names),
}
