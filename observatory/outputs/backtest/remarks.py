"""What a reader of a backtest has to know to take its figures for no more than they are."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from observatory.alerting import Adjusted, Alarm, Replayed, Silence
from observatory.catalog.behaviours import is_behaviour
from observatory.evaluation import Severity
from observatory.outputs.backtest.model import Backtested, Side
from observatory.outputs.slack import numbers


def remarks(result: Backtested) -> Iterator[str]:
    """Sentences: what was left out, what was kept quiet, what is not known, what was not looked at."""
    if any(replayed.adjustment for side in result.sides for replayed in side.replays):
        yield "In brackets: with what events leave out of the numbers."
    for side in result.sides:
        of = f" of {side.name}" if result.against else ""
        for replayed in side.replays:
            name = f"{replayed.entry.id}{of}"
            if replayed.adjustment is not None:
                yield f"{name}: {_adjustment(replayed.adjustment, told_and_left(replayed))}"
            if replayed.since is not None:
                yield f"{name}: {_young(replayed)} before {_time(replayed.since)} UTC."
        for slo, failure in side.failures.items():
            yield f"{slo}{of} could not be measured: {failure}"
    yield from _silences(result)


def _young(replayed: Replayed) -> str:
    if is_behaviour(replayed.entry):
        return "too little is known to judge it"
    return "nothing is known of it"


def _adjustment(adjustment: Adjusted, own: tuple[int, int, str]) -> str:
    """Such as `db-move leaves 2 h out of it; with that it is 2 pages, 1 ticket and 61 % of the budget left`."""
    names = ", ".join(adjustment.events)
    leaves = "leaves" if len(adjustment.events) == 1 else "leave"
    leaves_out = f"{names} {leaves} {numbers.span(adjustment.length)} out of it"
    if told_and_left(adjustment.unadjusted) == own:
        return f"{leaves_out}, which changes nothing."
    pages, tickets, _ = told_and_left(adjustment.unadjusted)
    beyond = " (where it would be too much of the window, nothing)" if adjustment.refused else ""
    return (
        f"{leaves_out}{beyond}; with that it is"
        f" {plural(pages, 'page')}, {plural(tickets, 'ticket')} and {_left(adjustment.unadjusted)}."
    )


def _left(replayed: Replayed) -> str:
    """`42 % of the budget left`, `the budget overspent by 5 %`."""
    left = replayed.budget[-1].remaining if replayed.budget else None
    if left is not None and left < 0:
        return f"the budget overspent by {numbers.percent(-left)}"
    return "the budget unknown" if left is None else f"{numbers.percent(left)} of the budget left"


def told_and_left(replayed: Replayed) -> tuple[int, int, str]:
    """Pages, tickets, and what is left of the budget in the end: `42 %`."""
    severities = [alarm.severity for alarm in replayed.alarms]
    left = replayed.budget[-1].remaining if replayed.budget else None
    words = "unknown" if left is None else numbers.percent(left)
    return severities.count(Severity.PAGE), severities.count(Severity.TICKET), words


def plural(count: int, what: str) -> str:
    """`1 page`, `2 pages`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def _silences(result: Backtested) -> Iterator[str]:
    if not result.silences_known:
        yield "Silences are not looked at; --stored marks what fell into one that the service's database knows."
        return
    quiet: dict[str, tuple[Silence, int]] = {}
    for alarm in _alarms(result.now):
        if alarm.silenced is not None:
            _, count = quiet.get(alarm.silenced.id, (alarm.silenced, 0))
            quiet[alarm.silenced.id] = (alarm.silenced, count + 1)
    for silence, count in quiet.values():
        yield (
            f"{plural(count, 'alarm')} fell into a silence of {silence.owner} until"
            f" {_time(silence.ends_at)} UTC: {silence.reason}"
        )


def _alarms(side: Side) -> Sequence[Alarm]:
    return [alarm for _, alarm in side.alarms()]


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
