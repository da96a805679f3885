"""What only measuring an SLO tells of its definition: that it can't be measured, or says too little."""

from collections.abc import Iterator

from observatory.catalog import ServiceSlo
from observatory.evaluation import Evaluation, SloStatus
from observatory.evaluation.states import WHOLE
from observatory.outputs.findings import Finding, Level

FEWEST_EVENTS = 5
"""A budget of less is spent by a handful of mishaps: its SLO says little."""


def measured(evaluation: Evaluation) -> Iterator[Finding]:
    """Everything that an evaluation over whole windows tells of definitions."""
    yield from failures(evaluation)
    yield from too_many_bad(evaluation)
    yield from few_events(evaluation)
    yield from short_histories(evaluation)


def failures(evaluation: Evaluation) -> Iterator[Finding]:
    """SLOs that can't be measured: `below` is no bucket's bound, an expression is refused, a server is not known."""
    for slo, status in evaluation.statuses().items():
        if status.failure is not None:
            entry = evaluation.entry(slo)
            yield of_slo(entry, "unmeasurable", f"it can't be measured: {status.failure}", level=Level.ERROR)


def too_many_bad(evaluation: Evaluation) -> Iterator[Finding]:
    """SLOs that count as bad, or as good, what they do not count in total."""
    for slo, status in evaluation.statuses().items():
        if too_many := _too_many(status):
            side, more = too_many
            yield of_slo(
                evaluation.entry(slo),
                "more-than-all",
                f"it counted {more:,.0f} {side} events of {status.total:,.0f} in all: {side} counts what total does not",
                level=Level.ERROR,
                fix=f"such as: {side}: '<the selector of total, and the label that tells {side} ones>'",
            )


def _too_many(status: SloStatus) -> tuple[str, float] | None:
    """Bad events may be less than none: those that are not among the good ones."""
    if status.bad is None or status.total is None or 0 <= status.bad <= status.total:
        return None
    return ("bad", status.bad) if status.bad > 0 else ("good", status.total - status.bad)


def few_events(evaluation: Evaluation) -> Iterator[Finding]:
    """SLOs whose whole error budget is a few events; where the history is short, as many as it is projected to."""
    for slo, status in evaluation.statuses().items():
        if status.budget is not None and 0 < status.budget < FEWEST_EVENTS:
            yield of_slo(
                evaluation.entry(slo),
                "few-events",
                f"one bad event is {1 / status.budget:.0%} of its error budget, which is {status.budget:.1f} events:"
                " one mishap decides",
                fix="a lower objective, a longer window, or events that happen more often, such as a probe's",
            )


def short_histories(evaluation: Evaluation) -> Iterator[Finding]:
    """SLOs whose window reaches back to before what Prometheus knows of them."""
    for slo, status in evaluation.statuses().items():
        if status.since is not None and status.at - status.since < WHOLE * status.window:
            entry = evaluation.entry(slo)
            yield of_slo(
                entry,
                "short-history",
                f"its window is {entry.slo.window.label}, and Prometheus knows nothing of it before"
                f" {status.since:%Y-%m-%d %H:%M} UTC: its budget is a projection",
                fix="nothing, if it is new; else a longer retention, or `observatory run`, which keeps the history",
            )


def of_slo(
    entry: ServiceSlo, rule: str, message: str, *, fix: str = "", level: Level = Level.WARNING
) -> Finding:
    """A finding where the SLO is written."""
    place = entry.slo.place
    return Finding(rule, level, place.file, message, where=f"SLO {entry.id}", line=place.line, fix=fix)
