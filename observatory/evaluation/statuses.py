"""Rows of the table as values: the border where NaN becomes None."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from observatory.catalog import Calendar
from observatory.catalog.durations import duration_text
from observatory.evaluation.model import SloStatus, TierStatus, WindowBudget, WindowStatus
from observatory.evaluation.promises import Promise, Promises
from observatory.evaluation.tiers import Tier, alert_windows, tiers_for


class Statuses(Mapping[str, SloStatus]):
    """Every SLO's status by id, each made when it is asked for: a tick of thousands needs those that burn."""

    def __init__(
        self,
        table: pd.DataFrame,
        promises: Promises,
        *,
        at: datetime,
        failures: Mapping[str, str],
        further: "WindowBudgets",
    ) -> None:
        self._further = further
        self._table = table
        self._promises = promises
        self._at = at
        self._failures = failures
        self._windows = tuple(alert_windows())

    def __iter__(self) -> Iterator[str]:
        return iter(self._promises.ids)

    def __len__(self) -> int:
        return len(self._promises.ids)

    def __getitem__(self, slo: str) -> SloStatus:
        row = self._rows[slo]
        cells = _Cells(self._columns, row)
        promise = self._promises.distinct[self._promises.of[row]]
        own = {name: cells["slo", name] for name in _NUMBERS}
        starts, ends, since = (_moment(cells["slo", name]) for name in ("starts", "ends", "since"))
        return SloStatus(
            slo=slo,
            at=self._at,
            state=cells["slo", "state"],
            objective=promise.objective,
            window=ends - starts,
            resets=ends if isinstance(promise.window, Calendar) else None,
            further=self._further.of(slo),
            column=self._promises.columns[row],
            dispersion=cells["slo", "dispersion"],
            burn={label: cells[label, "burn"] for label in self._windows},
            failure=self._failures.get(slo),
            windows={label: _window(cells, label) for label in self._windows},
            tiers=_tiers(cells, promise),
            since=since,
            **own,
        )

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {slo: row for row, slo in enumerate(self._promises.ids)}

    @cached_property
    def _columns(self) -> "Columns":
        return _columns(self._table)


class WindowBudgets:
    """The budgets over further windows, of one SLO at a time."""

    def __init__(self, table: pd.DataFrame, promises: Promises) -> None:
        self._table = table
        self._promises = promises

    def of(self, slo: str) -> tuple[WindowBudget, ...]:
        """In the order in which they are written; empty for most."""
        return tuple(self._budget(row) for row in self._rows.get(slo, ()))

    def _budget(self, row: int) -> WindowBudget:
        cells = _Cells(self._columns, row)
        numbers = {name: cells["slo", name] for name in _NUMBERS}
        moments = {name: _moment(cells["slo", name]) for name in ("starts", "ends", "since")}
        label = self._promises.distinct[self._promises.of[row]].label
        return WindowBudget(label=label, **numbers, **moments)

    @cached_property
    def _rows(self) -> Mapping[str, Sequence[int]]:
        rows: dict[str, list[int]] = {}
        for row, slo in enumerate(self._promises.ids):
            rows.setdefault(slo, []).append(row)
        return rows

    @cached_property
    def _columns(self) -> "Columns":
        return _columns(self._table)


Columns = Mapping[tuple[str, str], NDArray[Any]]


def _columns(table: pd.DataFrame) -> Columns:
    """As arrays, taken apart once: an array's cell is read many times faster than a frame's."""
    columns: Iterable[tuple[Any, pd.Series]] = table.items()
    return {name: column.to_numpy() for name, column in columns}


@dataclass(frozen=True, slots=True)
class _Cells:
    """One row of them."""

    columns: Columns
    row: int

    def __getitem__(self, column: tuple[str, str]) -> Any:
        """None for NaN, which alone differs from itself."""
        cell = self.columns[column].item(self.row)
        return cell if cell == cell else None  # noqa: PLR0124 - the test for NaN


def _window(cells: _Cells, label: str) -> WindowStatus:
    return WindowStatus(cells[label, "bad"], cells[label, "total"], cells[label, "coverage"])


def _tiers(cells: _Cells, promise: Promise) -> tuple[TierStatus, ...]:
    return tuple(
        TierStatus(
            name=tier.name,
            severity=tier.severity,
            long=long,
            short=short,
            threshold=threshold,
            firing=cells[tier.name, "firing"],
            clear=_flag(cells[tier.name, "clear"]),
            tail=cells[tier.name, "tail"],
        )
        for tier, long, short, threshold in _scaled(promise.length)
    )


def _moment(seconds: float | None) -> Any:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


_NUMBERS = (
    "coverage",
    "sli",
    "total",
    "bad",
    "budget",
    "consumed",
    "remaining",
    "affordable",
    "budget_minutes",
)
"""Columns that a status carries under their own names."""


@cache
def _scaled(window: timedelta) -> Sequence[tuple[Tier, str, str, Decimal]]:
    """The tiers of an SLO over `window`, the labels of their windows and their burn rates."""
    return [
        (tier, duration_text(tier.long), duration_text(tier.short), tier.burn(window))
        for tier in tiers_for(window)
    ]


def _flag(cell: float | None) -> bool | None:
    return None if cell is None else bool(cell)
