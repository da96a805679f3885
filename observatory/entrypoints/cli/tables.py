"""Tables for the terminal."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from observatory.catalog import ServiceSlo
from observatory.evaluation import SloStatus, State
from observatory.evaluation.exclusions import Adjustment
from observatory.evaluation.forecast import Forecast
from observatory.evaluation.model import Shortfall
from observatory.outputs.forecast import forecast_words
from observatory.outputs.slack import numbers

_STYLES = {
    State.HEALTHY: "green",
    State.NEW: "green",
    State.AT_RISK: "yellow",
    State.BREACHED: "bold red",
    State.QUERY_FAILED: "magenta",
}
_UNKNOWN = Text("-", style="dim")
_UNBOUNDED = 10_000
"""Columns, where nobody's terminal sets a bound: in a file or a pipe nothing is cut off."""


class Row(NamedTuple):
    """One SLO."""

    entry: ServiceSlo
    status: SloStatus
    ahead: Forecast


class _Column(NamedTuple):
    heading: str
    cell: Callable[[Row], str | Text]
    right: bool = True


_COLUMNS = (
    _Column("SLO", lambda row: row.entry.id, right=False),
    _Column("state", lambda row: _state(row.status), right=False),
    _Column("budget left", lambda row: _percent(row.status.remaining, digits=1)),
    _Column("burn 1h", lambda row: _number(row.status.burn.get("1h"), "×")),
    _Column("ahead", lambda row: _ahead(row.status, row.ahead), right=False),
    _Column("SLI", lambda row: _percent(row.status.sli, digits=3)),
    _Column("objective", lambda row: _objective(row.entry)),
    _Column("bad events", lambda row: _number(row.status.bad)),
    _Column("affordable", lambda row: _number(row.ahead.affordable)),
    _Column("squad", lambda row: row.entry.squad.name, right=False),
    _Column("seen", lambda row: _percent(row.status.coverage, digits=0)),
)
"""The most important first: on a narrow terminal the last are left out."""
_FEWEST = 2


