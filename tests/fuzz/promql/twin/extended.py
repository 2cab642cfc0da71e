"""Ranges with values at their ends: anchored takes the sample before the start, smoothed draws lines between samples."""
from . import floats, windows


def between(before, after, t, is_counter):
    """On the line through two points; a counter that fell begins at 0."""
    first = 0.0 if is_counter and after[1] < before[1] else before[1]
    return first + floats.divide((after[1] - first) * float(t - before[0]), float(after[0] - before[0]))


def interpolated(points, t):
    """At `t`: the sample there, else of the line between its neighbours, else the one before."""
    before = [point for point in points if point[0] <= t]
    after = [point for point in points if point[0] > t]
    if not before:
        return None
    if before[-1][0] == t or not after:
        return before[-1][1]
    return between(before[-1], after[0], t, False)


def ends(points, window, is_smoothed, is_counter):
    """The values at the range's ends, and the points between them."""
    start, end = window.start_ms, window.end_ms
    first = max([i for i, (t, _) in enumerate(points) if t <= start], default=0)
    last = len(points) - 1
    if is_smoothed:
        last = min([i for i, (t, _) in enumerate(points) if t >= end], default=last)
    if points[last][0] <= start or points[0][0] > end:
        return None  # All is before the range, or behind it.
    left, right = points[first][1], points[last][1]
    if is_smoothed and points[first][0] < start:
        left = between(points[first], points[first + 1], start, is_counter)
    if is_smoothed and last > 0 and points[last][0] > end:
        right = between(points[last - 1], points[last], end, is_counter)
    inside = [value for t, value in points[first:last + 1] if start < t < end]
    return left, inside, right


def difference(window, is_smoothed, is_counter, is_rate):
    found = ends(window.points, window, is_smoothed, is_counter)
    if found is None:
        return None
    left, inside, right = found
    result = right - left
    if is_counter:
        fallen, before = 0.0, left
        for value in [*inside, right]:
            if value < before:
                fallen += before
            before = value
        result += fallen
    return result / ((window.end_ms - window.start_ms) / 1000) if is_rate else result


def counted(name, window):
    """resets and changes of an anchored range, from the sample before the start on."""
    first = max([i for i, t in enumerate(window.times) if t <= window.start_ms], default=0)
    if window.times[-1] <= window.start_ms:
        return None
    return windows.PLAIN[name](windows.Window(window.points[first:], window.start_ms, window.end_ms, window.now_ms))


def evaluate(name, window, extension):
    if name in ("resets", "changes"):
        return counted(name, window)
    return difference(window, extension == "smoothed", name in ("rate", "increase"), name == "rate")
