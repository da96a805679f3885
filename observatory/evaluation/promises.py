"""What is promised, as columns: decimals of the catalog become floats here, once for every distinct promise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from observatory.catalog import Method, Occurrences, ServiceSlo, Window
from observatory.evaluation.rules import Limits
from observatory.evaluation.tiers import Tier


class Promise(NamedTuple):
    """What SLOs have in common that are evaluated alike; a catalog of thousands has a handful."""

    budget: Decimal
    """1 - objective, as a ratio."""
    window: Window
    rule: str
    slice: timedelta | None
    """How long a slice of the budget is; None: it is made of events."""

    @property
    def objective(self) -> float:
        """The objective as a ratio: 0.999."""
        return float(1 - self.budget)

    @property
    def label(self) -> str:
        """The window's label: 30d, month Europe/Stockholm."""
        return self.window.label

    @property
    def length(self) -> timedelta:
        """What burn rates refer to: the window's length, a calendar's mean one."""
        return self.window.length

    @property
    def usual(self) -> timedelta:
        """What came in so many days is what usually comes: whole days, as rolling windows have them."""
        return timedelta(days=self.window.length.days)


@dataclass(frozen=True)
class Promises:
    """N rows in order, and which of the K distinct promises each makes."""

    rows: Sequence[ServiceSlo]
    distinct: Sequence[Promise]
    of: NDArray[np.intp]
    """(N,) position in `distinct`."""

    @classmethod
    def read(cls, entries: Sequence[ServiceSlo]) -> "Promises":
        """One row an SLO: what it promises over the window that decides."""
        return cls._numbered([(entry, entry.slo.window) for entry in entries])

    @classmethod
    def further(cls, entries: Sequence[ServiceSlo]) -> "Promises":
        """One row for each further window of an SLO; none for most."""
        return cls._numbered([(entry, window) for entry in entries for window in entry.slo.more_windows])

    @classmethod
    def _numbered(cls, rows: Sequence[tuple[ServiceSlo, Window]]) -> "Promises":
        numbers: dict[Promise, int] = {}
        alike: dict[
            tuple[Decimal, int, str, int], int
        ] = {}  # windows and methods are compared slowly, and shared
        of = []
        for entry, window in rows:
            slo = entry.slo
            key = (slo.objective, id(window), slo.rule, id(slo.method))
            if key not in alike:
                promise = Promise(slo.budget, window, slo.rule, _slice(slo.method))
                alike[key] = numbers.setdefault(promise, len(numbers))
            of.append(alike[key])
        return cls([entry for entry, _ in rows], tuple(numbers), np.array(of, dtype=np.intp))

    @cached_property
    def entries(self) -> Mapping[str, ServiceSlo]:
        """By SLO id."""
        return {entry.id: entry for entry in self.rows}

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """(N,) SLO ids."""
        return tuple(entry.id for entry in self.rows)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """(N,) whose counts each row is judged by, in a table of window sums."""
        return tuple(entry.column for entry in self.rows)

    @cached_property
    def index(self) -> "pd.Index[str]":
        """(N,) the same as the index of a table."""
        return pd.Index(self.columns, dtype=str)

    @cached_property
    def budget(self) -> NDArray[np.float64]:
        """(N,) 1 - objective: 99.9 gives 0.001 and not 0.0009999999999999432."""
        return self.column(lambda promise: promise.budget)

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """(N,) length of the budget window, a calendar's mean one."""
        return self.column(lambda promise: promise.length.total_seconds())

    @cached_property
    def usual(self) -> NDArray[np.float64]:
        """(N,) seconds of the rolling window that says what usually comes."""
        return self.column(lambda promise: promise.usual.total_seconds())

    @cached_property
    def slice(self) -> NDArray[np.float64]:
        """(N,) seconds of a slice; NaN where the budget is made of events."""
        return self.column(lambda promise: promise.slice.total_seconds() if promise.slice else np.nan)

    def column(self, value: Callable[[Promise], Decimal | float]) -> NDArray[np.float64]:
        """(N,) `value` of each SLO's promise, computed once a distinct promise and rounded once."""
        return np.array([float(value(promise)) for promise in self.distinct], dtype=np.float64)[self.of]

    def limits(self, tier: Tier) -> Limits:
        """What the evidence of `tier` is held against."""
        part = Decimal(tier.short // timedelta(seconds=1)) / Decimal(tier.long // timedelta(seconds=1))
        return Limits(
            budget=self.budget,
            rate=self.column(lambda promise: tier.burn(promise.length) * promise.budget),
            spent_long=self.column(lambda promise: tier.share_of(promise.length) * promise.budget),
            spent_short=self.column(lambda promise: tier.share_of(promise.length) * promise.budget * part),
        )


def _slice(method: Method) -> timedelta | None:
    return None if isinstance(method, Occurrences) else method.slice