def show_status(rows: Sequence[Row], *, at: datetime) -> None:
    """Print the worst budget first, what is unknown last; then what Prometheus says of queries that failed."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_UNBOUNDED)
    table, left_out = _fitting(sorted(rows, key=_worst_first), console, at=at)
    console.print(table)
    if left_out:
        console.print(f"A wider terminal shows {', '.join(left_out)} too.", style="dim")
    for row in sorted(rows, key=_worst_first):
        for sentence in forecast_words(row.ahead, row.status, zone="UTC"):
            console.print(Text(f"{row.entry.id}: {sentence}", style="dim"))
    for row in rows:
        if row.status.further:
            console.print(_further(row.entry, row.status), soft_wrap=True)
    failures = [(row.entry, row.status.failure) for row in rows if row.status.failure is not None]
    for entry, failure in failures:
        console.print(Text(f"{entry.id}: {failure}", style="magenta"), soft_wrap=True)


def show_behaviours(found: Sequence[tuple[ServiceSlo, SloStatus]]) -> None:
    """Print what users did in the last hour, beside what was expected of it."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_UNBOUNDED)
    table = Table(title="What users do", title_justify="left", header_style="bold", box=None)
    table.add_column("behaviour", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for heading in ("last hour", "expected"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("from", overflow="fold")
    for entry, status in found:
        if status.shortfall is not None:
            table.add_row(entry.id, _state(status), *_came(status.shortfall), _from(status))
    console.print()
    console.print(table)


def _came(shortfall: Shortfall) -> tuple[str | Text, str | Text]:
    """How many, and how many nine of ten such hours bring."""
    if shortfall.low is None or shortfall.high is None:
        return _number(shortfall.events), _UNKNOWN
    between = f"{numbers.count(shortfall.low)} to {numbers.count(shortfall.high)}"
    return _number(shortfall.events), between


def _from(status: SloStatus) -> Text:
    """What is expected is made of, or why nothing is."""
    if status.failure is not None:
        return Text(status.failure, style="magenta")
    weeks = status.shortfall.weeks if status.shortfall else 0
    unknown = status.shortfall.unknown if status.shortfall else None
    return Text(unknown or f"the same hour of {weeks} past weeks", style="dim")


def show_left_out(adjustments: Mapping[str, Adjustment]) -> None:
    """Print what events leave out of the numbers above, and what would be left of the budget without that."""
    for slo, adjustment in sorted(adjustments.items()):
        exclusion = adjustment.exclusion
        names, share = ", ".join(exclusion.events), _percent(exclusion.share, digits=1)
        of = f"{share} of the window" if exclusion.share else "some of what lies before the window"
        plain = _percent(adjustment.unadjusted.remaining, digits=1)
        said = (
            f"{slo}: {names} would leave out {share} of the window, which is too much: nothing is left out"
            if exclusion.refused
            else f"{slo}: {names} leaves out {of}; budget left with it: {plain}"
        )
        Console().print(Text(said, style="dim"), soft_wrap=True)


def _further(entry: ServiceSlo, status: SloStatus) -> Text:
    """What is left of the budget over an SLO's other windows."""
    left = (f"{one.label} {_percent(one.remaining, digits=1)}" for one in status.further)
    return Text(f"{entry.id}, budget left over other windows: {', '.join(left)}", style="dim")


def _fitting(rows: Sequence[Row], console: Console, *, at: datetime) -> tuple[Table, Sequence[str]]:
    """The table with as many columns as fit, and the headings of the others."""
    for count in range(len(_COLUMNS), _FEWEST, -1):
        table = _table(rows, _COLUMNS[:count], at=at)
        if console.measure(table, options=console.options.update(width=_UNBOUNDED)).maximum <= console.width:
            return table, [column.heading for column in _COLUMNS[count:]]
    return _table(rows, _COLUMNS[:_FEWEST], at=at), [column.heading for column in _COLUMNS[_FEWEST:]]


def _table(rows: Sequence[Row], columns: Sequence[_Column], *, at: datetime) -> Table:
    table = Table(title=f"At {at:%Y-%m-%d %H:%M:%S} UTC", title_justify="left", header_style="bold", box=None)
    for number, column in enumerate(columns):
        # An id that is too long even alone is folded, so that it can still be read whole.
        table.add_column(
            column.heading,
            justify="right" if column.right else "left",
            no_wrap=number > 0,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(column.cell(row) for column in columns))
    return table


def _worst_first(row: Row) -> tuple[bool, float, str]:
    remaining = row.status.remaining
    return remaining is None, remaining or 0.0, row.entry.id


def _ahead(status: SloStatus, ahead: Forecast) -> str | Text:
    """`gone in 3 h`, `back in 5 d`; the sentences below say how sure that is."""
    runway, recovery = ahead.runway, ahead.recovery
    if runway is not None:
        return Text(f"gone in {_short(runway.lasts)}", style="yellow")
    if recovery is not None and recovery.solvent > status.at:
        return Text(f"back in {_short(recovery.solvent - status.at)}", style="red")
    return ""


def _short(length: timedelta) -> str:
    return numbers.about(length).removeprefix("about ")


def _state(status: SloStatus) -> Text:
    return Text(status.state.replace("_", " "), style=_STYLES.get(status.state, "dim"))


def _objective(entry: ServiceSlo) -> str:
    return f"{entry.slo.objective.normalize():f} % / {entry.slo.window.label}"


def _percent(value: float | None, *, digits: int) -> Text:
    return _UNKNOWN if value is None else Text(f"{value * 100:.{digits}f} %")


def _number(value: float | None, unit: str = "") -> Text:
    return _UNKNOWN if value is None else Text(f"{value:,.1f}{unit}" if unit else f"{value:,.0f}")
