"""What is not compared, and why. The authority is Prometheus 3.14; what is installed may be older."""
import re

POSITION = re.compile(r" \(\d+:\d+\)$")
NATIVE = re.compile(r"size_bytes|size_gauge|wait_seconds|odd_mix")


class Exclusion:
    """Expressions (by a predicate on the tree) that a reference below version `below` answers otherwise."""

    def __init__(self, reason, below, applies):
        self.reason = reason
        self.below = below
        self.applies = applies


ALWAYS = (1000, 0)


def uses(*whats):
    return lambda node, _path: any(part.what in whats for part in node.walk())


def of_stored_order(node):
    """Whether both sides evaluate it series by series, in the same order of storage: we keep together what comes from one
    target, the reference sorts by labels in order of their names."""
    if re.search("requests_total|__name__", str(node)):
        return False
    return node.what == "selector" or any(child.kind == "matrix" and child.what == "selector" for child in node.children())


def ranks_in_any_order(node, _path):
    return any(part.what == "limitk" or (part.what in ("topk", "bottomk") and not of_stored_order(part.children()[-1]))
               for part in node.walk())


def digits_in_labels(node, _path):
    return any(part.what == "count_values"
               and any(of_order(below) or of_library(below) or below.what in SUMS_OF_NATIVE for below in part.walk())
               for part in node.walk())


def last_digits_remain(node, _path):
    return any(part.what.endswith(" %") and any(of_library(below) or of_order(below) for below in part.walk()) for part in node.walk())


def empty_buckets_show(node, _path):
    return NATIVE.search(str(node)) and any(part.what.endswith((" *", " /")) and re.search(r"Inf|NaN|/ 0\b|scalar", str(part)) for part in node.walk())


DIFFERENCES = {"delta", "idelta", "rate", "increase", "irate", "deriv"}


EXPRESSIONS = [
    Exclusion("a remainder may consist of the last digits of the mathematics library, or of an order of series", ALWAYS, last_digits_remain),
    Exclusion("which time timestamp() tells of a smoothed selector is not written down", ALWAYS, lambda node, path: uses("timestamp")(node, path) and uses("smoothed")(node, path)),
    Exclusion("start(), end(), range() and step() in a subquery: of which query is not written down", ALWAYS,
              lambda node, path: uses("subquery")(node, path) and uses("start", "end", "step", "range")(node, path)),
    Exclusion("count_values makes labels of digits that nobody promises", ALWAYS, digits_in_labels),
    Exclusion("which of equal elements topk, bottomk and limitk take is told by the order of storage only", ALWAYS, ranks_in_any_order),
    Exclusion("equal label sets after a minus were an error", (3, 14), lambda node, path: uses("unary")(node, path) and " or " in str(node)),
    Exclusion("Go's logarithm of subnormal numbers is wrong", ALWAYS,
              lambda node, path: uses("ln", "log2", "log10")(node, path) and "odd" in str(node)),
    Exclusion("rates of native histograms are extrapolated beyond zero", (3, 9),
              lambda node, path: uses("rate", "increase")(node, path)
              and ("size_g" in str(node) or (uses("subquery")(node, path) and NATIVE.search(str(node))))),
    Exclusion("which buckets of a native histogram are stored as empty, and so become NaN, the reference's chunks decide", ALWAYS, empty_buckets_show),
    Exclusion("sums of native histograms were not compensated: a difference of two shows their last digits", (3, 10),
              lambda node, path: any(part.what in DIFFERENCES and NATIVE.search(str(part))
                                     and any(below.what in SUMS_OF_NATIVE for below in part.walk()) for part in node.walk())),
    Exclusion("native histograms of other zero buckets: the order of storage decides which buckets a sum counts twice", ALWAYS,
              lambda node, path: any(part.what in ("sum", "avg") and "odd_mix" in str(part) for part in node.walk())),
    Exclusion("irate and idelta of native histograms in a subquery lose buckets in range queries, not in instant ones", (3, 14),
              lambda node, path: path == "query_range" and uses("irate", "idelta")(node, path) and uses("subquery")(node, path)
              and NATIVE.search(str(node))),
    Exclusion("stddev and stdvar of far larger numbers are the rounding of an order of series, in which the reference differs from itself", ALWAYS,
              lambda node, path: any(part.what in ("stddev", "stdvar") and "timestamp" in str(part) for part in node.walk())),
    Exclusion("timestamp() of a selector with @ and offset reads samples at one of the two times and looks at the other", ALWAYS,
              lambda node, path: re.search(r"timestamp\([^()]*( offset [^()]* @ | @ .* offset )", str(node))),
    Exclusion("which label absent() keeps of two matchers depends on how storage sorts them", ALWAYS,
              lambda node, path: re.search(r"absent(_over_time)?\(\w+\{[^}]*\b(\w+)\"?[=!~]+[^}]*, \"?\2\"?[=!~]", str(node))),
    Exclusion("Go's sinh, cosh and exp are infinite some arguments early", ALWAYS,
              lambda node, path: uses("sinh", "cosh")(node, path) or any(part.what == "exp" for part in node.walk() if part is not node)),
    Exclusion("the natural order of 0.5 and 0.05, and of an absent label and a present one, is not defined", ALWAYS,
              lambda node, path: uses("sort_by_label", "sort_by_label_desc")(node, path)
              and ('"le"' in str(node) or "__name__" in str(node) or " or " in str(node))),
    Exclusion("gauge histograms without buckets show other resets", ALWAYS,
              lambda node, path: uses("irate", "resets")(node, path) and "size_g" in str(node)
              and uses("histogram_count", "histogram_sum", "histogram_avg")(node, path)),
    Exclusion("subqueries were closed at both ends", (3, 0), uses("subquery")),
    Exclusion("atan2 kept the metric name", (3, 0), lambda node, path: any(part.what.endswith(" atan2") for part in node.walk())),
    Exclusion("stddev and stdvar of NaN were 0", (3, 0), uses("stddev", "stdvar")),
    Exclusion("predict_linear of a pinned range had one step", (3, 0),
              lambda node, path: uses("predict_linear")(node, path) and "@" in str(node)),
    Exclusion("rates near zero were extrapolated otherwise", (3, 0),
              lambda node, path: re.search(r"(rate|increase)\((temperature|queue_length|up|build_info|target_info|\{)", str(node))),
    Exclusion("mad_over_time takes NaN for a number", (3, 14), uses("mad_over_time")),
    Exclusion("histogram_fraction looks for +Inf before it sorts classic buckets", (3, 8),
              lambda node, path: uses("histogram_fraction")(node, path) and re.search("late|__name__", str(node))),
]


# What the twin evaluator does not know, and so is neither in its data nor compared with it.
NOT_TWINNED = {
    "native histograms": "their arithmetic is as long as all the rest, and a second writing of it by the same book proves little",
    "annotations": "texts, which tests/promql has case by case; an answer does not depend on them",
}


def exclusion(node, path, version):
    return next((one for one in EXPRESSIONS if version < one.below and one.applies(node, path)), None)


def refused(node, version, theirs):
    """Whether the reference's error is known: label functions did not merge series without a common step before 3.14."""
    return (version < (3, 14) and uses("label_join", "label_replace")(node, "")
            and "same labelset" in theirs[1].get("error", ""))


def rewrite(node, version):
    """For annotations: one form for both sides, None for what to overlook."""
    ambiguous = ambiguous_positions(node)

    def of(text):
        if version < (3, 0):
            return None  # There were hardly any.
        if ambiguous:
            text = POSITION.sub("", text)
        # Of several at one step of one operation only the last is told, in an order that is nobody's promise.
        if "incompatible sample types" in text:
            return None
        # Of a group with floats and two kinds of histograms the order of storage decides whether it is told of both.
        if "mix of histograms and floats for aggregation" in text and "wait_seconds" in str(node) and "__name__" in str(node):
            return None
        if version >= (3, 14):
            return text
        # Once the name was given where there is none, and nothing about what was done.
        text = text.replace(' for metric name ""', "")
        if "for monotonicity" in text or "malformed" in text:
            text = re.sub(r' for metric name "[a-z_]*"|, from buckets .*Z(?= \(|$)', "", text)
        # Newer than the reference; the last one is about negative histograms, which became gauges.
        if "sort is ineffective" in text or "conflicting counter resets" in text or re.search('is not a (counter|gauge): ""', text):
            return None
        return text
    return of


def no_annotations(_text):
    """The rewrite for the twin."""
    return None


# Sums over series add in an order that is nobody's promise, and so does what reads their last digits.
ORDER_MATTERS = {"sum", "avg", "stddev", "stdvar"}
# The last digit of these is the mathematics library's, and of Go's with the processor's instructions.
TRANSCENDENTAL = {"exp", "ln", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
                  "atanh", "histogram_quantile", "histogram_fraction"}
# Once without compensation when it comes to native histograms.
SUMS_OF_NATIVE = {"sum_over_time", "avg_over_time"}


def of_order(node):
    return node.what in ORDER_MATTERS


def of_library(node):
    return node.what in TRANSCENDENTAL or node.what.endswith((" ^", " atan2"))


def relative_tolerance(node, version):
    """0 asks for equal bits."""
    if version < (3, 0):
        return 1e-6 if any(of_library(part) or part.what in ("stddev", "stdvar") for part in node.walk()) else 1e-9
    native = version < (3, 14) and NATIVE.search(str(node))
    of_values = [part for part in node.walk() if part.what not in ("parens", "unary", "selector", "number")]
    if any(of_library(part) for part in of_values):
        # Alone it is about the last digit; functions of several such results may amplify that.
        return 1e-12 if len(of_values) == 1 else 1e-6
    if uses("stddev", "stdvar")(node, "") and re.search("timestamp|ts_of_", str(node)):
        return 1e-6  # Of numbers that are large compared with their differences.
    if any(of_order(part) for part in of_values) or (native and any(part.what in SUMS_OF_NATIVE for part in of_values)):
        return 1e-12
    return 0


def is_infinite_early(node):
    """Whether the reference may have an infinite number where ours is almost one, and nothing was made of it."""
    return node.what == "exp"


def zeros_are_equal(node):
    """Whether both zeros were sorted, where neither comes before the other."""
    return uses("quantile", "quantile_over_time", "topk", "bottomk", "sort", "sort_desc")(node, "")


def ambiguous_positions(node):
    """Whether equal annotations may come from several places, of which the last one that is evaluated stays."""
    families = {"idelta": "delta", "increase": "rate", "irate": "rate", "histogram_fraction": "histogram_quantile"}
    names = [families.get(part.what, part.what) for part in node.walk() if part.what not in ("parens", "unary", "selector", "number")]
    return len(names) != len(set(names))


def order(node):
    """What of an instant result is ordered: nothing, values or labels."""
    while node.what == "parens":
        node = node.children()[0]
    if node.what in ("sort", "sort_desc"):
        return "values"
    if node.what in ("sort_by_label", "sort_by_label_desc"):
        return "labels"
    return ""
