"""Functions of one series' points in a window: each takes the points as (time, value) and gives a value or None."""
import math

from . import floats


class Window:
    def __init__(self, points, start_ms, end_ms, now_ms):
        """Of points after `start_ms` up to `end_ms`, never empty. `now_ms` is the time of evaluation."""
        self.points = points
        self.times = [t for t, _ in points]
        self.values = [v for _, v in points]
        self.start_ms = start_ms
        self.end_ms = end_ms
        self.now_ms = now_ms


def extrapolated(window, is_counter, is_rate):
    values, times = window.values, window.times
    if len(values) < 2:
        return None
    result = values[-1] - values[0]
    if is_counter:
        for before, after in zip(values, values[1:]):
            if after < before:
                result += before
    to_start = (times[0] - window.start_ms) / 1000
    to_end = (window.end_ms - times[-1]) / 1000
    sampled = (times[-1] - times[0]) / 1000
    gap = sampled / (len(values) - 1)
    if to_start >= gap * 1.1:
        to_start = gap / 2
    if is_counter and result > 0 and values[0] >= 0:
        to_zero = sampled * floats.divide(values[0], result)
        if to_zero < to_start:
            to_start = to_zero
    if to_end >= gap * 1.1:
        to_end = gap / 2
    factor = (sampled + to_start + to_end) / sampled
    if is_rate:
        factor /= (window.end_ms - window.start_ms) / 1000
    return result * factor


def of_last_two(window, is_rate):
    if len(window.values) < 2:
        return None
    before, after = window.values[-2:]
    result = after if is_rate and after < before else after - before
    return result / ((window.times[-1] - window.times[-2]) / 1000) if is_rate else result


def changes(window):
    return float(sum(1 for a, b in zip(window.values, window.values[1:]) if a != b and not (math.isnan(a) and math.isnan(b))))


def resets(window):
    return float(sum(1 for a, b in zip(window.values, window.values[1:]) if b < a))


def best(window, is_better):
    """The best point; NaN only if there is nothing else."""
    found = window.points[0]
    for point in window.points:
        if is_better(point[1], found[1]) or math.isnan(found[1]):
            found = point
    return found


def variance(window):
    count, average, squares = 0.0, floats.Sum(), floats.Sum()
    for value in window.values:
        count += 1
        delta = value - (average.high + average.low)
        average.add(delta / count)
        squares.add(delta * (value - (average.high + average.low)))
    return (squares.high + squares.low) / count


def median_deviation(window):
    if any(math.isnan(value) for value in window.values):
        return math.nan
    median = floats.quantile(0.5, window.values)
    return floats.quantile(0.5, [abs(value - median) for value in window.values])


def line(window, zero_ms):
    """Slope, and value at `zero_ms`, of the line of least squares."""
    first = window.values[0]
    if all(value == first for value in window.values[1:]):
        return (math.nan, math.nan) if math.isinf(first) else (0.0, first)
    xs = [(t - zero_ms) / 1000 for t in window.times]
    count = float(len(xs))
    sums = []
    for terms in (xs, window.values, [x * y for x, y in zip(xs, window.values)], [x * x for x in xs]):
        out = floats.Sum()
        for term in terms:
            out.add(term)
        sums.append(out.high + out.low)
    x, y, xy, xx = sums
    slope = floats.divide(xy - x * y / count, xx - x * x / count)
    return slope, y / count - slope * x / count


def derivative(window):
    return line(window, window.times[0])[0] if len(window.values) > 1 else None


def prediction(window, seconds):
    if len(window.values) < 2:
        return None
    slope, value = line(window, window.now_ms)
    return slope * seconds + value


def smoothed(window, smoothing, trending):
    values = window.values
    if len(values) < 2:
        return None
    before, now, trend = 0.0, values[0], values[1] - values[0]
    for i, value in enumerate(values[1:]):
        if i > 0:
            trend = trending * (now - before) + (1 - trending) * trend
        before, now = now, smoothing * value + (1 - smoothing) * (now + trend)
    return now


PLAIN = {
    "rate": lambda w: extrapolated(w, True, True),
    "increase": lambda w: extrapolated(w, True, False),
    "delta": lambda w: extrapolated(w, False, False),
    "irate": lambda w: of_last_two(w, True),
    "idelta": lambda w: of_last_two(w, False),
    "deriv": derivative,
    "resets": resets,
    "changes": changes,
    "sum_over_time": lambda w: floats.total(w.values),
    "avg_over_time": lambda w: floats.mean(w.values),
    "min_over_time": lambda w: best(w, lambda a, b: a < b)[1],
    "max_over_time": lambda w: best(w, lambda a, b: a > b)[1],
    "count_over_time": lambda w: float(len(w.values)),
    "first_over_time": lambda w: w.values[0],
    "last_over_time": lambda w: w.values[-1],
    "present_over_time": lambda w: 1.0,
    "stddev_over_time": lambda w: floats.sqrt(variance(w)),
    "stdvar_over_time": variance,
    "mad_over_time": median_deviation,
    "ts_of_max_over_time": lambda w: best(w, lambda a, b: a >= b)[0] / 1000,
    "ts_of_min_over_time": lambda w: best(w, lambda a, b: a <= b)[0] / 1000,
    "ts_of_first_over_time": lambda w: w.times[0] / 1000,
    "ts_of_last_over_time": lambda w: w.times[-1] / 1000,
}
# With numbers beside the range: where the range stands, and the function of the window and the numbers.
WITH_NUMBERS = {
    "quantile_over_time": (1, lambda w, ratio: floats.quantile(ratio, w.values)),
    "predict_linear": (0, prediction),
    "double_exponential_smoothing": (0, smoothed),
}
