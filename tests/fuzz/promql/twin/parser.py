"""The part of the language that grammar.py writes, as a tree. Precedence is the language's, not the generator's."""
import re

from . import floats
from .binary import of_numbers
from .syntax import (COMPARISONS, SETS, Aggregation, Binary, Call, Matching, Minus, Number, QueryError, Range, Selector, String,
                     Subquery, is_scalar)

TOKEN = re.compile(r"""\s*(?:
    (?P<number>0[xX][0-9a-fA-F]+ | (?:\d[\d_]*\.?\d*|\.\d+)[eE][+-]?\d+ | (?:\d+(?:ms|[smhdwy]))+ | \d[\d_]*\.?\d* | \.\d+)
  | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*) | "(?P<string>[^"]*)" | (?P<sign>=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}\[\],:@]))""", re.VERBOSE)
COLON_IN_BRACKETS = re.compile(r"\[([^\]:\"]*):([^\]\"]*)\]")
DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000, "y": 365 * 86_400_000}
AGGREGATIONS = {"sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "topk", "bottomk", "count_values", "quantile", "limitk",
                "limit_ratio"}
WITH_PARAMETER = {"topk", "bottomk", "count_values", "quantile", "limitk", "limit_ratio"}
OF_RANGES = {"rate", "increase", "irate", "delta", "idelta", "deriv", "predict_linear", "resets", "changes",
             "double_exponential_smoothing"}
PRECEDENCE = {"or": 1, "and": 2, "unless": 2, **{op: 3 for op in COMPARISONS}, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6}
MINUS, POWER = 5, 6
DEFAULT_STEP_MS = 60_000


def duration_ms(text):
    parts = DURATION.findall(text)
    return sum(int(count) * UNITS_MS[unit] for count, unit in parts)


def number(text):
    if DURATION.match(text) and not text.lower().startswith("0x"):
        return duration_ms(text) / 1000
    plain = text.replace("_", "")
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", plain):
        return float(int(plain, 16))
    if re.fullmatch(r"0[0-7]+", plain):
        return float(int(plain, 8))
    return float(plain)


def expected(holds, text):
    if not holds:
        raise QueryError("bad_data", text)


