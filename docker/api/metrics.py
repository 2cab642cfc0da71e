"""Counters, gauges and histograms, and the text in which Prometheus reads them (exposition format 0.0.4).

A family has a fixed list of label names; a child is addressed by the values in the same order. Families are safe to use
from several threads: each call takes the registry's lock, and a rendered page is one consistent moment.
"""
import threading


def format_value(value):
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))


def escape_label(value):
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Family:
    kind = "untyped"

    def __init__(self, lock, name, help_text, labels):
        self._lock = lock
        self.name = name
        self.help_text = help_text
        self.labels = tuple(labels)
        self._children = {}

    def _child(self, values):
        if len(values) != len(self.labels):
            raise ValueError(f"{self.name} has the labels {self.labels}, not {len(values)} values")
        key = tuple(str(v) for v in values)
        if key not in self._children:
            self._children[key] = self._new_child()
        return key

    def _new_child(self):
        return 0.0

    def touch(self, *values):
        """Exposes a child before anything happened: rate() needs a first sample to see the first increment."""
        with self._lock:
            self._child(values)

    def value(self, *values):
        with self._lock:
            return self._children[self._child(values)]

    def total(self, **wanted):
        """Sum over all children whose labels have these values."""
        with self._lock:
            return sum(self._number(child) for key, child in self._children.items()
                       if all(dict(zip(self.labels, key))[name] == value for name, value in wanted.items()))

    def _number(self, child):
        return child

    def _label_text(self, key, *extra):
        pairs = [f'{name}="{escape_label(value)}"' for name, value in (*zip(self.labels, key), *extra)]
        return "{" + ",".join(pairs) + "}" if pairs else ""

    def lines(self):
        yield f"# HELP {self.name} {self.help_text}"
        yield f"# TYPE {self.name} {self.kind}"
        for key in sorted(self._children):
            yield from self._sample_lines(key, self._children[key])

    def _sample_lines(self, key, child):
        yield f"{self.name}{self._label_text(key)} {format_value(child)}"


class Counter(Family):
    kind = "counter"

    def add(self, amount, *values):
        if amount < 0:
            raise ValueError(f"{self.name} is a counter: it cannot go down by {-amount}")
        with self._lock:
            self._children[self._child(values)] += amount


class Gauge(Family):
    kind = "gauge"

    def set(self, amount, *values):
        with self._lock:
            self._children[self._child(values)] = float(amount)

    def add(self, amount, *values):
        with self._lock:
            self._children[self._child(values)] += amount


class Histogram(Family):
    kind = "histogram"

    def __init__(self, lock, name, help_text, labels, bounds):
        super().__init__(lock, name, help_text, labels)
        self.bounds = tuple(bounds)
        if list(self.bounds) != sorted(set(self.bounds)):
            raise ValueError(f"{name}: bucket bounds have to increase")

    def _new_child(self):
        return {"buckets": [0] * (len(self.bounds) + 1), "sum": 0.0}

    def _number(self, child):
        return sum(child["buckets"])

    def observe(self, value, *values):
        index = next((i for i, bound in enumerate(self.bounds) if value <= bound), len(self.bounds))
        with self._lock:
            child = self._children[self._child(values)]
            child["buckets"][index] += 1
            child["sum"] += value

    def sum(self, *values):
        return self.value(*values)["sum"]

    def _sample_lines(self, key, child):
        count = 0
        bounds = [*(repr(float(bound)) for bound in self.bounds), "+Inf"]
        for bound, in_bucket in zip(bounds, child["buckets"]):
            count += in_bucket
            yield f"{self.name}_bucket{self._label_text(key, ('le', bound))} {count}"
        yield f"{self.name}_sum{self._label_text(key)} {format_value(child['sum'])}"
        yield f"{self.name}_count{self._label_text(key)} {count}"


class Registry:
    def __init__(self):
        self._lock = threading.RLock()
        self.families = {}

    def _register(self, family):
        if family.name in self.families:
            raise ValueError(f"{family.name} exists already")
        self.families[family.name] = family
        return family

    def counter(self, name, help_text, *labels):
        return self._register(Counter(self._lock, name, help_text, labels))

    def gauge(self, name, help_text, *labels):
        family = self._register(Gauge(self._lock, name, help_text, labels))
        if not labels:
            family.touch()
        return family

    def histogram(self, name, help_text, *labels, bounds):
        return self._register(Histogram(self._lock, name, help_text, labels, bounds))

    def render(self):
        with self._lock:
            return "".join(line + "\n" for family in self.families.values() for line in family.lines())
