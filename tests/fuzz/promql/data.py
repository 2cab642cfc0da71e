"""Random series: what scrapes leave behind, and what they should not."""
import dataclasses
import math
import struct

BASE_MS = 1_700_000_100_000  # A multiple of five minutes.
LENGTH_MS = 2 * 3600 * 1000
INTERVAL_MS = 15_000

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
# No subnormal numbers: Go's logarithm of them is wrong.
SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 2.2250738585072014e-308, 1.7976931348623157e308, 1e300, -1e300,
           9007199254740993.0, 1e-7, 1e21, 0.1, -2.5, 3.5]


@dataclasses.dataclass
class Histogram:
    schema: int
    sum: float
    zero_threshold: float
    zero_count: float
    positive_spans: list
    positive: list
    negative_spans: list
    negative: list
    custom_values: list
    gauge: bool

    @property
    def count(self):
        return self.zero_count + math.fsum(self.positive) + math.fsum(self.negative)


@dataclasses.dataclass
class Metric:
    """What the grammar needs to know of a metric."""
    name: str
    kind: str  # counter, gauge, special, buckets, histogram, info
    labels: dict  # Name to the values that it has.


def stale_pairs(times, rng, chance):
    """Marks gaps: (t, True) is a stale marker, and what follows it for a while is missing."""
    out, skip = [], 0
    for t in times:
        if skip > 0:
            skip -= 1
        elif rng.random() < chance:
            skip = rng.randint(1, 60)
            if rng.random() < 0.7:
                out.append((t, True))
        else:
            out.append((t, False))
    return out


def scrape_times(rng, odd):
    """Of one target: a phase of its own, exact or with jitter, regular or sparse; at odd milliseconds only if asked for."""
    interval = rng.choice([INTERVAL_MS] * 4 + [10_000, 30_000, 60_000])
    phase = rng.choice([0, 0, rng.randrange(interval)])
    jitter = rng.choice([0, 0, 2, 900])
    times = []
    for t in range(BASE_MS + phase, BASE_MS + LENGTH_MS, interval):
        t += rng.randint(-jitter, jitter) if jitter else 0
        t |= 1 if odd else 0
        if t >= BASE_MS and (not times or t > times[-1]):
            times.append(t)
    return times


def counter(rng, fractional, steady=False):
    """With `steady` it is never near zero, nor reset."""
    rate = rng.choice([0, 0.2, 3, 50, 2000])
    value = 3.0e9 if steady else 0.0
    while True:
        yield value
        value += rng.random() * rate if fractional else float(rng.randint(0, max(1, int(rate))) if rng.random() < 0.8 else 0)
        if rng.random() < 0.01 and not steady:
            value = float(rng.randint(0, 2))


def gauge(rng):
    style = rng.choice(["walk", "walk", "steps", "noise", "constant"])
    value = float(rng.randint(-20, 100))
    while True:
        yield value
        if style == "walk":
            value += rng.gauss(0, 1.5)
        elif style == "steps" and rng.random() < 0.1:
            value = float(rng.randint(-5, 5))
        elif style == "noise":
            value = round(rng.uniform(-1000, 1000), 2)


def special(rng):
    while True:
        yield rng.choice(SPECIAL)


def bit(rng):
    while True:
        yield 1.0 if rng.random() < 0.9 else 0.0


def ones(_):
    while True:
        yield 1.0


def random_spans(rng, count, lowest):
    """Some places for `count` buckets."""
    runs, left, first = [], count, True
    while left > 0:
        length = rng.randint(1, left)
        runs.append((rng.randint(lowest, 4) if first else rng.randint(1, 3), length))
        left -= length
        first = False
    return runs


def exponential_layout(rng, zero_thresholds, is_gauge):
    zero_threshold = rng.choice(zero_thresholds)
    lowest = 1 if zero_threshold == 0.5 else -4  # No bucket below the zero bucket's bound.
    # Chunks of gauges keep the buckets that one of them has had, which tells functions that there may be negative values.
    positive, negative = rng.randint(1, 6), 0 if is_gauge else rng.choice([0, 0, 3])
    return Histogram(rng.choice([0, 0, 1, 2, -1]), 0.0, zero_threshold, 0.0, random_spans(rng, positive, lowest), [0.0] * positive,
                     random_spans(rng, negative, lowest), [0.0] * negative, [], is_gauge)


def custom_layout(bounds, is_gauge):
    return Histogram(-53, 0.0, 0.0, 0.0, [(0, len(bounds) + 1)], [0.0] * (len(bounds) + 1), [], [], bounds, is_gauge)


