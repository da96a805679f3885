"""Rules about groups: when they are evaluated, and in which order."""

from collections.abc import Iterator, Mapping, Sequence

from observatory.outputs.lint.recorded import could_make, selectors
from observatory.outputs.lint.registry import Defect, Rules
from observatory.outputs.lint.rule_files import RuleView, seconds_of
from observatory.outputs.lint.rulebook import Rulebook

RULES: Rules[Rulebook] = Rules()
_LONGEST_INTERVAL = 300.0
_USUAL = 60.0
"""Seconds between evaluations where a group does not say: Prometheus's default."""


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
        made: dict[str, list[tuple[int, RuleView]]] = {}
        for number, rule in enumerate(group.rules):
            made.setdefault(rule.record, []).append((number, rule))
        for number, rule in enumerate(group.rules):
            for used in _not_yet(book, rule, made, number):
                yield Defect(f"reads {used}, which is recorded below it", rule.where, rule.path)


def _not_yet(
    book: Rulebook, rule: RuleView, made: Mapping[str, Sequence[tuple[int, RuleView]]], number: int
) -> Iterator[str]:
    """Metrics whose series that a rule reads are made after it alone; those of other labels are others' series."""
    parsed = book.expressions.get(rule.expr)
    found: dict[str, None] = {}
    for selector in () if parsed is None else selectors(parsed.tree):
        name = selector.name or ""
        makers = [at for at, maker in made.get(name, ()) if could_make(selector, maker.labels)]
        if makers and name != rule.record and number <= min(makers):
            found[name] = None
    yield from found


@RULES.warning(
    "chain-group", "A rule of a service reads no series that another group of its file records, when slower."
)
def chain_group(book: Rulebook) -> Iterator[Defect]:
    """It would be up to that group's interval late."""
    makers = {rule.record: group for group in book.content.groups for rule in group.rules if rule.record}
    for group in book.content.groups:
        own, pace = {rule.record for rule in group.rules}, seconds_of(group.interval) or _USUAL
        for rule in group.rules:
            for used in _read(book, rule):
                maker = makers.get(used)
                if maker and used not in own and (seconds_of(maker.interval) or _USUAL) > pace:
                    message = f"reads {used}, which group {maker.name} records every {maker.interval}"
                    yield Defect(message, rule.where, rule.path)


def _read(book: Rulebook, rule: RuleView) -> list[str]:
    """Metrics that a rule reads."""
    parsed = book.expressions.get(rule.expr)
    return [] if parsed is None else [*dict.fromkeys(used.metric for used in parsed.facts.used)]
