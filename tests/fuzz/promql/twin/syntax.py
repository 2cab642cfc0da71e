"""What an expression is made of."""
import dataclasses
import typing


@dataclasses.dataclass(eq=False)
class Number:
    value: float


@dataclasses.dataclass(eq=False)
class String:
    value: str


@dataclasses.dataclass(eq=False)
class Selector:
    matchers: list  # (label, operator, value)
    offset_ms: int = 0
    at: typing.Any = None  # Milliseconds, "start", "end" or None.
    extension: str = ""  # "anchored", "smoothed" or "".


@dataclasses.dataclass(eq=False)
class Range:
    """`of` is a selector, whose offset and time are the range's."""
    of: Selector
    range_ms: int


@dataclasses.dataclass(eq=False)
class Subquery:
    of: typing.Any
    range_ms: int
    step_ms: int
    offset_ms: int = 0
    at: typing.Any = None


@dataclasses.dataclass(eq=False)
class Minus:
    of: typing.Any


@dataclasses.dataclass(eq=False)
class Matching:
    on: bool = False
    labels: tuple = ()
    group: str = ""  # "left", "right" or "".
    include: tuple = ()
    fill_left: typing.Any = None
    fill_right: typing.Any = None


@dataclasses.dataclass(eq=False)
class Binary:
    op: str
    left: typing.Any
    right: typing.Any
    is_bool: bool
    matching: Matching


@dataclasses.dataclass(eq=False)
class Aggregation:
    op: str
    parameter: typing.Any
    of: typing.Any
    without: bool
    labels: tuple


@dataclasses.dataclass(eq=False)
class Call:
    name: str
    arguments: list


COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}
SCALAR_CALLS = {"time", "pi", "scalar", "start", "end", "step", "range", "min_of", "max_of"}
SETS = {"and", "or", "unless"}


def is_scalar(node):
    if isinstance(node, Binary):
        return is_scalar(node.left) and is_scalar(node.right)
    if isinstance(node, Minus):
        return is_scalar(node.of)
    return isinstance(node, Number) or isinstance(node, Call) and node.name in SCALAR_CALLS


class QueryError(Exception):
    """`kind` is the API's: bad_data or execution."""

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind
