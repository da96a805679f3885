"""PromQL in dashboards and rules: parsed with care, and what is to be known of an expression read from its tree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import promql_parser as promql

MAX_LENGTH = 20_000
"""Characters."""
MAX_NESTING = 300
"""The parser is recursive native code: text nested some ten thousand deep would end the process."""

_BRACKET = re.compile(r"[()\[\]{}]")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
_OPERATOR = re.compile(r"[-+^]|\b(?:and|or|unless|atan2)\b|==|!=|[<>*/%]")
_COUNTING = frozenset({
    "rate", "irate", "increase", "resets", "changes", "absent", "absent_over_time", "present_over_time",
    "last_over_time", "count_over_time", "timestamp", "max_over_time", "min_over_time",
})  # fmt: skip
"""Functions that may look at a raw counter. The `…_over_time` ones are how exact differences are made."""
_RATES = frozenset({"rate", "irate", "increase"})
_OF_EVENTS = _RATES | {"delta", "idelta", "count_over_time", "sum_over_time"}
_AGGREGATIONS = frozenset({"sum", "avg", "min", "max"})
_USUAL_STEP = 60.0
"""Of a subquery that names none: Prometheus's default evaluation interval, seconds."""


@dataclass(frozen=True, slots=True)
class Used:
    """A series selector, and what is done with it."""

    metric: str
    functions: tuple[str, ...]
    """Calls around it, innermost first; aggregations by their own names."""
    seconds: float | None
    """The range in brackets."""
    labels: tuple[str, ...]
    """That its matchers name."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules ask of an expression."""

    used: tuple[Used, ...]
    bare_histograms: bool
    """A histogram_quantile over an aggregation that drops `le`."""
    rated_sums: bool
    """A rate of a sum: a reset of one series looks like a fall of all of them."""
    averaged: bool
    """An average of averages or quantiles."""
    divides_by_zero: bool
    """By what is counted, which is 0 without traffic, and nothing leaves the zeros out."""
    nan_is_aggregated: bool
    """And that within an aggregation, where one NaN is enough."""
    subquery_steps: float
    """Of the subquery with the most."""
    longest: float
    """Seconds that the expression looks back at most: range, subquery and offset together."""


def parse(text: str) -> Any:
    """The tree of an expression.

    Raises:
        ValueError: it can't be parsed, or is longer or deeper than the parser may be given.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it has {len(text):,} characters; at most {MAX_LENGTH:,} are read")
    if nesting(text) > MAX_NESTING:
        raise ValueError(f"it is nested more than {MAX_NESTING} deep")
    return promql.parse(text)


def nesting(text: str) -> int:
    """An upper bound of the depth of an expression's tree: its brackets, and a level for every operator."""
    if len(text) <= MAX_NESTING:
        return 0
    without_strings = _STRING.sub('""', text)
    depth = deepest = 0
    for bracket in _BRACKET.findall(without_strings):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    return deepest + len(_OPERATOR.findall(without_strings))


def shape(text: str) -> str:
    """The expression without its strings: thousands of services ask alike, and differ in label values alone."""
    return _STRING.sub('""', text)


@lru_cache(maxsize=4096)
def facts_of_shape(text: str) -> Facts | None:
    """Facts of an expression whose strings have been emptied; None when it does not parse.

    An expression with the strings of label_replace emptied still parses, and none of these facts is in a string.
    """
    try:
        tree = parse(re.sub(r'(=~|=|!=|!~)\s*""', r'\1"x"', text))
    except ValueError:
        return None
    return facts(tree)


def facts(tree: Any) -> Facts:
    """Everything the rules ask, in one walk."""
    used: list[Used] = []
    flaws: set[str] = set()
    _walk(tree, (), used, flaws)
    return Facts(
        used=tuple(used),
        bare_histograms="le" in flaws,
        rated_sums="rated" in flaws,
        averaged="averaged" in flaws,
        divides_by_zero=bool(flaws & {"zero", "zero within"}),
        nan_is_aggregated="zero within" in flaws,
        subquery_steps=_most_steps(tree),
        longest=_looks_back(tree),
    )


