"""Tables for the terminal."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from observatory.catalog import ServiceSlo
from observatory.evaluation import SloStatus, State
from observatory.evaluation.exclusions import Adjustment

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

Row = tuple[ServiceSlo, SloStatus]


class _Column(NamedTuple):
    heading: str
    cell: Callable[[ServiceSlo, SloStatus], str | Text]
    right: bool = True


_COLUMNS = (
    _Column("SLO", lambda entry, _: entry.id, right=False),
    _Column("state", lambda _, status: _state(status), right=False),
    _Column("budget left", lambda _, status: _percent(status.remaining, digits=1)),
    _Column("burn 1h", lambda _, status: _number(status.burn.get("1h"), "×")),
    _Column("SLI", lambda _, status: _percent(status.sli, digits=3)),
    _Column("objective", lambda entry, _: _objective(entry)),
    _Column("squad", lambda entry, _: entry.squad.name, right=False),
    _Column("bad events", lambda _, status: _number(status.bad)),
    _Column("seen", lambda _, status: _percent(status.coverage, digits=0)),
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
    for entry, status in rows:
        if status.further:
            console.print(_further(entry, status), soft_wrap=True)
    failures = [(entry, status.failure) for entry, status in rows if status.failure is not None]
    for entry, failure in failures:
        console.print(Text(f"{entry.id}: {failure}", style="magenta"), soft_wrap=True)


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
    for entry, status in rows:
        table.add_row(*(column.cell(entry, status) for column in columns))
    return table


def _worst_first(row: Row) -> tuple[bool, float, str]:
    entry, status = row
    return status.remaining is None, status.remaining or 0.0, entry.id


def _state(status: SloStatus) -> Text:
    return Text(status.state.replace("_", " "), style=_STYLES.get(status.state, "dim"))


def _objective(entry: ServiceSlo) -> str:
    return f"{entry.slo.objective.normalize():f} % / {entry.slo.window.label}"


def _percent(value: float | None, *, digits: int) -> Text:
    return _UNKNOWN if value is None else Text(f"{value * 100:.{digits}f} %")


def _number(value: float | None, unit: str = "") -> Text:
    return _UNKNOWN if value is None else Text(f"{value:,.1f}{unit}" if unit else f"{value:,.0f}")
