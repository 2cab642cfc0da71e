"""Two answers to one query: the first difference in words, or None."""
import math
import struct


class Tolerance:
    """`relative` 0 asks for equal bits; any NaN equals any NaN; `infinite_early`: theirs may be infinite from 2^1023 on."""

    def __init__(self, relative, zeros_are_equal, infinite_early=False):
        self.relative = relative
        self.infinite_early = infinite_early
        self.zeros_are_equal = zeros_are_equal

    def equal(self, ours, theirs):
        a, b = float(ours), float(theirs)
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        if struct.pack("<d", a) == struct.pack("<d", b):
            return True
        if self.infinite_early and math.isinf(b) and abs(a) >= 2.0**1023 and (a > 0) == (b > 0):
            return True
        if a == 0 and b == 0:
            return self.zeros_are_equal or self.relative > 0
        if self.relative == 0 or math.isinf(a) or math.isinf(b):
            return False
        # What is left of two equal numbers is as large as their last digits.
        return abs(a - b) <= self.relative * max(abs(a), abs(b), 1e-3 if self.relative > 1e-12 else 0)


def label_text(metric):
    return "{" + ", ".join(f"{k}={metric[k]!r}" for k in sorted(metric)) + "}"


def histogram_difference(ours, theirs, tolerance):
    for key in ("count", "sum"):
        if not tolerance.equal(ours[key], theirs[key]):
            return f"{key} {ours[key]} / {theirs[key]}"
    a, b = ours.get("buckets", []), theirs.get("buckets", [])
    if len(a) != len(b):
        return f"buckets {a} / {b}"
    for x, y in zip(a, b):
        if x[0] != y[0] or not all(tolerance.equal(p, q) for p, q in zip(x[1:], y[1:])):
            return f"bucket {x} / {y}"
    return None


def points_difference(ours, theirs, tolerance, of):
    """`of` is the comparison of two values; both are lists of [time, value]."""
    a, b = {t: v for t, v in ours}, {t: v for t, v in theirs}
    for t in sorted(set(a) | set(b)):
        if t not in a or t not in b:
            return f"at {t}: {a.get(t)} / {b.get(t)}"
        difference = of(a[t], b[t], tolerance)
        if difference:
            return f"at {t}: {difference}"
    return None


def float_difference(a, b, tolerance):
    return None if tolerance.equal(a, b) else f"{a} / {b}"


def series_difference(ours, theirs, tolerance):
    for key, of in (("value", float_difference), ("histogram", histogram_difference)):
        a = [ours[key]] if key in ours else []
        b = [theirs[key]] if key in theirs else []
        difference = points_difference(a, b, tolerance, of)
        if difference:
            return difference
    for key, of in (("values", float_difference), ("histograms", histogram_difference)):
        difference = points_difference(ours.get(key, []), theirs.get(key, []), tolerance, of)
        if difference:
            return difference
    return None


def result_difference(ours, theirs, tolerance, ordered):
    if ours["resultType"] != theirs["resultType"]:
        return f"type {ours['resultType']} / {theirs['resultType']}"
    if ours["resultType"] in ("scalar", "string"):
        return points_difference([ours["result"]], [theirs["result"]], tolerance, float_difference)
    a = {label_text(one["metric"]): one for one in ours["result"]}
    b = {label_text(one["metric"]): one for one in theirs["result"]}
    if len(a) != len(ours["result"]):
        return "a series twice"
    for labels in sorted(set(a) | set(b)):
        if labels not in a or labels not in b:
            return f"{labels} is only in {'ours' if labels in a else 'theirs'}"
        difference = series_difference(a[labels], b[labels], tolerance)
        if difference:
            return f"{labels} {difference}"
    if ours["resultType"] == "matrix" and list(a) != list(b):
        return f"order {list(a)} / {list(b)}"
    if ordered and ours["resultType"] == "vector":
        # Which of equal ones comes first is nobody's promise.
        sequence = [[label_text(one["metric"]) if ordered == "labels" else one.get("value", [0, "NaN"])[1] for one in side["result"]]
                    for side in (ours, theirs)]
        same = all(tolerance.equal(x, y) for x, y in zip(*sequence)) if ordered == "values" else sequence[0] == sequence[1]
        if not same:
            return f"order {sequence[0]} / {sequence[1]}"
    return None


def annotations(answer, key, rewrite):
    texts = answer.get(key, [])
    return None if any("omitted" in text for text in texts) else {rewrite(text) for text in texts} - {None}


def annotation_difference(ours, theirs, rewrite):
    for key in ("warnings", "infos"):
        a, b = annotations(ours, key, rewrite), annotations(theirs, key, rewrite)
        if a is not None and b is not None and a != b:
            return f"{key} {sorted(a - b)} / {sorted(b - a)}"
    return None


def difference(ours, theirs, tolerance, ordered, rewrite):
    """Of whole answers. `rewrite` brings annotations of both sides into one form, or says None for what to overlook."""
    (our_status, a), (their_status, b) = ours, theirs
    if our_status != their_status:
        return f"status {our_status} {a.get('error', '')} / {their_status} {b.get('error', '')}"
    if a["status"] == "error":
        if a["errorType"] != b["errorType"]:
            return f"error {a['errorType']} {a['error']} / {b['errorType']} {b['error']}"
        return None
    return result_difference(a["data"], b["data"], tolerance, ordered) or annotation_difference(a, b, rewrite)
