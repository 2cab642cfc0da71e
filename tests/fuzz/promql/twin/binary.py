"""Operators between numbers and vectors."""
from . import floats, labels
from .syntax import COMPARISONS, QueryError

ARITHMETIC = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": floats.divide,
    "%": floats.fmod,
    "^": floats.power,
    "atan2": floats.atan2,
}
COMPARE = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def of_numbers(op, a, b):
    return float(COMPARE[op](a, b)) if op in COMPARE else ARITHMETIC[op](a, b)


def of_elements(node, a, b, kept):
    """The result, or None; a comparison that only filters keeps `kept`."""
    if node.op not in COMPARISONS:
        return ARITHMETIC[node.op](a, b)
    holds = COMPARE[node.op](a, b)
    if node.is_bool:
        return float(holds)
    return kept if holds else None


def drops_name(node):
    return node.op not in COMPARISONS or node.is_bool


def with_number(node, vector, number, vector_is_left):
    out = []
    for series, value in vector:
        a, b = (value, number) if vector_is_left else (number, value)
        result = of_elements(node, a, b, value)
        if result is not None:
            out.append((labels.without_name(series) if drops_name(node) else series, result))
    return out


def signature(series, matching):
    return labels.only(series, matching.labels) if matching.on else labels.without(series, matching.labels)


def set_operation(node, left, right):
    ours = {signature(series, node.matching) for series, _ in left}
    theirs = {signature(series, node.matching) for series, _ in right}
    if node.op == "or":
        return left + [one for one in right if signature(one[0], node.matching) not in ours]
    return [one for one in left if (signature(one[0], node.matching) in theirs) == (node.op == "and")]


def result_labels(node, many, one):
    matching = node.matching
    series = labels.without_name(many) if drops_name(node) and not node.is_bool else many
    if not matching.group:
        series = labels.only(series, matching.labels) if matching.on else \
            tuple(pair for pair in series if pair[0] not in matching.labels)
    for name in matching.include:
        series = labels.changed(series, name, labels.get(one, name))
    return labels.without_name(series) if node.is_bool else series


def of_vectors(node, left, right):
    """The many side goes through the elements; each finds its match on the other, where one is at most. Which side is
    filled is said for the operator's sides, and with group_right means the many side by left, too."""
    matching = node.matching
    if not left and not right or (not left or not right) and matching.fill_left is None and matching.fill_right is None:
        return []
    swapped = node.matching.group == "right"
    many, one = (right, left) if swapped else (left, right)
    by_signature = {}
    for element in one:
        if by_signature.setdefault(signature(element[0], node.matching), element) is not element:
            raise QueryError("execution", "found duplicate series for the match group")
    if matching.fill_left is not None:
        present = {signature(series, matching) for series, _ in many}
        many = many + [(key, matching.fill_left) for key in by_signature if key not in present]
    out, results = [], {}
    for series, value in many:
        key = signature(series, node.matching)
        if key not in by_signature and matching.fill_right is None:
            continue
        other, other_value = by_signature.get(key, (key, matching.fill_right))
        a, b = (other_value, value) if swapped else (value, other_value)
        result = of_elements(node, a, b, a)
        if result is None:
            continue
        metric = result_labels(node, series, other)
        before = results.setdefault(key, [])
        if before and not node.matching.group:
            raise QueryError("execution", "multiple matches for labels: many-to-one matching must be explicit")
        if metric in before:
            raise QueryError("execution", "multiple matches for labels: grouping labels must ensure unique matches")
        before.append(metric)
        out.append((metric, result))
    return out
