"""The lint of rule files: each by itself, then all of them together."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser as promql

from observatory.outputs.findings.model import Finding, Level
from observatory.outputs.lint.labels import labels_of
from observatory.outputs.lint.metrics import Known
from observatory.outputs.lint.promql import bare, children, facts, parse, rate_of
from observatory.outputs.lint.recorded import Recorded
from observatory.outputs.lint.registry import Defect, Rules
from observatory.outputs.lint.rule_files import RuleFile, RuleView, seconds_of

RULES: Rules["Rulebook"] = Rules()
_TELLING = frozenset({"==", "!=", ">", "<", ">=", "<=", "unless"})
"""Operators that leave out series for what they are."""
_LABEL = re.compile(r"\$labels\.(\w+)|\.Labels\.(\w+)")
_OWNERS = ("owner", "squad", "team")
_RUNBOOKS = ("runbook_url", "runbook", "runbook_link")
_LONGEST_INTERVAL = 300.0
_NOT_NEGATIVE = frozenset({"rate", "irate", "increase", "resets", "changes", "count_over_time", "abs"})
ACROSS = {
    "rule-file": "A *.yml below alert_rules/ is a rule file, or a test of one.",
    "duplicate-rule": "No rule is there twice, in one file or in two.",
}


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A rule file, and what it may rely on."""

    content: RuleFile
    trees: dict[str, Any]
    """Of the expressions that can be parsed."""
    known: Known
    recorded: Recorded

    def parsed(self) -> Iterator[tuple[RuleView, Any]]:
        """Rules with the trees of their expressions."""
        return ((rule, self.trees[rule.expr]) for rule in self.content.rules if rule.expr in self.trees)


def lint_rule_file(content: RuleFile, known: Known, recorded: Recorded) -> list[Finding]:
    """What is wrong with a rule file by itself."""
    trees = {}
    for rule in content.rules:
        try:
            trees[rule.expr] = parse(rule.expr)
        except ValueError:
            continue
    return list(RULES.findings(content.file, Rulebook(content, trees, known, recorded)))


@RULES.error("rule-promql", "Every rule has a name, and an expression in PromQL.")
def rule_promql(book: Rulebook) -> Iterator[Defect]:
    """Prometheus loads no file with such a rule."""
    for rule in book.content.rules:
        if bool(rule.alert) == bool(rule.record):
            yield Defect("a rule is either an alert or a record", rule.where, rule.path)
        if rule.expr not in book.trees:
            yield Defect(_complaint(rule.expr), rule.where, (*rule.path, "expr"))


def _complaint(expr: str) -> str:
    try:
        parse(expr)
    except ValueError as error:
        return str(error)
    return "can't be parsed"


@RULES.error("alert-comparison", "An alert compares with something.")
def alert_comparison(book: Rulebook) -> Iterator[Defect]:
    """Else it fires for every series, whatever its value."""
    for rule, tree in book.parsed():
        if rule.alert and not _compares(tree):
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
    for rule in _alerts(book):
        if not rule.labels.get("severity"):
            yield Defect("has no severity", rule.where, rule.path, fix="severity: page, or ticket")


@RULES.error("alert-owner", "An alert says whose it is: a label or annotation owner, squad or team.")
def alert_owner(book: Rulebook) -> Iterator[Defect]:
    """An alert of everybody's is nobody's."""
    for rule in _alerts(book):
        if not any(rule.labels.get(name) or rule.annotations.get(name) for name in _OWNERS):
            yield Defect("has no owner", rule.where, rule.path, fix="such as: squad: playlists")


@RULES.error("alert-summary", "An alert has the annotation summary.")
def alert_summary(book: Rulebook) -> Iterator[Defect]:
    """It is the one line that is read at night."""
    for rule in _alerts(book):
        if not rule.annotations.get("summary"):
            yield Defect("has no summary", rule.where, rule.path)


@RULES.error("alert-runbook", "An alert has the annotation runbook_url.")
def alert_runbook(book: Rulebook) -> Iterator[Defect]:
    """It says what to do."""
    for rule in _alerts(book):
        if not any(rule.annotations.get(name) for name in _RUNBOOKS):
            yield Defect("has no runbook", rule.where, rule.path, fix="runbook_url: https://…")


@RULES.error("template-label", "Labels in an alert's texts are labels that its expression leaves.")
def template_label(book: Rulebook) -> Iterator[Defect]:
    """`$labels.instance` after `sum by (job)` is empty for ever."""
    for rule, tree in book.parsed():
        texts = [*rule.annotations.items(), *rule.labels.items()] if rule.alert else []
        left = labels_of(tree).plus(frozenset(rule.labels)) if texts else None
        for key, written in texts:
            for label in {found[0] or found[1] for found in _LABEL.findall(written)} if left else ():
                if left and label not in ("alertname", "__name__") and not left.has(label):
                    message = f"{key} names the label {label}, which the expression removes"
                    yield Defect(message, rule.where, rule.path)