def _walk(node: Any, around: tuple[str, ...], used: list[Used], flaws: set[str]) -> None:
    match node:
        case promql.VectorSelector():
            used.append(_used(node, around, None))
        case promql.MatrixSelector():
            used.append(_used(node.vector_selector, around, node.range.total_seconds()))
        case promql.Call():
            flaws |= _flaws_of_call(node)
            around = (node.func.name, *around)
        case promql.AggregateExpr():
            flaws |= {"averaged"} if str(node.op) == "avg" and _is_average(bare(node.expr)) else set()
            around = (str(node.op), *around)
        case promql.BinaryExpr() if str(node.op) == "/" and _may_be_zero(node.rhs):
            flaws.add("zero within" if _AGGREGATIONS.intersection(around) else "zero")
    for child in children(node):
        _walk(child, around, used, flaws)


def _may_be_zero(node: Any) -> bool:
    """Counts of events, as they are or aggregated, that no comparison has left the zeros out of."""
    inner = bare(node)
    while isinstance(inner, promql.AggregateExpr) and str(inner.op) in _AGGREGATIONS:
        inner = bare(inner.expr)
    if isinstance(inner, promql.BinaryExpr) and str(inner.op) in ("+", "or"):
        return _may_be_zero(inner.lhs)
    return isinstance(inner, promql.Call) and inner.func.name in _OF_EVENTS


def _most_steps(node: Any) -> float:
    own = 0.0
    if isinstance(node, promql.SubqueryExpr):
        own = _seconds(node.range) / max(_seconds(node.step) or _USUAL_STEP, 1.0)
    return max([own, *(_most_steps(child) for child in children(node))])


def _looks_back(node: Any) -> float:
    match node:
        case promql.VectorSelector():
            return _seconds(node.offset)
        case promql.MatrixSelector():
            return _seconds(node.range) + _seconds(node.vector_selector.offset)
        case promql.SubqueryExpr():
            return _seconds(node.range) + _seconds(node.offset) + _looks_back(node.expr)
        case _:
            return max([0.0, *map(_looks_back, children(node))])


def _seconds(length: timedelta | None) -> float:
    return length.total_seconds() if length else 0.0


def _flaws_of_call(node: Any) -> set[str]:
    if node.func.name == "histogram_quantile":
        return {"le"} if _drops_le(node.args[-1]) else set()
    inner = bare(node.args[0]) if node.func.name in _RATES else None
    rated = isinstance(inner, promql.SubqueryExpr) and isinstance(bare(inner.expr), promql.AggregateExpr)
    return {"rated"} if rated else set()


def children(node: Any) -> Iterator[Any]:
    """The parts of a node."""
    match node:
        case promql.BinaryExpr():
            yield from (node.lhs, node.rhs)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr() | promql.AggregateExpr():
            yield node.expr
        case promql.Call():
            yield from node.args
        case _:
            return


def bare(node: Any) -> Any:
    """A node without the parentheses around it."""
    while isinstance(node, promql.ParenExpr):
        node = node.expr
    return node


def _used(selector: Any, around: tuple[str, ...], seconds: float | None) -> Used:
    matchers = selector.matchers.matchers
    name = selector.name or next((m.value for m in matchers if m.name == "__name__"), "")
    labels = tuple(m.name for m in matchers if m.name != "__name__")
    return Used(name, around, seconds, labels)


def is_raw(used: Used) -> bool:
    """Nothing that counts is done with it: its value since the process began is what is looked at."""
    return (
        not _COUNTING.intersection(used.functions)
        and "count" not in used.functions
        and "group" not in used.functions
    )


def rate_of(used: Used) -> str | None:
    """The rate function that reads it, if one does."""
    first = used.functions[0] if used.functions else ""
    return first if first in _RATES else None


def _drops_le(node: Any) -> bool:
    inner = bare(node)
    if not isinstance(inner, promql.AggregateExpr) or str(inner.op) not in ("sum", "avg", "max", "min"):
        return False
    if inner.modifier is None:
        return not _is_native(inner.expr)
    named = "le" in inner.modifier.labels
    by = inner.modifier.type == promql.AggModifierType.By
    return named != by and not _is_native(inner.expr)


def _is_native(node: Any) -> bool:
    """No `…_bucket` below: a native histogram has no `le` to keep."""
    found: list[Used] = []
    _walk(node, (), found, set())
    return not any(used.metric.endswith("_bucket") for used in found)


def _is_average(node: Any) -> bool:
    if isinstance(node, promql.Call):
        return bool(node.func.name == "histogram_quantile")
    return isinstance(node, promql.AggregateExpr) and str(node.op) in ("avg", "quantile")
