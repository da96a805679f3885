"""What is promised, as columns: decimals of the catalog become floats here, once for every distinct promise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from observatory.catalog import ServiceSlo
from observatory.catalog.durations import duration_text
from observatory.evaluation.rules import Limits
from observatory.evaluation.tiers import Tier


class Promise(NamedTuple):
    """What SLOs have in common that are evaluated alike; a catalog of thousands has a handful."""

    budget: Decimal
    """1 - objective, as a ratio."""
    window: timedelta
    rule: str

    @property
    def objective(self) -> float:
        """The objective as a ratio: 0.999."""
        return float(1 - self.budget)

    @property
    def label(self) -> str:
        """The window as it is written: 30d."""
        return duration_text(self.window)


@dataclass(frozen=True)
class Promises:
    """N SLOs in order, and which of the K distinct promises each makes."""

    entries: Mapping[str, ServiceSlo]
    """By SLO id."""
    distinct: Sequence[Promise]
    of: NDArray[np.intp]
    """(N,) position in `distinct`."""

    @classmethod
    def read(cls, entries: Sequence[ServiceSlo]) -> "Promises":
        """Number the distinct promises of these SLOs."""
        numbers: dict[Promise, int] = {}
        slos = (entry.slo for entry in entries)
        of = [
            numbers.setdefault(Promise(slo.budget, slo.window.length, slo.rule), len(numbers)) for slo in slos
        ]
        return cls({entry.id: entry for entry in entries}, tuple(numbers), np.array(of, dtype=np.intp))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """(N,) SLO ids."""
        return tuple(self.entries)

    @cached_property
    def budget(self) -> NDArray[np.float64]:
        """(N,) 1 - objective: 99.9 gives 0.001 and not 0.0009999999999999432."""
        return self.column(lambda promise: promise.budget)

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """(N,) length of the budget window."""
        return self.column(lambda promise: promise.window.total_seconds())

    def column(self, value: Callable[[Promise], Decimal | float]) -> NDArray[np.float64]:
        """(N,) `value` of each SLO's promise, computed once a distinct promise and rounded once."""
        return np.array([float(value(promise)) for promise in self.distinct], dtype=np.float64)[self.of]

    def limits(self, tier: Tier) -> Limits:
        """What the evidence of `tier` is held against."""
        part = Decimal(tier.short // timedelta(seconds=1)) / Decimal(tier.long // timedelta(seconds=1))
        return Limits(
            budget=self.budget,
            rate=self.column(lambda promise: tier.burn(promise.window) * promise.budget),
            spent_long=self.column(lambda promise: tier.share_of(promise.window) * promise.budget),
            spent_short=self.column(lambda promise: tier.share_of(promise.window) * promise.budget * part),
        )