def native(rng, custom, is_gauge, bounds=None, falling=False, zero_thresholds=(0.001,)):
    """Grows as a counter does, with now and then another layout, which is a reset. With `falling` no reset leads near to
    zero: each leads to about a third of what was there."""
    h, start = None, 3.0e9 if falling and not is_gauge else 0.0
    while True:
        if h is None or rng.random() < 0.012:
            start //= 3
            some = bounds or sorted(rng.sample([0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, -1.0], rng.randint(2, 5)))
            h = custom_layout(some, is_gauge) if custom else exponential_layout(rng, zero_thresholds, is_gauge)
            h.positive = [start // len(h.positive)] * len(h.positive)
        grow = (lambda v: float(rng.randint(0, 9))) if is_gauge else (lambda v: v + rng.choice([0, 0, 1, 4]))
        h = dataclasses.replace(h, positive=[grow(v) for v in h.positive], negative=[grow(v) for v in h.negative],
                                zero_count=0.0 if custom else grow(h.zero_count),
                                sum=rng.uniform(-5, 50) if is_gauge else h.sum + rng.uniform(0, 5))
        yield h


def mixed(rng, falling):
    floats, histograms = counter(rng, False), native(rng, False, False, falling=falling, zero_thresholds=(0.001, 0.5))
    use_floats = True
    while True:
        if rng.random() < 0.05:
            use_floats = not use_floats
        yield next(floats if use_floats else histograms)


class World:
    """Metrics and their series, all from one random source."""

    def __init__(self, rng, version, with_native):
        """For a reference of this version."""
        # Before, other custom bounds made histograms incompatible.
        bounds = None if version >= (3, 9) else [-1.0, 0.25, 1.0, 5.0]
        # Before, rates of histograms were extrapolated beyond the counter's zero.
        falling = version < (3, 9)
        self.metrics = []
        self.series = []  # (labels, samples), sorted by labels.
        self.rng = rng
        targets = [("api", "a:80"), ("api", "b:80"), ("db", "c:90")]
        # Ranges were closed at both ends once: with queries at even times no sample lies on an end.
        self.times = {target: scrape_times(rng, odd=version < (3, 0)) for target in targets}
        zones = ["eu", "us"]
        old = version < (3, 0)  # Rates near zero were others.
        for target in targets:
            for code in ["200", "404", "500"]:
                for path in ["/", "/x"]:
                    self.add("requests_total", "counter", target, {"code": code, "path": path}, counter(rng, False, old))
            self.add("busy_seconds_total", "counter", target, {"mode": "user"}, counter(rng, True, old))
            self.add("busy_seconds_total", "counter", target, {"mode": "idle"}, counter(rng, True, old))
            for zone in zones:
                self.add("temperature", "gauge", target, {"zone": zone}, gauge(rng))
                self.add("queue_length", "gauge", target, {"zone": zone, "é": "ü"}, gauge(rng), chance=0.05)
            if version >= (3, 0):  # Before, infinities and NaN had other sums.
                self.add("odd", "special", target, {}, special(rng), chance=0.03)
            self.add("up", "gauge", target, {}, bit(rng), chance=0)
            self.add("build_info", "info", target, {"version": rng.choice(["1.2", "1.3"]), "zone": rng.choice(zones)}, ones(rng))
            self.add("target_info", "info", target, {"region": rng.choice(["north", "south"])}, ones(rng))
            self.add_buckets(target, broken=target[1] == "b:80", steady=old)
            if with_native:
                self.add("size_bytes", "histogram", target, {}, native(rng, False, False, falling=falling))
                self.add("size_gauge", "histogram", target, {}, native(rng, False, True))
                self.add("wait_seconds", "histogram", target, {}, native(rng, True, False, bounds, falling))
                # Without staleness markers: which kind such a marker has in a mixed series is a matter of storage.
                self.add("odd_mix_total", "histogram", target, {}, mixed(rng, falling), chance=0)
        self.series.sort(key=lambda one: sorted((k.encode(), v.encode()) for k, v in one[0].items()))

    def add(self, name, kind, target, labels, values, chance=0.01):
        labels = {"__name__": name, "job": target[0], "instance": target[1], **labels}
        samples = []
        for t, stale in stale_pairs(self.times[target], self.rng, chance):
            value = stale_like(samples[-1][1] if samples else None) if stale else next(values)
            samples.append((t, value))
        self.series.append((labels, samples))
        metric = next((m for m in self.metrics if m.name == name), None)
        if metric is None:
            metric = Metric(name, kind, {})
            self.metrics.append(metric)
        for key, value in labels.items():
            if key != "__name__" and value not in metric.labels.setdefault(key, []):
                metric.labels[key].append(value)

    def add_buckets(self, target, broken, steady):
        """A classic histogram; a broken one falls from bucket to bucket now and then, and has no +Inf."""
        rng = self.rng
        bounds = ["0.05", "0.1", "0.5", "1", "2.5"] + ([] if broken else ["+Inf"])
        parts = [counter(rng, False, steady) for _ in bounds]
        rows = []
        for _ in self.times[target]:
            total, row = 0.0, []
            for part in parts:
                total += next(part)
                row.append(total - (rng.choice([0, 0, 1e-13 * total, 2]) if broken else 0))
            rows.append(row)
        for i, bound in enumerate(bounds):
            self.add("latency_seconds_bucket", "buckets", target, {"le": bound}, iter([r[i] for r in rows]))
        self.add("latency_seconds_count", "counter", target, {}, iter([r[-1] for r in rows]))
        self.add("latency_seconds_sum", "counter", target, {}, iter([r[-1] * 0.3 for r in rows]))

    def requests(self):
        """The data in order of time, in pieces that no server finds too old."""
        piece_ms = 20 * 60 * 1000
        for start in range(BASE_MS, BASE_MS + LENGTH_MS + piece_ms, piece_ms):
            left = [(labels, runs([s for s in samples if start <= s[0] < start + piece_ms])) for labels, samples in self.series]
            while any(of_series for _, of_series in left):
                yield [(labels, of_series.pop(0)) for labels, of_series in left if of_series]


def stale_like(before):
    return dataclasses.replace(custom_layout([], False), schema=0, sum=STALE, positive_spans=[], positive=[]) \
        if isinstance(before, Histogram) else STALE


def runs(samples):
    """Pieces of one kind of sample: in one request Prometheus takes floats first, whatever their times."""
    out = []
    for sample in samples:
        if not out or isinstance(out[-1][-1][1], Histogram) != isinstance(sample[1], Histogram):
            out.append([])
        out[-1].append(sample)
    return out
