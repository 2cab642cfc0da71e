"""Random expressions that are valid by type: a tree of text and nodes, so that it can be made smaller."""

VECTOR, SCALAR, MATRIX = "vector", "scalar", "matrix"


class Node:
    def __init__(self, kind, *parts, what=""):
        self.kind = kind
        self.parts = parts
        self.what = what  # The function, operator, ... for statistics and rules.

    def __str__(self):
        return "".join(str(part) for part in self.parts)

    def children(self):
        return [part for part in self.parts if isinstance(part, Node)]

    def walk(self):
        yield self
        for child in self.children():
            yield from child.walk()

    def size(self):
        return sum(1 for _ in self.walk())


def smaller(node):
    """Trees like this one with something less, biggest steps first."""
    for below in node.walk():
        if below is not node and below.kind == node.kind:
            yield below
    for i, part in enumerate(node.parts):
        if isinstance(part, Node):
            for less in smaller(part):
                yield Node(node.kind, *node.parts[:i], less, *node.parts[i + 1:], what=node.what)
        elif node.what == "selector" and i > 0 and part:
            yield Node(node.kind, *node.parts[:i], "", *node.parts[i + 1:], what=node.what)


MAP = ["abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "sgn", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
       "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad"]
DATES = ["year", "month", "day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute"]
RANGES = ["rate"] * 6 + ["increase"] * 4 + ["irate", "idelta", "delta"] * 2 + [
    "deriv", "resets", "changes", "sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "count_over_time",
    "last_over_time", "present_over_time", "absent_over_time", "stddev_over_time", "stdvar_over_time", "mad_over_time",
    "ts_of_max_over_time", "ts_of_min_over_time", "ts_of_last_over_time"]
HISTOGRAM = ["histogram_count", "histogram_sum", "histogram_avg", "histogram_stddev", "histogram_stdvar"]
AGGREGATIONS = ["sum"] * 4 + ["avg"] * 2 + ["min", "max", "count", "group", "stddev", "stdvar"]
RANKS = ["topk", "bottomk", "limitk"]


