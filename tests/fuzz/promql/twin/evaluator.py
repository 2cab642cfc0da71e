"""The value of a tree at a time: numbers for scalars, lists of (labels, value) for vectors."""
import bisect
import math

from . import aggregations, binary, buckets, elementwise, extended, floats, labels, parser, windows
from .syntax import SETS, Aggregation, Binary, Call, Minus, Number, QueryError, Range, Selector, String, Subquery, is_scalar

ONLY_NATIVE = {"histogram_count", "histogram_sum", "histogram_avg", "histogram_stddev", "histogram_stdvar"}


class Steps:
    """The times at which something is evaluated."""

    def __init__(self, start_ms, end_ms, step_ms, is_ranged=True):
        self.step_ms = step_ms
        self.is_ranged = is_ranged
        self.start_ms = start_ms
        self.end_ms = end_ms
        self.times = range(start_ms, end_ms + 1, step_ms)


class Evaluator:
    """Of one query. Without a memory a subquery would be evaluated again for every step that looks at it."""

    def __init__(self, series, steps, lookback_ms):
        self.series = series  # (labels, times, values), in the order of storage
        self.query = steps
        self.lookback_ms = lookback_ms
        self.memory = {}
        self.matching = {}
        self.evaluated = set()

    def value(self, node, t, steps):
        key = id(node), t
        if key not in self.memory:
            result = self.METHODS[type(node)](self, node, t, steps)
            if not isinstance(node, (Selector, Range, Subquery)) and isinstance(result, list):
                self.check_unique(result)
            self.memory[key] = result
        return self.memory[key]

    @staticmethod
    def check_unique(vector):
        if len({series for series, _ in vector}) != len(vector):
            raise QueryError("execution", "vector cannot contain metrics with the same labelset")

    # What reads samples.

    def end_of(self, node, t):
        """Where a selector or subquery looks, when it is asked for the time t."""
        if node.at == "start":
            t = self.query.start_ms
        elif node.at == "end":
            t = self.query.end_ms
        elif node.at is not None:
            t = node.at
        return t - node.offset_ms

    def matched(self, selector):
        if id(selector) not in self.matching:
            self.matching[id(selector)] = [one for one in self.series if labels.matches(one[0], selector.matchers)]
        return self.matching[id(selector)]

    def newest(self, selector, t):
        """(labels, time, value) of the samples that a selector finds."""
        end = self.end_of(selector, t)
        out = []
        for series, times, values in self.matched(selector):
            if selector.extension:
                value = extended.interpolated(self.points(times, values, end - self.lookback_ms, end + self.lookback_ms), end)
                out += [] if value is None else [(series, end, value)]
                continue
            i = bisect.bisect_right(times, end) - 1
            if i >= 0 and times[i] > end - self.lookback_ms and not floats.is_stale(values[i]):
                out.append((series, times[i], values[i]))
        return out

    def selector(self, node, t, _steps):
        return [(series, value) for series, _, value in self.newest(node, t)]

    @staticmethod
    def points(times, values, after, until):
        first, last = bisect.bisect_right(times, after), bisect.bisect_right(times, until)
        return [(times[i], values[i]) for i in range(first, last) if not floats.is_stale(values[i])]

    def range(self, node, t, _steps):
        end = self.end_of(node.of, t)
        start = end - node.range_ms
        before = self.lookback_ms if node.of.extension else 0
        behind = self.lookback_ms if node.of.extension == "smoothed" else 0
        out = []
        for series, times, values in self.matched(node.of):
            points = self.points(times, values, start - before, end + behind)
            if points:
                out.append((series, windows.Window(points, start, end, t)))
        return out

    def subquery(self, node, t, steps):
        self.evaluate_all(node, steps)
        end = self.end_of(node, t)
        points = {}
        for at in self.inner_steps(node, end, end).times:
            for series, value in self.value(node.of, at, steps):
                points.setdefault(series, []).append((at, value))
        return [(series, windows.Window(of_series, end - node.range_ms, end, t)) for series, of_series in sorted(points.items())]

    @staticmethod
    def inner_steps(node, first_end, last_end):
        """Multiples of the step after the first range's start up to the last range's end."""
        start = (first_end - node.range_ms) // node.step_ms * node.step_ms + node.step_ms
        return Steps(start, last_end, node.step_ms)

    def evaluate_all(self, node, steps):
        """An error anywhere between two ranges is an error, too."""
        key = id(node), steps.times
        if key in self.evaluated:
            return
        self.evaluated.add(key)
        inner = self.inner_steps(node, self.end_of(node, steps.times[0]), self.end_of(node, steps.times[-1]))
        for at in inner.times:
            self.value(node.of, at, inner)

    # What combines.

    def number(self, node, _t, _steps):
        return node.value

    def minus(self, node, t, steps):
        value = self.value(node.of, t, steps)
        return elementwise.mapped(value, lambda v: -v) if isinstance(value, list) else -value

    def binary(self, node, t, steps):
        left, right = self.value(node.left, t, steps), self.value(node.right, t, steps)
        if is_scalar(node):
            return binary.of_numbers(node.op, left, right)
        if is_scalar(node.right):
            return binary.with_number(node, left, right, True)
        if is_scalar(node.left):
            return binary.with_number(node, right, left, False)
        return (binary.set_operation if node.op in SETS else binary.of_vectors)(node, left, right)

    def aggregation(self, node, t, steps):
        parameter = node.parameter.value if isinstance(node.parameter, String) else \
            self.value(node.parameter, t, steps) if node.parameter else None
        return aggregations.evaluate(node, self.value(node.of, t, steps), parameter)

    def call(self, node, t, steps):
        name = node.name
        extension = node.arguments[0].of.extension if node.arguments and isinstance(node.arguments[0], Range) else ""
        if extension:
            return self.of_windows(name, self.value(node.arguments[0], t, steps), lambda w: extended.evaluate(name, w, extension))
        if name in windows.PLAIN:
            return self.of_windows(name, self.value(node.arguments[0], t, steps), windows.PLAIN[name])
        if name in windows.WITH_NUMBERS:
            place, function = windows.WITH_NUMBERS[name]
            numbers = [self.value(one, t, steps) for i, one in enumerate(node.arguments) if i != place]
            return self.of_windows(name, self.value(node.arguments[place], t, steps), lambda w: function(w, *numbers))
        if name in SPECIAL:
            return SPECIAL[name](self, node, t, steps)
        arguments = [one.value if isinstance(one, String) else self.value(one, t, steps) for one in node.arguments]
        if name in elementwise.MAP:
            return elementwise.mapped(arguments[0] if arguments else [((), t / 1000)], elementwise.MAP[name])
        if name in ONLY_NATIVE:
            return []
        if name == "histogram_quantile":
            return [(series, buckets.quantile(arguments[0], of)) for series, of in buckets.histograms(arguments[1])]
        if name == "histogram_fraction":
            return [(series, buckets.fraction(*arguments[:2], of)) for series, of in buckets.histograms(arguments[2])]
        return elementwise.WHOLE[name](*arguments)

    @staticmethod
    def of_windows(name, matrix, function):
        out = []
        for series, window in matrix:
            value = function(window)
            if value is not None:
                out.append((series if name in ("first_over_time", "last_over_time") else labels.without_name(series), value))
        return out

    def scalar(self, node, t, steps):
        vector = self.value(node.arguments[0], t, steps)
        return vector[0][1] if len(vector) == 1 else math.nan

    def timestamp(self, node, t, steps):
        argument = node.arguments[0]
        if isinstance(argument, Selector):
            return [(labels.without_name(series), time / 1000) for series, time, _ in self.newest(argument, t)]
        return elementwise.mapped(self.value(argument, t, steps), lambda _: t / 1000)

    def absent(self, node, t, steps):
        """With the labels that a selector asks for by one equality each."""
        argument = node.arguments[0]
        if self.value(argument, t, steps):
            return []
        selector = argument.of if isinstance(argument, Range) else argument
        matchers = selector.matchers if isinstance(selector, Selector) else []
        names = [name for name, _, _ in matchers]
        return [(labels.of({name: value for name, op, value in matchers
                            if op == "=" and name != labels.NAME and names.count(name) == 1}), 1.0)]

    METHODS = {Selector: selector, Range: range, Subquery: subquery, Number: number, Minus: minus, Binary: binary,
               Aggregation: aggregation, Call: call}


SPECIAL = {
    "time": lambda evaluator, node, t, steps: t / 1000,
    "pi": lambda evaluator, node, t, steps: math.pi,
    "start": lambda evaluator, node, t, steps: evaluator.query.start_ms / 1000,
    "end": lambda evaluator, node, t, steps: evaluator.query.end_ms / 1000,
    "step": lambda evaluator, node, t, steps: parser.calculated(node, evaluator.query),
    "range": lambda evaluator, node, t, steps: parser.calculated(node, evaluator.query),
    "vector": lambda evaluator, node, t, steps: [((), evaluator.value(node.arguments[0], t, steps))],
    "min_of": lambda evaluator, node, t, steps: floats.least(*(evaluator.value(one, t, steps) for one in node.arguments)),
    "max_of": lambda evaluator, node, t, steps: floats.greatest(*(evaluator.value(one, t, steps) for one in node.arguments)),
    "scalar": Evaluator.scalar,
    "timestamp": Evaluator.timestamp,
    "absent": Evaluator.absent,
    "absent_over_time": Evaluator.absent,
}
