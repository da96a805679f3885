"""Rules about alerts: that they can fire, and that whoever is told knows what to do."""

import re
from collections.abc import Iterator
from typing import Any

import promql_parser as promql

from observatory.outputs.lint.labels import labels_of
from observatory.outputs.lint.promql import bare, children
from observatory.outputs.lint.registry import Defect, Rules
from observatory.outputs.lint.rule_files import seconds_of
from observatory.outputs.lint.rulebook import Rulebook

RULES: Rules[Rulebook] = Rules()
_TELLING = frozenset({"==", "!=", ">", "<", ">=", "<=", "unless"})
"""Operators that leave out series for what they are."""
_LABEL = re.compile(r"\$labels\.(\w+)|\.Labels\.(\w+)")
_OWNERS = ("owner", "squad", "team")
_RUNBOOKS = ("runbook_url", "runbook", "runbook_link")
_SHORTEST_ABSENCE = 120.0
_NOT_NEGATIVE = frozenset({"rate", "irate", "increase", "resets", "changes", "count_over_time", "abs"})


@RULES.error("alert-comparison", "An alert compares with something.")
def alert_comparison(book: Rulebook) -> Iterator[Defect]:
    """Else it fires for every series, whatever its value."""
    for rule, parsed in book.parsed():
        if rule.alert and not _compares(parsed.tree):
            yield Defect("fires for every series: it compares with nothing", rule.where, (*rule.path, "expr"))


def _compares(tree: Any) -> bool:
    node = bare(tree)
    if isinstance(node, promql.BinaryExpr) and str(node.op) in _TELLING and not _is_bool(node):
        return True
    if isinstance(node, promql.Call) and node.func.name.startswith("absent"):
        return True
    return any(_compares(child) for child in children(node))


def _is_bool(node: Any) -> bool:
    return bool(node.modifier is not None and node.modifier.return_bool)


@RULES.error("alert-severity", "An alert has the label severity.")
def alert_severity(book: Rulebook) -> Iterator[Defect]:
    """Routes go by it: without, nobody is woken."""
    for rule in book.alerts():
        if not rule.labels.get("severity"):
            yield Defect("has no severity", rule.where, rule.path, fix="severity: page, or ticket")


@RULES.error("alert-owner", "An alert says whose it is: a label or annotation owner, squad or team.")
def alert_owner(book: Rulebook) -> Iterator[Defect]:
    """An alert of everybody's is nobody's."""
    for rule in book.alerts():
        if not any(rule.labels.get(name) or rule.annotations.get(name) for name in _OWNERS):
            yield Defect("has no owner", rule.where, rule.path, fix="such as: squad: playlists")


@RULES.error("alert-summary", "An alert has the annotation summary.")
def alert_summary(book: Rulebook) -> Iterator[Defect]:
    """It is the one line that is read at night."""
    for rule in book.alerts():
        if not rule.annotations.get("summary"):
            yield Defect("has no summary", rule.where, rule.path)


@RULES.error("alert-runbook", "An alert has the annotation runbook_url.")
def alert_runbook(book: Rulebook) -> Iterator[Defect]:
    """It says what to do."""
    for rule in book.alerts():
        if not any(rule.annotations.get(name) for name in _RUNBOOKS):
            yield Defect("has no runbook", rule.where, rule.path, fix="runbook_url: https://…")


@RULES.error("template-label", "Labels in an alert's texts are labels that its expression leaves.")
def template_label(book: Rulebook) -> Iterator[Defect]:
    """`$labels.instance` after `sum by (job)` is empty for ever."""
    for rule, parsed in book.parsed():
        texts = [*rule.annotations.items(), *rule.labels.items()] if rule.alert else []
        left = labels_of(parsed.tree).plus(frozenset(rule.labels)) if texts else None
        for key, written in texts:
            for label in {found[0] or found[1] for found in _LABEL.findall(written)} if left else ():
                if left and label not in ("alertname", "__name__") and not left.has(label):
                    message = f"{key} names the label {label}, which the expression removes"
                    yield Defect(message, rule.where, rule.path)


@RULES.error(
    "unreachable-alert", "An alert can fire: what it selects is recorded, and what it compares can be."
)
def unreachable_alert(book: Rulebook) -> Iterator[Defect]:
    """An alert that never fires is worse than none: people rely on it."""
    for rule, parsed in book.parsed():
        for reason in book.recorded.never(parsed.tree):
            yield Defect(reason, rule.where, (*rule.path, "expr"))
        if rule.alert and _is_negative(bare(parsed.tree)):
            yield Defect("asks for a rate below zero, which none is", rule.where, (*rule.path, "expr"))


def _is_negative(node: Any) -> bool:
    """`rate(…) < 0`: no value fits."""
    if not isinstance(node, promql.BinaryExpr) or str(node.op) != "<":
        return False
    limit, value = bare(node.rhs), bare(node.lhs)
    while isinstance(value, promql.AggregateExpr) and str(value.op) in ("sum", "min", "max", "avg"):
        value = bare(value.expr)
    return (
        isinstance(limit, promql.NumberLiteral)
        and limit.val <= 0
        and isinstance(value, promql.Call)
        and value.func.name in _NOT_NEGATIVE
    )


@RULES.warning("absent-for", "An alert on absence waits for two minutes or more.")
def absent_for(book: Rulebook) -> Iterator[Defect]:
    """One scrape that fails, or a restart of Prometheus, is no absence."""
    for rule, parsed in book.parsed():
        node = bare(parsed.tree)
        while isinstance(node, promql.BinaryExpr):
            node = bare(node.lhs)
        absent = isinstance(node, promql.Call) and node.func.name == "absent"
        if rule.alert and absent and (seconds_of(rule.lasting) or 0.0) < _SHORTEST_ABSENCE:
            yield Defect("fires at the first scrape that fails", rule.where, rule.path, fix="for: 5m")
