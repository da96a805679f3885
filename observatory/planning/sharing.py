"""Expressions that squads wrote, which differ in one label's value alone: the one expression that answers all of them.

`sum(rate(jobs_total{job="a"}[1m]))` and the same for `b` become `sum by (job) (rate(jobs_total{job=~"a|b"}[1m]))`. That
is the same number for each of them wherever every series that goes in carries the label, and nothing on the way drops
it or puts series of different values together. Whatever is not known to keep to that is left as it was written.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite, isnan
from typing import Any

import promql_parser as ast

from observatory.catalog import Matcher

_VALUES = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a template for the matcher of the values."""
_OPERATORS: Mapping[str, Any] = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
_KEEPING = frozenset(
    [
        "abs",
        "avg_over_time",
        "ceil",
        "changes",
        "clamp",
        "clamp_max",
        "clamp_min",
        "count_over_time",
        "delta",
        "deriv",
        "exp",
        "floor",
        "histogram_avg",
        "histogram_count",
        "histogram_fraction",
        "histogram_quantile",
        "histogram_sum",
        "idelta",
        "increase",
        "irate",
        "last_over_time",
        "ln",
        "log10",
        "log2",
        "max_over_time",
        "min_over_time",
        "pi",
        "predict_linear",
        "quantile_over_time",
        "rate",
        "resets",
        "round",
        "sgn",
        "sqrt",
        "stddev_over_time",
        "stdvar_over_time",
        "sum_over_time",
        "time",
        "timestamp",
    ]
)
"""Functions whose result has the labels of what goes in, or is one number whoever asks."""
_AGGREGATIONS = frozenset(
    ["sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "bottomk", "topk", "quantile"]
)


@dataclass(frozen=True, slots=True)
class Template:
    """An expression about any number of values of a label; its rows carry the label, and no other."""

    text: str
    label: str

    def about(self, pattern: str) -> str:
        """The expression about the values that this regular expression matches."""
        return self.text.replace(_VALUES, str(Matcher(self.label, "=~", pattern)))

    @property
    def mentions(self) -> int:
        """How often it names the values."""
        return self.text.count(_VALUES)


def shared(texts: Sequence[str]) -> Sequence[tuple[Template, str] | None]:
    """For each expression (an aggregation), the template it has in common with the most others, and its own value.

    None for one that has none in common with any other.
    """
    options = [dict(_templates(text)) for text in texts]
    popular = Counter(template for of_one in options for template in of_one)
    found: list[tuple[Template, str] | None] = []
    for of_one in options:
        best = max(of_one, key=lambda template: (popular[template], template.label), default=None)
        found.append((best, of_one[best]) if best and popular[best] > 1 else None)
    return found


class _AloneError(Exception):
    """The expression is not known to be the same when others are asked for with it."""


def _templates(text: str) -> Iterator[tuple[Template, str]]:
    """Every way to share the expression: by each label that all of its selectors fix to the same value."""
    tree = ast.parse(text)
    for label, value in _fixed(tree).items():
        try:
            yield Template(_Writer(label).write(tree), label), value
        except _AloneError:
            continue


def _fixed(tree: Any) -> Mapping[str, str]:
    """The labels that every selector has with `=` and the same value, sorted; none where there is no selector."""
    fixed = [
        {matcher.name: matcher.value for matcher in selector.matchers.matchers if _operator(matcher) == "="}
        for selector in _selectors(tree)
    ]
    first = fixed[0] if fixed else {}
    return {
        label: value
        for label, value in sorted(first.items())
        if value and label != "__name__" and all(other.get(label) == value for other in fixed)
    }


def _selectors(tree: Any) -> Iterator[Any]:
    match tree:
        case ast.VectorSelector():
            yield tree
        case ast.MatrixSelector():
            yield tree.vector_selector
        case ast.Call():
            for argument in tree.args:
                yield from _selectors(argument)
        case ast.BinaryExpr():
            yield from _selectors(tree.lhs)
            yield from _selectors(tree.rhs)
        case ast.AggregateExpr() | ast.ParenExpr() | ast.UnaryExpr() | ast.SubqueryExpr():
            yield from _selectors(tree.expr)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes an expression down again, with the values of one label kept apart."""

    label: str

    def write(self, tree: Any) -> str:
        """The text.

        Raises:
            _AloneError: something in it may drop the label, or mix its values.
        """
        match tree:
            case ast.NumberLiteral():
                return _number(tree.val)
            case ast.VectorSelector() | ast.MatrixSelector() | ast.SubqueryExpr():
                return self._series(tree)
            case ast.ParenExpr() | ast.UnaryExpr():
                return f"{'-' if isinstance(tree, ast.UnaryExpr) else ''}({self.write(tree.expr)})"
            case ast.Call() if tree.func.name in _KEEPING:
                return f"{tree.func.name}({', '.join(map(self.write, tree.args))})"
            case ast.AggregateExpr() if str(tree.op) in _AGGREGATIONS:
                return self._aggregation(tree)
            case ast.BinaryExpr():
                return self._operation(tree)
        raise _AloneError

    def _series(self, tree: Any) -> str:
        """A selector or a subquery, with its times."""
        match tree:
            case ast.VectorSelector():
                return self._selector(tree) + _moved(tree)
            case ast.MatrixSelector():
                selector = tree.vector_selector
                return f"{self._selector(selector)}[{_duration(tree.range)}]{_moved(selector)}"
        step = _duration(tree.step) if tree.step is not None else ""
        return f"({self.write(tree.expr)})[{_duration(tree.range)}:{step}]{_moved(tree)}"

    def _selector(self, selector: Any) -> str:
        if selector.matchers.or_matchers or selector.at is not None:
            raise _AloneError
        others = [matcher for matcher in selector.matchers.matchers if matcher.name != self.label]
        if len(others) + 1 != len(selector.matchers.matchers):
            raise _AloneError
        written = sorted(str(Matcher(matcher.name, _operator(matcher), matcher.value)) for matcher in others)
        return f"{selector.name or ''}{{{','.join([*written, _VALUES])}}}"

    def _aggregation(self, tree: Any) -> str:
        inner = ", ".join(self.write(part) for part in (tree.param, tree.expr) if part is not None)
        if tree.modifier is not None and "Without" in str(tree.modifier.type):
            self._unless_dropped(tree.modifier.labels)
            return f"{tree.op} without ({','.join(tree.modifier.labels)}) ({inner})"
        labels = [] if tree.modifier is None else tree.modifier.labels
        return f"{tree.op} by ({self._with(labels)}) ({inner})"

    def _operation(self, tree: Any) -> str:
        if {_carries(tree.lhs, self.label), _carries(tree.rhs, self.label)} == {True, False}:
            self._unless_matched(tree.modifier)
        left, right = (f"({self.write(side)})" for side in (tree.lhs, tree.rhs))
        return f"{left} {tree.op}{self._matching(tree.modifier)} {right}"

    def _unless_matched(self, modifier: Any) -> None:
        """One side has lost the label: the two can only meet where it does not count."""
        matching = None if modifier is None else modifier.matching
        if matching is None or "Include" not in str(matching.type) or self.label in matching.labels:
            raise _AloneError

    def _matching(self, modifier: Any) -> str:
        if modifier is None:
            return ""
        if any(value is not None for value in (modifier.fill_values.lhs, modifier.fill_values.rhs)):
            raise _AloneError
        text = " bool" if modifier.return_bool else ""
        if modifier.matching is not None:
            labels = modifier.matching.labels
            if "Include" in str(modifier.matching.type):
                text += f" on ({self._with(labels)})"
            elif labels:
                self._unless_dropped(labels)
                text += f" ignoring ({','.join(labels)})"
        side = {"ManyToOne": "left", "OneToMany": "right"}.get(str(modifier.card).rpartition(".")[2])
        if side:
            taken = modifier.group_labels or []
            self._unless_dropped(taken)
            text += f" group_{side} ({','.join(taken)})"
        return text

    def _with(self, labels: Collection[str]) -> str:
        return ",".join(sorted({*labels, self.label}))

    def _unless_dropped(self, labels: Collection[str]) -> None:
        if self.label in labels:
            raise _AloneError


def _carries(tree: Any, label: str) -> bool | None:
    """Whether the series of an expression, as it was written, have the label; None for what is one number."""
    match tree:
        case ast.NumberLiteral():
            return None
        case ast.AggregateExpr():
            by = tree.modifier is None or "By" in str(tree.modifier.type)
            return not by or (tree.modifier is not None and label in tree.modifier.labels)
        case ast.Call():
            found = [_carries(argument, label) for argument in tree.args]
            return next((carries for carries in found if carries is not None), None)
        case ast.BinaryExpr():
            found = [_carries(side, label) for side in (tree.lhs, tree.rhs)]
            return next((carries for carries in found if carries is not None), None)
        case ast.ParenExpr() | ast.UnaryExpr() | ast.SubqueryExpr():
            return _carries(tree.expr, label)
    return True


def _operator(matcher: Any) -> Any:
    return _OPERATORS[str(matcher.op).rpartition(".")[2]]


def _moved(tree: Any) -> str:
    if tree.at is not None:
        raise _AloneError
    if tree.offset is None:
        return ""
    sign = "-" if tree.offset < timedelta(0) else ""
    return f" offset {sign}{_duration(abs(tree.offset))}"


def _number(value: float) -> str:
    if isnan(value):
        return "NaN"
    return repr(value) if isfinite(value) else "Inf" if value > 0 else "-Inf"


def _duration(length: timedelta) -> str:
    return f"{length // timedelta(milliseconds=1)}ms"
