"""Rules about what is drawn beside the data: marks of what happened, and the limits of alerts."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import promql_parser as promql

from observatory.outputs.lint.board import Board, Panel, mapping, mappings
from observatory.outputs.lint.promql import bare, parse
from observatory.outputs.lint.registry import Defect, Rules
from observatory.outputs.lint.rule_files import RuleView

RULES: Rules[Board] = Rules()
_ALERT = re.compile(r'alertname\s*(=~|=)\s*"([^"$]+)"')


@RULES.warning("marks", "Charts over time show what happened: annotations of alerts, deploys or the like.")
def marks(board: Board) -> Iterator[Defect]:
    """The first question is what changed."""
    if any(panel.kind == "timeseries" for panel in board.panels):
        written = mappings(mapping(board.raw.get("annotations")).get("list"))
        if all(mark.get("builtIn") for _, mark in written):
            yield Defect("has no annotations", path=(*board.prefix, "annotations"))


@RULES.error(
    "drawn-threshold", "Where a panel shows what an alert compares, its thresholds have the alert's limit."
)
def drawn_threshold(board: Board) -> Iterator[Defect]:
    """A line at 5 % beside a page at 1 % tells people that all is well."""
    limits = board.known.limits
    for panel in board.panels if limits else ():
        drawn = _drawn(panel)
        for target in panel.targets if drawn else ():
            tree = target.query.read[0] if target.query else None
            alerted = _limits(limits, tree) if tree is not None else frozenset()
            if alerted and not alerted & drawn:
                said = ", ".join(f"{limit:g}" for limit in sorted(alerted))
                yield Defect(
                    f"its alert is at {said}, its thresholds are elsewhere", target.where, target.path
                )


def limits_of(rules: Iterable[RuleView]) -> dict[str, frozenset[float]]:
    """What alerts compare with a number, as the parser writes it, and the numbers."""
    found: defaultdict[str, set[float]] = defaultdict(set)
    for rule in rules:
        if rule.alert:
            with suppress(ValueError):
                node = bare(parse(rule.expr))
                while isinstance(node, promql.BinaryExpr) and str(node.op) in ("and", "unless"):
                    node = bare(node.lhs)
                if isinstance(node, promql.BinaryExpr) and isinstance(bare(node.rhs), promql.NumberLiteral):
                    found[bare(node.lhs).prettify()].add(float(bare(node.rhs).val))
    return {compared: frozenset(limits) for compared, limits in found.items()}


def _drawn(panel: Panel) -> frozenset[float]:
    steps = (
        step.get("value")
        for _, value in panel.properties("thresholds")
        for _, step in mappings(mapping(value).get("steps"))
    )
    return frozenset(float(step) for step in steps if isinstance(step, int | float))


def _limits(limits: Mapping[str, frozenset[float]], tree: Any) -> frozenset[float]:
    return limits.get(bare(tree).prettify(), frozenset())


@RULES.warning("unknown-alert", "Alerts that a query names are there.")
def unknown_alert(board: Board) -> Iterator[Defect]:
    """An alert that was renamed looks as if it never fired."""
    for query in board.queries if board.known.alerts else ():
        for operator, name in _ALERT.findall(query.text) if "alertname" in query.text else ():
            if not any(_is_named(alert, operator, name) for alert in board.known.alerts):
                yield Defect(f"no rule file has an alert {name}", query.where, query.path)


def _is_named(alert: str, operator: str, name: str) -> bool:
    try:
        return re.fullmatch(name, alert) is not None if operator == "=~" else alert == name
    except re.error:  # RE2 knows a few things that Python does not
        return True
