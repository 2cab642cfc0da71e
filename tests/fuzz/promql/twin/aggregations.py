"""Aggregations of one group's elements, in the order in which they come."""
import math

from . import floats, labels

LARGEST_HASH = float(2**64 - 1)


def variance(values):
    """Welford's; a first value that is no number leaves nothing to compare with."""
    average, squares, count = values[0], 0.0 if math.isfinite(values[0]) else math.nan, 1.0
    for value in values[1:]:
        count += 1
        delta = value - average
        average += delta / count
        squares += delta * (value - average)
    return squares / count


def best(values, is_better):
    found = values[0]
    for value in values[1:]:
        if is_better(value, found) or math.isnan(found):
            found = value
    return found


PLAIN = {
    "sum": lambda values: floats.total(values),
    "avg": floats.mean,
    "min": lambda values: best(values, lambda a, b: a < b),
    "max": lambda values: best(values, lambda a, b: a > b),
    "count": lambda values: float(len(values)),
    "group": lambda values: 1.0,
    "stddev": lambda values: floats.sqrt(variance(values)),
    "stdvar": variance,
}


class Heap:
    """The worst of the kept ones is on top. Which of equal ones goes is told by the order in it."""

    def __init__(self, sign):
        self.sign = sign
        self.elements = []

    def less(self, i, j):
        a, b = self.elements[i][1], self.elements[j][1]
        return math.isnan(a) or self.sign * a < self.sign * b

    def swap(self, i, j):
        self.elements[i], self.elements[j] = self.elements[j], self.elements[i]

    def push(self, element):
        self.elements.append(element)
        i = len(self.elements) - 1
        while i > 0 and self.less(i, (i - 1) // 2):
            self.swap(i, (i - 1) // 2)
            i = (i - 1) // 2

    def replace_top(self, element):
        self.elements[0] = element
        i = 0
        while 2 * i + 1 < len(self.elements):
            below = 2 * i + 1
            if below + 1 < len(self.elements) and self.less(below + 1, below):
                below += 1
            if not self.less(below, i):
                return
            self.swap(i, below)
            i = below


def ranked(elements, count, sign):
    """The `count` largest, or with sign -1 the smallest."""
    heap = Heap(sign)
    for element in elements:
        if len(heap.elements) < count:
            heap.push(element)
            continue
        top = heap.elements[0][1]
        if sign * top < sign * element[1] or math.isnan(top) and not math.isnan(element[1]):
            heap.replace_top(element)
    return heap.elements


def sampled(elements, ratio):
    """By the hash of the labels; a negative ratio takes what its complement leaves."""
    ratio = max(-1.0, min(1.0, ratio))

    def is_in(element):
        place = float(labels.xxh64(labels.encoded(element[0]))) / LARGEST_HASH
        return place < ratio if ratio >= 0 else place >= 1.0 + ratio
    return [element for element in elements if is_in(element)]


def chosen(op, elements, parameter):
    """For the aggregations that keep elements as they are."""
    if op == "limit_ratio":
        return sampled(elements, parameter)
    count = int(parameter)
    if count < 1:
        return []
    return elements[:count] if op == "limitk" else ranked(elements, count, 1 if op == "topk" else -1)


def groups_of(node, vector, more=()):
    """(labels, elements) of each group."""
    groups = {}
    for series, value in vector:
        key = labels.without(series, node.labels) if node.without else labels.only(series, node.labels + more)
        groups.setdefault(key, []).append((series, value))
    return list(groups.items())


def counted(node, vector, label):
    """How often there is a value, by a label that tells it."""
    told = [(labels.changed(series, label, floats.text(value)), value) for series, value in vector]
    return [(key, float(len(elements))) for key, elements in groups_of(node, told, (label,))]


def evaluate(node, vector, parameter):
    """`parameter` is a number, a label's name, or None."""
    if node.op == "count_values":
        return counted(node, vector, parameter)
    groups = groups_of(node, vector)
    if node.op == "quantile":
        return [(key, floats.quantile(parameter, [v for _, v in elements])) for key, elements in groups]
    if node.op in PLAIN:
        return [(key, PLAIN[node.op]([v for _, v in elements])) for key, elements in groups]
    return [element for _, elements in groups for element in chosen(node.op, elements, parameter)]