class Grammar:
    def __init__(self, rng, metrics, newest=False):
        """`newest` is for what the language has since 3.14 only, or behind a feature that older references do not have."""
        self.rng = rng
        self.metrics = metrics
        self.newest = newest
        self.by_kind = {}
        for metric in metrics:
            self.by_kind.setdefault(metric.kind, []).append(metric)

    def expression(self):
        roll = self.rng.random()
        if roll < 0.05:
            return self.scalar(3)
        return self.vector(self.rng.choice([1, 2, 2, 3, 3, 4]))

    # Numbers, durations, labels.

    def literal(self):
        rng = self.rng
        return rng.choice([lambda: str(rng.randint(0, 10)), lambda: repr(round(rng.uniform(-3, 100), 3)), lambda: "0.5",
                           lambda: rng.choice(["Inf", "-Inf", "NaN", "0x1F", "1e3", "-0", "1e-9", "1_000", ".5", "5m", "017"])])()

    def duration(self, choices=("15s", "1m", "2m30s", "5m", "5m", "7m13s", "20m", "1h")):
        return self.rng.choice(choices)

    def range_text(self):
        """In brackets; sometimes calculated."""
        rng = self.rng
        if not self.newest or rng.random() < 0.8:
            return self.duration()
        return rng.choice(["2m * 3", "1h / 7", "10m - 2 * 47s", "step() + 3m", "max_of(step(), 1m30s)", "min_of(7m, range() + 4m)",
                           "-(1m - 6m)", "2 ^ 9", "1h % 14m", "(1m + 30s) * 2", "350", "range() / 3 + 5m", "0x100"])

    def label_names(self, metric, most=3):
        names = sorted(metric.labels)
        return self.rng.sample(names, self.rng.randint(0, min(most, len(names))))

    def labels(self, names):
        return ", ".join(name if name.isascii() else f'"{name}"' for name in names)

    def any_labels(self):
        return self.labels(self.label_names(self.rng.choice(self.metrics)))

    def matcher(self, metric):
        rng = self.rng
        name = rng.choice(sorted(metric.labels))
        values = metric.labels[name]
        value = rng.choice(values)
        op, text = rng.choice([("=", value), ("!=", value), ("=~", "|".join(rng.sample(values, rng.randint(1, len(values))))
                                                                      .replace("/", "[/]").replace("+", "[+]")),
                               ("!~", value[:1].replace("+", "[+]") + ".*"), ("=~", ".+"), ("=~", ".*"), ("!=", ""), ("!~", "zz")])
        return f"{self.labels([name])}{op}\"{text}\""

    # Selectors.

    def metric(self, kinds=None):
        rng = self.rng
        kinds = [k for k in (kinds or ["counter", "counter", "gauge", "gauge", "special", "buckets", "histogram", "info"])
                 if k in self.by_kind]
        return rng.choice(self.by_kind[rng.choice(kinds)])

    def modifiers(self):
        rng = self.rng
        offset = f" offset {rng.choice(['', '-'])}{self.duration()}" if rng.random() < 0.1 else ""
        at = f" @ {rng.choice(['start()', 'end()', str(self.any_time())])}" if rng.random() < 0.06 else ""
        return rng.choice([offset + at, at + offset])

    def any_time(self):
        from data import BASE_MS, LENGTH_MS
        return (BASE_MS + self.rng.randrange(0, LENGTH_MS, 500)) / 1000

    def braces(self, metric):
        if self.rng.random() < 0.65:
            return ""
        return "{" + ", ".join(self.matcher(metric) for _ in range(self.rng.choice([1, 1, 2]))) + "}"

    def selector(self, metric=None):
        metric = metric or self.metric()
        if self.rng.random() < 0.02:
            name = self.rng.choice([metric.name[:4] + ".*", metric.name[:4] + ".*", f"{metric.name}|{self.metric().name}", "[a-l].+"])
            return Node(VECTOR, '{__name__=~"' + name + '"', "", "}", self.modifiers(), what="selector")
        return Node(VECTOR, metric.name, self.braces(metric), self.modifiers(), what="selector")

    def matrix(self, depth, kinds=None):
        rng = self.rng
        if depth > 0 and rng.random() < 0.15:
            step = rng.choice(["", "15s", "1m", "47s", "2m"])
            return Node(MATRIX, self.wrapped(self.vector(depth - 1)), f"[{self.range_text()}:{step}]", self.modifiers(), what="subquery")
        metric = self.metric(kinds)
        return Node(MATRIX, metric.name, self.braces(metric), f"[{self.range_text()}]", self.modifiers(), what="selector")

    def wrapped(self, node):
        return Node(node.kind, "(", node, ")", what="parens")

    # Scalars.

    def scalar(self, depth):
        rng = self.rng
        if depth <= 0 or rng.random() < 0.6:
            return Node(SCALAR, rng.choice([self.literal()] * 6 + ["time()", "pi()"]), what="number")
        if self.newest and rng.random() < 0.2:
            return self.newest_scalar(depth)
        roll = rng.random()
        if roll < 0.4:
            return Node(SCALAR, "scalar(", self.vector(depth - 1), ")", what="scalar")
        if roll < 0.5:
            return Node(SCALAR, "-", self.wrapped(self.scalar(depth - 1)), what="unary")
        op = rng.choice(["+", "-", "*", "/", "%", "^", "atan2", "== bool", "> bool", "<= bool", "!= bool"])
        return Node(SCALAR, "(", self.scalar(depth - 1), f" {op} ", self.scalar(depth - 1), ")", what="scalar " + op)

    def newest_scalar(self, depth):
        name = self.rng.choice(["start", "end", "step", "range", "min_of", "max_of"])
        if not name.endswith("_of"):
            return Node(SCALAR, f"{name}()", what=name)
        return Node(SCALAR, f"{name}(", self.scalar(depth - 1), ", ", self.scalar(depth - 1), ")", what=name)

    def ratio(self):
        """A quantile, and sometimes none."""
        rng = self.rng
        if rng.random() < 0.85:
            return Node(SCALAR, rng.choice(["0", "0.1", "0.5", "0.9", "0.99", "1"]), what="number")
        return Node(SCALAR, rng.choice(["-0.5", "1.5", "NaN", "scalar(up)"]), what="number")

    # Vectors.

    def vector(self, depth):
        rng = self.rng
        if depth <= 0:
            return self.selector()
        if self.newest and rng.random() < 0.12:
            return rng.choice([self.extended, self.extended, self.extended, self.filled, self.filled, self.first_call, self.smoothed])(depth)
        choices = [(16, self.range_call), (12, self.aggregation), (14, self.binary), (5, self.map_call), (4, self.rank), (3, self.set_binary),
                   (4, self.quantile_call), (3, self.label_call), (2, self.sorting), (2, self.date_call), (2, self.unary),
                   (2, self.absence), (2, self.clamping), (1, self.from_scalar), (3, self.scalar_range_call), (2, self.timestamp),
                   (2, self.count_values), (3, self.native_call), (1, self.negated), (8, lambda _: self.selector())]
        total = rng.random() * sum(weight for weight, _ in choices)
        for weight, make in choices:
            total -= weight
            if total <= 0:
                return make(depth)
        return self.selector()

    def range_call(self, depth):
        name = self.rng.choice(RANGES)
        kinds = ["counter", "counter", "counter", "buckets", "histogram", "gauge", "special"] if name in ("rate", "increase", "irate") else None
        return Node(VECTOR, f"{name}(", self.matrix(depth, kinds), ")", what=name)

    def extended(self, _depth):
        """Ranges whose ends have values."""
        rng = self.rng
        word, names = rng.choice([("anchored", ["rate", "increase", "delta", "resets", "changes"]), ("smoothed", ["rate", "increase", "delta"])])
        metric = self.metric(["counter", "counter", "buckets", "gauge", "special"])
        ends = [f" {word}", self.modifiers()]
        rng.shuffle(ends)
        inner = Node(MATRIX, metric.name, self.braces(metric), f"[{self.range_text()}]", "".join(ends), what="extended")
        name = rng.choice(names)
        return Node(VECTOR, f"{name}(", inner, ")", what=name)

    def smoothed(self, _depth):
        metric = self.metric(["counter", "gauge", "special"])
        return Node(VECTOR, metric.name, self.braces(metric), " smoothed", self.modifiers(), what="smoothed")

    def first_call(self, depth):
        name = self.rng.choice(["first_over_time", "ts_of_first_over_time"])
        return Node(VECTOR, f"{name}(", self.matrix(depth), ")", what=name)

    def filled(self, depth):
        """Operators that find something where there is nothing."""
        rng = self.rng
        by = self.labels(rng.sample(["job", "instance", "zone", "code"], rng.randint(1, 2)))
        op = self.operator()
        one = Node(VECTOR, f"max by ({by}) (", self.vector(depth - 1), ")", what="max")
        values = [rng.choice(["0", "1", "-2.5", "NaN", "+Inf"]) for _ in range(2)]
        fill = rng.choice([f"fill({values[0]})", f"fill_left({values[0]})", f"fill_right({values[0]})",
                           f"fill_left({values[0]}) fill_right({values[1]})", f"fill_right({values[0]}) fill_left({values[1]})"])
        if rng.random() < 0.5:
            other = Node(VECTOR, f"min by ({by}) (", self.vector(depth - 1), ")", what="min")
            return self.between(one, f" {op} {rng.choice(['', f'on ({by}) '])}{fill} ", other, "fill " + op)
        many = self.vector(depth - 1)
        sides, group = rng.choice([((many, one), "group_left"), ((one, many), "group_right")])
        return self.between(sides[0], f" {op} on ({by}) {group}{rng.choice(['', '(path)'])} {fill} ", sides[1], "fill " + op)

    def scalar_range_call(self, depth):
        name = self.rng.choice(["quantile_over_time", "predict_linear", "double_exponential_smoothing"])
        if name == "quantile_over_time":
            return Node(VECTOR, f"{name}(", self.ratio(), ", ", self.matrix(depth), ")", what=name)
        if name == "predict_linear":
            return Node(VECTOR, f"{name}(", self.matrix(depth), ", ", self.scalar(1), ")", what=name)
        factor = self.rng.choice(["0.3", "0.5", "0.9"])
        return Node(VECTOR, f"{name}(", self.matrix(depth), f", {factor}, {self.rng.choice(['0.1', '0.5'])})", what=name)

    def grouping(self):
        rng = self.rng
        return rng.choice(["", f" by ({self.any_labels()})", f" by ({self.any_labels()})", f" without ({self.any_labels()})"])

    def aggregation(self, depth):
        name = self.rng.choice(AGGREGATIONS)
        if self.rng.random() < 0.1:
            return Node(VECTOR, "quantile", self.grouping(), " (", self.ratio(), ", ", self.vector(depth - 1), ")", what="quantile")
        return Node(VECTOR, name, self.grouping(), " (", self.vector(depth - 1), ")", what=name)

    def rank(self, depth):
        name = self.rng.choice(RANKS)
        if self.rng.random() < 0.15:
            return Node(VECTOR, "limit_ratio", self.grouping(), f" ({self.rng.choice(['0.3', '-0.7', '1', '0', '1.1'])}, ",
                        self.vector(depth - 1), ")", what="limit_ratio")
        return Node(VECTOR, name, self.grouping(), f" ({self.rng.choice(['1', '2', '3', '0', '5', '2.7'])}, ", self.vector(depth - 1), ")", what=name)

    def count_values(self, depth):
        return Node(VECTOR, "count_values", self.grouping(), f' ("{self.rng.choice(["value", "zone", "le"])}", ', self.vector(depth - 1), ")",
                    what="count_values")

    def operator(self):
        rng = self.rng
        if rng.random() < 0.6:
            return rng.choice(["+", "-", "*", "/", "/", "%", "^", "atan2"])
        return rng.choice(["==", "!=", ">", "<", ">=", "<="]) + rng.choice(["", "", " bool"])

    def binary(self, depth):
        rng = self.rng
        op = self.operator()
        if rng.random() < 0.35:
            sides = [self.vector(depth - 1), self.scalar(depth - 1)]
            rng.shuffle(sides)
            return self.between(sides[0], f" {op} ", sides[1], "scalar-vector " + op)
        left = self.vector(depth - 1)
        roll = rng.random()
        if roll < 0.3:  # The same series on both sides.
            right = Node(VECTOR, "abs(", left, ")", what="abs") if rng.random() < 0.5 else left
            return self.between(left, f" {op} ", right, "vector " + op)
        if roll < 0.65:  # Groups with labels in common.
            names = self.rng.sample(["job", "instance", "zone", "code"], rng.randint(1, 2))
            by = self.labels(names)
            left = Node(VECTOR, f"sum by ({by}) (", left, ")", what="sum")
            right = Node(VECTOR, f"{rng.choice(['sum', 'max', 'count'])} by ({by}) (", self.vector(depth - 1), ")", what="sum")
            if rng.random() < 0.4:
                many = Node(VECTOR, f"max by ({by}, path, mode) (", self.vector(depth - 1), ")", what="max")
                sides, group = rng.choice([((many, right), "group_left"), ((right, many), "group_right")])
                include = f"({rng.choice(['', 'zone', 'region'])})"
                return self.between(sides[0], f" {op} on ({by}) {group}{include} ", sides[1], "vector " + op)
            return self.between(left, f" {op} {rng.choice(['', f'on ({by}) ', 'ignoring (path) '])}", right, "vector " + op)
        if roll < 0.8:  # Facts about targets.
            info = self.selector(rng.choice(self.by_kind["info"]))
            return self.between(left, f" {op} on (job, instance) group_left({rng.choice(['version', 'region', 'version, zone'])}) ", info, "vector " + op)
        match = rng.choice(["", f"on ({self.any_labels()}) ", f"ignoring ({self.any_labels()}) "])
        if match and rng.random() < 0.4:
            match += rng.choice(["group_left", "group_right"]) + f"({self.labels(self.label_names(rng.choice(self.metrics), 1))}) "
        return self.between(left, f" {op} {match}", self.vector(depth - 1), "vector " + op)

    def between(self, left, op, right, what):
        if self.rng.random() < 0.85:
            return Node(VECTOR, "(", left, op, right, ")", what=what)
        return Node(VECTOR, left, op, right, what=what)

    def set_binary(self, depth):
        op = self.rng.choice(["and", "or", "unless"])
        match = self.rng.choice(["", "", f"on ({self.any_labels()}) ", f"ignoring ({self.any_labels()}) "])
        return self.between(self.vector(depth - 1), f" {op} {match}", self.vector(depth - 1), op)

    def map_call(self, depth):
        name = self.rng.choice(MAP)
        if self.rng.random() < 0.15:
            return Node(VECTOR, "round(", self.vector(depth - 1), self.rng.choice([")", ", 0.1)", ", 5)", ", 1e-3)"]), what="round")
        return Node(VECTOR, f"{name}(", self.vector(depth - 1), ")", what=name)

    def unary(self, depth):
        return Node(VECTOR, "-", self.wrapped(self.vector(depth - 1)), what="unary")

    def negated(self, depth):
        return Node(VECTOR, "-", self.selector(), what="unary")

    def clamping(self, depth):
        name = self.rng.choice(["clamp", "clamp_min", "clamp_max"])
        bounds = [", ", self.scalar(1)] * (2 if name == "clamp" else 1)
        return Node(VECTOR, f"{name}(", self.vector(depth - 1), *bounds, ")", what=name)

    def date_call(self, depth):
        name = self.rng.choice(DATES)
        return Node(VECTOR, f"{name}(", *([self.vector(depth - 1)] if self.rng.random() < 0.7 else []), ")", what=name)

    def absence(self, depth):
        if self.rng.random() < 0.5:
            metric = self.metric()
            return Node(VECTOR, f"absent({metric.name}", "{" + self.matcher(metric) + ', extra="1"}', ")", what="absent")
        return Node(VECTOR, "absent(", self.vector(depth - 1), ")", what="absent")

    def from_scalar(self, depth):
        return Node(VECTOR, "vector(", self.scalar(depth), ")", what="vector")

    def timestamp(self, depth):
        return Node(VECTOR, "timestamp(", self.vector(depth - 1) if self.rng.random() < 0.4 else self.selector(), ")", what="timestamp")

    def sorting(self, depth):
        name = self.rng.choice(["sort", "sort_desc", "sort_by_label", "sort_by_label_desc"])
        labels = ", ".join(f'"{name}"' for name in self.label_names(self.rng.choice(self.metrics)) or ["job"])
        return Node(VECTOR, f"{name}(", self.vector(depth - 1), f", {labels})" if "label" in name else ")", what=name)

    def label_call(self, depth):
        rng = self.rng
        if rng.random() < 0.4:
            return Node(VECTOR, "label_join(", self.vector(depth - 1), rng.choice([', "both", "-", "job", "instance")', ', "zone", "/", "code")',
                                                                                 ', "path", "")']), what="label_join")
        return Node(VECTOR, "label_replace(", self.vector(depth - 1), rng.choice([
            ', "port", "$1", "instance", ".*:(.*)")', ', "job", "x-$1", "job", "(a.*)")', ', "zone", "", "zone", ".*")',
            ', "__name__", "new", "__name__", ".*")', ', "job", "same", "job", ".*")', ', "twice", "${1}$1$$", "code", "(?i)(.)..")']),
            what="label_replace")

    def quantile_call(self, depth):
        rng = self.rng
        inner = Node(MATRIX, "latency_seconds_bucket", self.braces(self.by_kind["buckets"][0]), f"[{self.duration()}]", what="selector")
        rate = Node(VECTOR, f"{rng.choice(['rate', 'increase'])}(", inner, ")", what="rate")
        buckets = rng.choice([
            lambda: rate, lambda: self.selector(self.by_kind["buckets"][0]),
            lambda: Node(VECTOR, f"sum by (le{rng.choice(['', ', job', ', instance'])}) (", rate, ")", what="sum"),
            lambda: self.native_source(depth), lambda: self.vector(depth - 1)])()
        if rng.random() < 0.3:
            return Node(VECTOR, f"histogram_fraction({rng.choice(['0', '-Inf', '0.2'])}, {rng.choice(['0.1', '1', '+Inf', '0'])}, ", buckets, ")",
                        what="histogram_fraction")
        return Node(VECTOR, "histogram_quantile(", self.ratio(), ", ", buckets, ")", what="histogram_quantile")

    def native_source(self, depth):
        if "histogram" not in self.by_kind:
            return self.vector(depth - 1)
        metric = self.rng.choice(self.by_kind["histogram"])
        selector = self.selector(metric)
        matrix = Node(MATRIX, metric.name, self.braces(metric), f"[{self.duration()}]", what="selector")
        name = self.rng.choice(["rate", "increase", "sum_over_time", "avg_over_time", "last_over_time", "irate", "delta", "idelta"])
        call = Node(VECTOR, f"{name}(", matrix, ")", what=name)
        return self.rng.choice([selector, call, Node(VECTOR, f"{self.rng.choice(['sum', 'avg'])}{self.grouping()} (", call, ")", what="sum")])

    def native_call(self, depth):
        name = self.rng.choice(HISTOGRAM)
        return Node(VECTOR, f"{name}(", self.native_source(depth), ")", what=name)