class Parser:
    def __init__(self, text, steps):
        """`steps` are the query's: durations may be calculated from them."""
        self.steps = steps
        self.tokens = []  # (kind, text)
        text = COLON_IN_BRACKETS.sub(r"[\1 : \2]", text)
        at = 0
        while text[at:].strip():
            found = TOKEN.match(text, at)
            expected(found, f"not in this language: {text[at:]}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.at = 0

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "")

    def take(self, *texts):
        """The next token if it is one of these, and else nothing."""
        kind, text = self.peek()
        if kind in ("name", "sign") and text in texts:
            self.at += 1
            return text
        return None

    def expect(self, text):
        expected(self.take(text), f"{text} expected, not {self.peek()}")

    def next(self, kind):
        expected(self.peek()[0] == kind, f"{kind} expected, not {self.peek()}")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def parse(self):
        node = self.expression(1)
        expected(self.peek()[0] == "end", f"what is {self.peek()}?")
        return node

    def expression(self, lowest):
        left = self.unary()
        while True:
            kind, op = self.peek()
            if kind not in ("name", "sign") or PRECEDENCE.get(op, 0) < lowest:
                return left
            self.at += 1
            is_bool = self.take("bool") is not None
            matching = self.matching()
            right = self.expression(PRECEDENCE[op] + (0 if op == "^" else 1))
            left = checked(Binary(op, left, right, is_bool, matching))

    def unary(self):
        sign = self.take("-", "+")
        if not sign:
            return self.modified(self.operand())
        node = self.expression(POWER)
        return Minus(node) if sign == "-" else node

    def matching(self):
        matching = Matching()
        word = self.take("on", "ignoring")
        if word:
            matching.on, matching.labels = word == "on", self.labels()
            group = self.take("group_left", "group_right")
            if group:
                matching.group = group.removeprefix("group_")
                matching.include = self.labels() if self.peek() == ("sign", "(") else ()
        while self.peek()[1] in ("fill", "fill_left", "fill_right") and self.peek(1) == ("sign", "("):
            word = self.next("name")
            value = calculated(self.operand(), self.steps)
            if word != "fill_right":
                matching.fill_left = value
            if word != "fill_left":
                matching.fill_right = value
        return matching

    def duration(self):
        """In brackets: any calculation."""
        value_ms = int(calculated(self.expression(1), self.steps) * 1000)
        if value_ms <= 0:
            raise QueryError("bad_data", "duration must be greater than 0")
        return value_ms

    def labels(self):
        self.expect("(")
        names = []
        while not self.take(")"):
            names.append(self.next("string" if self.peek()[0] == "string" else "name"))
            self.take(",")
        return tuple(names)

    def operand(self):
        kind, text = self.peek()
        if self.take("("):
            node = self.expression(1)
            self.expect(")")
            return node
        if kind == "sign" and text == "{":
            return Selector(self.braces())
        self.at += 1
        if kind == "number":
            return Number(number(text))
        if kind == "string":
            return String(text)
        expected(kind == "name", f"what is {text}?")
        if text.lower() in ("inf", "nan"):
            return Number(float(text))
        if text in AGGREGATIONS:
            return self.aggregation(text)
        if self.peek() == ("sign", "("):
            return checked_call(Call(text, self.arguments()))
        return Selector([("__name__", "=", text), *(self.braces() if self.peek() == ("sign", "{") else [])])

    def arguments(self):
        self.expect("(")
        out = []
        while not self.take(")"):
            out.append(self.expression(1))
            self.take(",")
        return out

    def aggregation(self, op):
        word = self.take("by", "without")
        labels = self.labels() if word else ()
        arguments = self.arguments()
        return Aggregation(op, arguments[0] if op in WITH_PARAMETER else None, arguments[-1], word == "without", labels)

    def braces(self):
        self.expect("{")
        matchers = []
        while not self.take("}"):
            name = self.next("string" if self.peek()[0] == "string" else "name")
            op = self.take("=", "!=", "=~", "!~")
            matchers.append((name, op, self.next("string")))
            self.take(",")
        return matchers

    def modified(self, node):
        if self.take("["):
            range_ms = self.duration()
            if self.take(":"):
                step_ms = DEFAULT_STEP_MS if self.peek() == ("sign", "]") else self.duration()
                node = Subquery(node, range_ms, step_ms)
            else:
                node = Range(node, range_ms)
            self.expect("]")
        target = node.of if isinstance(node, Range) else node
        while True:
            extension = self.take("anchored", "smoothed")
            if extension:
                target.extension = extension
            elif self.take("offset"):
                sign = -1 if self.take("-") else 1
                target.offset_ms = sign * duration_ms(self.next("number"))
            elif self.take("@"):
                word = self.take("start", "end")
                if word:
                    self.labels()
                target.at = word or round(float(self.next("number")) * 1000)
            else:
                return node


def checked(node):
    """What a parser refuses, of what may come about when parentheses are left out."""
    scalars = is_scalar(node.left), is_scalar(node.right)
    if node.op in COMPARISONS and all(scalars) and not node.is_bool:
        raise QueryError("bad_data", "comparisons between scalars must use BOOL modifier")
    if node.op in SETS and any(scalars):
        raise QueryError("bad_data", f'set operator "{node.op}" not allowed in binary scalar expression')
    if any(scalars) and node.matching.labels:
        raise QueryError("bad_data", "vector matching only allowed between instant vectors")
    if node.matching.on and set(node.matching.labels) & set(node.matching.include):
        raise QueryError("bad_data", "a label must not occur in ON and GROUP clause at once")
    return node


def checked_call(node):
    wants_range = node.name in OF_RANGES or node.name.endswith("_over_time")
    if wants_range != any(isinstance(one, (Range, Subquery)) for one in node.arguments):
        raise QueryError("bad_data", f"{node.name} of a wrong type")
    return node


def calculated(node, steps):
    """A number that is known before anything is evaluated."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Minus):
        return -calculated(node.of, steps)
    if isinstance(node, Binary):
        return of_numbers(node.op, calculated(node.left, steps), calculated(node.right, steps))
    if node.name in ("step", "range"):
        return {"step": steps.step_ms if steps.is_ranged else 0, "range": steps.end_ms - steps.start_ms}[node.name] / 1000
    return {"min_of": floats.least, "max_of": floats.greatest}[node.name](*(calculated(one, steps) for one in node.arguments))


def parse(text, steps):
    return Parser(text, steps).parse()
