"""A backtest in words: for a terminal, and as Markdown for a pull request."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from observatory.alerting import Alarm, Met, Replayed, Score
from observatory.catalog import ServiceSlo
from observatory.catalog.behaviours import is_behaviour
from observatory.evaluation import Severity
from observatory.evaluation.slices import promises_slice
from observatory.outputs.backtest.model import Backtested, Side, Told
from observatory.outputs.backtest.remarks import plural, remarks, told_and_left
from observatory.outputs.slack import numbers


class Table(NamedTuple):
    """Rows of cells under headings; the first column is text, and so are those that are named."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def as_text(result: Backtested) -> str:
    """Columns for a terminal."""
    lines = [_headline(result), ""]
    for title, table in _tables(result):
        lines += [title, *_columns(table), ""]
    return "\n".join([*lines, *remarks(result)]).rstrip() + "\n"


def as_markdown(result: Backtested) -> str:
    """The same for a pull request."""
    lines = ["### Backtest", "", f"{_headline(result)}", ""]
    for title, table in _tables(result):
        lines += [f"**{title}**", "", *_markdown(table), ""]
    return "\n".join([*lines, *(f"- {line}" for line in remarks(result))]).rstrip() + "\n"


def _headline(result: Backtested) -> str:
    length = numbers.span(result.until - result.after)
    counts = "; ".join(f"{side.name}: {_counted(side)}" for side in result.sides)
    told = counts if result.against else _counted(result.now)
    return f"{length} to {_time(result.until)} UTC. {told}."


def _counted(side: Side) -> str:
    pages, tickets = side.of(Severity.PAGE), side.of(Severity.TICKET)
    return f"{_number(pages, 'page')} and {_number(tickets, 'ticket')} of {_promises(side)}"


def _number(alarms: Sequence[Alarm], what: str) -> str:
    """`3 pages`, `3 pages (1 silenced)`."""
    quiet = sum(alarm.silenced is not None for alarm in alarms)
    return plural(len(alarms), what) + (f" ({quiet} silenced)" if quiet else "")


def _promises(side: Side) -> str:
    """`12 SLOs`, `12 SLOs, 1 event's slice and 2 behaviours`."""
    kinds = Counter(_kind(replayed.entry) for replayed in side.replays)
    counted = [plural(kinds[kind], kind) for kind in ("SLO", "slice", "behaviour") if kinds[kind]]
    return " and ".join(filter(None, (", ".join(counted[:-1]), *counted[-1:]))) or "no SLOs"


def _kind(entry: ServiceSlo) -> str:
    if promises_slice(entry):
        return "slice"
    return "behaviour" if is_behaviour(entry) else "SLO"


def _tables(result: Backtested) -> Iterator[tuple[str, Table]]:
    yield "By SLO", _by_slo(result)
    if result.against is None:
        if alarms := result.now.alarms():
            yield "What would have been told", _alarms(alarms, result)
    else:
        for side in result.sides:
            if alarms := [*result.only(side)]:
                yield f"Only with {side.name}", _alarms(alarms, result)
    if result.remembered is not None:
        yield "Against what people remember", _scores(result)
        yield "Incidents", _incidents(result)


def _by_slo(result: Backtested) -> Table:
    """One row an SLO; where two versions differ, both values."""
    known = [{replayed.entry.id: replayed for replayed in side.replays} for side in result.sides]
    rows = [
        [slo, *(_change(cells) for cells in zip(*(_figures(of.get(slo)) for of in known), strict=True))]
        for slo in sorted({slo for of in known for slo in of})
    ]
    return Table(["SLO", "objective", "pages", "tickets", "budget left"], rows)


def _figures(replayed: Replayed | None) -> Sequence[str]:
    if replayed is None:
        return ["-"] * 4
    own = _cells(replayed)
    if replayed.adjustment is not None:
        without = _cells(replayed.adjustment.unadjusted)
        own = [one if one == other else f"{one} ({other})" for one, other in zip(own, without, strict=True)]
    return [_objective(replayed.entry), *own]


def _objective(entry: ServiceSlo) -> str:
    """`99.9 % / 30d`, `20 % slice / 6h`, `70 % of usual`."""
    objective = f"{entry.slo.objective.normalize():f} %"
    if is_behaviour(entry):
        return f"{objective} of usual"
    return f"{objective} / {entry.slo.window.label}"


def _cells(replayed: Replayed) -> Sequence[str]:
    pages, tickets, left = told_and_left(replayed)
    return [str(pages), str(tickets), "-" if is_behaviour(replayed.entry) else left]


def _change(cells: Sequence[str]) -> str:
    return " → ".join(dict.fromkeys(cells))


def _alarms(alarms: Sequence[Told], result: Backtested) -> Table:
    rows = [
        [
            _time(alarm.told_at),
            alarm.severity.value + (", silenced" if alarm.silenced else ""),
            replayed.entry.id,
            ", ".join(alarm.tiers),
            numbers.span(alarm.delay),
            _gone(replayed, alarm),
            _open_for(alarm, result.until),
        ]
        for replayed, alarm in alarms
    ]
    return Table(["told (UTC)", "what", "SLO", "tiers", "burning for", "budget gone", "open for"], rows)


def _gone(replayed: Replayed, alarm: Alarm) -> str:
    if is_behaviour(replayed.entry):
        return "-"
    return "unknown" if alarm.consumed is None else numbers.percent(alarm.consumed)


def _open_for(alarm: Alarm, until: datetime) -> str:
    length = numbers.span((alarm.resolved_at or until) - alarm.told_at)
    again = f", back {alarm.reopened}×" if alarm.reopened else ""
    return f"{length}{again}" if alarm.resolved_at else f"{length} so far{again}"


def _scores(result: Backtested) -> Table:
    rows = [
        [kind if result.against is None else f"{kind}, {side.name}", *_scored(score)]
        for side in result.sides
        for kind, score in result.scores(side).items()
    ]
    return Table(["", "precision", "recall", "median delay"], rows)


def _scored(score: Score) -> list[str]:
    met = sum(one.alarm is not None for one in score.met)
    return [
        _of(score.precision, score.true, score.alarms),
        _of(score.recall, met, len(score.met)),
        "-" if score.delay is None else numbers.span(score.delay),
    ]


def _of(ratio: float | None, part: int, whole: int) -> str:
    return "-" if ratio is None else f"{numbers.percent(ratio)} ({part} of {whole})"


def _incidents(result: Backtested) -> Table:
    """When people were told first, by a page or a ticket."""
    by_side = [result.scores(side)["pages and tickets"].met for side in result.sides]
    headings = ["began (UTC)", "service", "incident", *(f"told by {side.name}" for side in result.sides)]
    rows = [
        [
            _time(same[0].incident.start),
            same[0].incident.service,
            same[0].incident.title,
            *(_told_after(one) for one in same),
        ]
        for same in zip(*by_side, strict=True)
    ]
    return Table(headings, rows)


def _told_after(one: Met) -> str:
    if one.alarm is None or one.delay is None:
        return "nobody was told"
    return f"{one.alarm.severity} of {one.slo} after {numbers.span(one.delay)}"


def _columns(table: Table) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(table.headings, *table.rows, strict=True)]
    for row in (table.headings, *table.rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'   '.join(cells)}".rstrip()


def _markdown(table: Table) -> Iterator[str]:
    yield _row(table.headings)
    yield _row(["---"] * len(table.headings))
    yield from map(_row, table.rows)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
