"""Rows of the table as values: the border where NaN becomes None."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

import pandas as pd

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
        promise = self._promises.distinct[self._promises.of[row]]
        own = {name: self._cells["slo", name][row] for name in _NUMBERS}
        starts, ends, since = (_moment(self._cells["slo", name][row]) for name in ("starts", "ends", "since"))
        return SloStatus(
            slo=slo,
            at=self._at,
            state=self._cells["slo", "state"][row],
            objective=promise.objective,
            window=ends - starts,
            resets=ends if isinstance(promise.window, Calendar) else None,
            further=self._further.of(slo),
            column=self._promises.columns[row],
            dispersion=self._cells["slo", "dispersion"][row],
            burn={label: self._cells[label, "burn"][row] for label in self._windows},
            failure=self._failures.get(slo),
            windows={label: self._window(label, row) for label in self._windows},
            tiers=self._tiers(promise, row),
            since=since,
            **own,
        )

    def _window(self, label: str, row: int) -> WindowStatus:
        bad, total, coverage = (self._cells[label, name][row] for name in ("bad", "total", "coverage"))
        return WindowStatus(bad, total, coverage)

    def _tiers(self, promise: Promise, row: int) -> tuple[TierStatus, ...]:
        return tuple(
            TierStatus(
                name=tier.name,
                severity=tier.severity,
                long=long,
                short=short,
                threshold=threshold,
                firing=self._cells[tier.name, "firing"][row],
                clear=_flag(self._cells[tier.name, "clear"][row]),
                tail=self._cells[tier.name, "tail"][row],
            )
            for tier, long, short, threshold in _scaled(promise.length)
        )

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {slo: row for row, slo in enumerate(self._promises.ids)}

    @cached_property
    def _cells(self) -> "Cells":
        return _cells(self._table)


class WindowBudgets:
    """The budgets over further windows, of one SLO at a time."""

    def __init__(self, table: pd.DataFrame, promises: Promises) -> None:
        self._table = table
        self._promises = promises

    def of(self, slo: str) -> tuple[WindowBudget, ...]:
        """In the order in which they are written; empty for most."""
        return tuple(self._budget(row) for row in self._rows.get(slo, ()))

    def _budget(self, row: int) -> WindowBudget:
        numbers = {name: self._cells["slo", name][row] for name in _NUMBERS}
        moments = {name: _moment(self._cells["slo", name][row]) for name in ("starts", "ends", "since")}
        label = self._promises.distinct[self._promises.of[row]].label
        return WindowBudget(label=label, **numbers, **moments)

    @cached_property
    def _rows(self) -> Mapping[str, Sequence[int]]:
        rows: dict[str, list[int]] = {}
        for row, slo in enumerate(self._promises.ids):
            rows.setdefault(slo, []).append(row)
        return rows

    @cached_property
    def _cells(self) -> "Cells":
        return _cells(self._table)


Cells = Mapping[tuple[str, str], Sequence[Any]]


def _cells(table: pd.DataFrame) -> Cells:
    """The columns as lists, taken apart once: a list is read many times faster than a cell of a frame."""
    columns: Iterable[Any] = table.columns
    return {column: _optional(table[column]) for column in columns}


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


def _optional(column: pd.Series) -> Sequence[Any]:
    """Only NaN differs from itself."""
    return [cell if cell == cell else None for cell in column.tolist()]  # noqa: PLR0124 - the test for NaN


def _flag(cell: float | None) -> bool | None:
    return None if cell is None else bool(cell)
