"""Tables for the terminal."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from observatory.catalog import ServiceSlo
from observatory.catalog.durations import duration_text
from observatory.evaluation import SloStatus, State

_STYLES = {
    State.HEALTHY: "green",
    State.NEW: "green",
    State.AT_RISK: "yellow",
    State.BREACHED: "bold red",
    State.QUERY_FAILED: "magenta",
}
_UNKNOWN = Text("-", style="dim")


def status_table(rows: Sequence[tuple[ServiceSlo, SloStatus]], *, at: datetime) -> Table:
    """Worst budget first; unknown last and dim."""
    table = Table(title=f"At {at:%Y-%m-%d %H:%M} UTC", title_justify="left", header_style="bold", box=None)
    for heading in ("SLO", "squad", "state"):
        table.add_column(heading, no_wrap=True)
    for heading in ("objective", "SLI", "budget left", "burn 1h", "bad events", "coverage"):
        table.add_column(heading, justify="right", no_wrap=True)
    for entry, status in sorted(rows, key=_worst_first):
        table.add_row(
            entry.id,
            entry.squad.name,
            Text(status.state.replace("_", " "), style=_STYLES.get(status.state, "dim")),
            f"{entry.slo.objective.normalize():f} % / {duration_text(entry.slo.window.length)}",
            _percent(status.sli, digits=3),
            _percent(status.remaining, digits=1),
            _number(status.burn.get("1h"), "×"),
            _number(status.bad),
            _percent(status.coverage, digits=0),
        )
    return table


def _worst_first(row: tuple[ServiceSlo, SloStatus]) -> tuple[bool, float, str]:
    entry, status = row
    return status.remaining is None, status.remaining or 0.0, entry.id


def _percent(value: float | None, *, digits: int) -> Text:
    return _UNKNOWN if value is None else Text(f"{value * 100:.{digits}f} %")


def _number(value: float | None, unit: str = "") -> Text:
    return _UNKNOWN if value is None else Text(f"{value:,.1f}{unit}" if unit else f"{value:,.0f}")