@RULES.error("group-interval", "A group is evaluated at least every five minutes.")
def group_interval(book: Rulebook) -> Iterator[Defect]:
    """Prometheus forgets a sample after five minutes, and alerts on it flap."""
    for group in book.content.groups:
        seconds = seconds_of(group.interval)
        if seconds is not None and seconds > _LONGEST_INTERVAL:
            message = f"is evaluated every {group.interval}, and samples last five minutes"
            yield Defect(message, group.where, (*group.path, "interval"), fix="interval: 5m")


@RULES.warning("chain-order", "A rule reads what rules above it in its group record.")
def chain_order(book: Rulebook) -> Iterator[Defect]:
    """What is recorded below it in the same group is one interval old when it is read."""
    for group in book.content.groups:
        made = {rule.record: number for number, rule in enumerate(group.rules) if rule.record}
        first = {rule.record: number for number, rule in reversed([*enumerate(group.rules)]) if rule.record}
        for number, rule in enumerate(group.rules):
            tree = book.trees.get(rule.expr)
            for used in dict.fromkeys(u.metric for u in facts(tree).used) if tree else ():
                if used in made and number <= first[used] and used != rule.record:
                    yield Defect(f"reads {used}, which is recorded below it", rule.where, rule.path)


@RULES.warning(
    "chain-group", "A rule of a service reads no series that another group of its file records, when slower."
)
def chain_group(book: Rulebook) -> Iterator[Defect]:
    """It would be up to that group's interval late."""
    makers = {rule.record: group for group in book.content.groups for rule in group.rules if rule.record}
    for group in book.content.groups:
        own, pace = {rule.record for rule in group.rules}, seconds_of(group.interval) or 60.0
        for rule in group.rules:
            tree = book.trees.get(rule.expr)
            for used in dict.fromkeys(u.metric for u in facts(tree).used) if tree else ():
                maker = makers.get(used)
                if maker and used not in own and (seconds_of(maker.interval) or 60.0) > pace:
                    message = f"reads {used}, which group {maker.name} records every {maker.interval}"
                    yield Defect(message, rule.where, rule.path)


@RULES.error(
    "unreachable-alert", "An alert can fire: what it selects is recorded, and what it compares can be."
)
def unreachable_alert(book: Rulebook) -> Iterator[Defect]:
    """An alert that never fires is worse than none: people rely on it."""
    for rule, tree in book.parsed():
        for reason in book.recorded.never(tree):
            yield Defect(reason, rule.where, (*rule.path, "expr"))
        if rule.alert and _is_negative(bare(tree)):
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


@RULES.error(
    "rule-metric",
    "What a rule reads exists: recorded by a rule, or in the list of metrics when one is given.",
)
def rule_metric(book: Rulebook) -> Iterator[Defect]:
    """A rule on a renamed metric is silent for ever."""
    for rule, tree in book.parsed():
        for metric in dict.fromkeys(used.metric for used in facts(tree).used if used.metric):
            if not book.known.exists(metric):
                what = "no rule records" if ":" in metric else "no exporter of the list has"
                yield Defect(f"{what} {metric}", rule.where, (*rule.path, "expr"))


@RULES.error("rule-rate-of-gauge", "Rules rate counters only.")
def rule_rate_of_gauge(book: Rulebook) -> Iterator[Defect]:
    """Every fall of a gauge looks like a restart."""
    for rule, tree in book.parsed():
        for used in facts(tree).used:
            if rate_of(used) and book.known.kind(used.metric) == "gauge":
                yield Defect(f"{rate_of(used)} of the gauge {used.metric}", rule.where, (*rule.path, "expr"))


def _alerts(book: Rulebook) -> Iterator[RuleView]:
    return (rule for rule in book.content.rules if rule.alert)


def lint_rules_together(files: Iterable[RuleFile]) -> Iterator[Finding]:
    """What is wrong between rules: the same one twice."""
    seen: defaultdict[tuple[object, ...], list[RuleView]] = defaultdict(list)
    for file in files:
        for rule in file.rules:
            labels = tuple(sorted((key, value) for key, value in rule.labels.items() if value))
            what = ("alert", rule.alert, rule.expr) if rule.alert else ("record", rule.record)
            seen[*what, labels].append(rule)
    for first, *others in seen.values():
        for rule in others:
            where = "above" if rule.file == first.file else f"in {first.file}"
            message = f"is there already, {where} (group {first.group})"
            yield Finding("duplicate-rule", Level.ERROR, rule.file, message, rule.where, rule.path)
