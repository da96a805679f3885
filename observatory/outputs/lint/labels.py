"""Which labels the series of an expression can have: what aggregations and joins leave of them."""

from dataclasses import dataclass
from typing import Any

import promql_parser as promql

from observatory.outputs.lint.promql import bare

_SETS = frozenset({"and", "unless"})
_KEEPING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_OF_ITS_OWN = frozenset({"vector", "scalar", "time", "pi"})


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels that a series may have: only those `named` when closed, any but those `named` when open."""

    named: frozenset[str] = frozenset()
    closed: bool = False

    def has(self, label: str) -> bool:
        """Whether a series can have it."""
        return (label in self.named) == self.closed

    def only(self, labels: frozenset[str]) -> "Labels":
        """What is left of them after `by` or `on`."""
        return Labels(frozenset(label for label in labels if self.has(label)), closed=True)

    def without(self, labels: frozenset[str]) -> "Labels":
        """What is left of them after `without` or `ignoring`."""
        return Labels(self.named - labels if self.closed else self.named | labels, self.closed)

    def plus(self, labels: frozenset[str]) -> "Labels":
        """With labels that are put there."""
        return Labels(self.named | labels if self.closed else self.named - labels, self.closed)

    def union(self, other: "Labels") -> "Labels":
        """What a series of either can have."""
        if self.closed and other.closed:
            return Labels(self.named | other.named, closed=True)
        if not self.closed and not other.closed:
            return Labels(self.named & other.named)
        opened, listed = (other, self) if self.closed else (self, other)
        return Labels(opened.named - listed.named)


NONE = Labels(closed=True)


def labels_of(tree: Any) -> Labels:
    """The labels of an expression's series, as Prometheus's engine makes them."""
    node = bare(tree)
    match node:
        case promql.AggregateExpr():
            return _of_aggregation(node)
        case promql.BinaryExpr():
            return _of_operation(node)
        case promql.Call():
            return _of_call(node)
        case promql.UnaryExpr() | promql.SubqueryExpr():
            return labels_of(node.expr)
        case promql.NumberLiteral() | promql.StringLiteral():
            return NONE
        case _:
            return Labels()


def _of_aggregation(node: Any) -> Labels:
    inner, name = labels_of(node.expr), str(node.op)
    if name in _KEEPING:
        return inner
    if node.modifier is None:
        left = NONE
    elif node.modifier.type == promql.AggModifierType.By:
        left = inner.only(frozenset(node.modifier.labels))
    else:
        left = inner.without(frozenset(node.modifier.labels))
    if name == "count_values" and isinstance(node.param, promql.StringLiteral):
        return left.plus(frozenset({node.param.val}))
    return left


def _of_operation(node: Any) -> Labels:
    left, right, name = labels_of(node.lhs), labels_of(node.rhs), str(node.op)
    if name in _SETS:
        return left
    if name == "or":
        return left.union(right)
    if _is_scalar(node.lhs):
        return right
    if _is_scalar(node.rhs):
        return left
    return _of_match(node.modifier, left, right)


def _of_match(modifier: Any, left: Labels, right: Labels) -> Labels:
    """Arithmetic and comparisons of two vectors."""
    matching = modifier.matching if modifier is not None else None
    card = modifier.card if modifier is not None else None
    named = frozenset(matching.labels) if matching is not None else frozenset()
    if card == promql.VectorMatchCardinality.ManyToOne:
        return left.plus(_brought(modifier, right))
    if card == promql.VectorMatchCardinality.OneToMany:
        return right.plus(_brought(modifier, left))
    if matching is None:
        return left
    included = matching.type == promql.LabelModifierType.Include
    return left.only(named) if included else left.without(named)


def _brought(modifier: Any, one: Labels) -> frozenset[str]:
    """Labels that `group_left (…)` takes from the side of the one, as far as it has them."""
    return frozenset(label for label in modifier.group_labels or () if one.has(label))


def _of_call(node: Any) -> Labels:
    name, args = node.func.name, node.args
    if name in _OF_ITS_OWN:
        return NONE
    if name in ("label_replace", "label_join"):
        target = args[1]
        return labels_of(args[0]).plus(frozenset({target.val}))
    if name.startswith("absent"):
        return _of_absent(args[0])
    vectors = [arg for arg in args if not _is_scalar(arg)]
    inner = labels_of(vectors[0]) if vectors else NONE
    return inner.without(frozenset({"le"})) if name.startswith("histogram_") else inner


def _of_absent(node: Any) -> Labels:
    """`absent` makes a series of the selector's equalities."""
    inner = bare(node)
    selector = inner.vector_selector if isinstance(inner, promql.MatrixSelector) else inner
    if not isinstance(selector, promql.VectorSelector):
        return NONE
    equal = [
        m.name for m in selector.matchers.matchers if m.op == promql.MatchOp.Equal and m.name != "__name__"
    ]
    return Labels(frozenset(equal), closed=True)


def _is_scalar(node: Any) -> bool:
    inner = bare(node)
    if isinstance(inner, promql.Call):
        return inner.func.name in ("scalar", "time", "pi")
    if isinstance(inner, promql.BinaryExpr):
        return _is_scalar(inner.lhs) and _is_scalar(inner.rhs)
    if isinstance(inner, promql.UnaryExpr):
        return _is_scalar(inner.expr)
    return isinstance(inner, promql.NumberLiteral | promql.StringLiteral)
