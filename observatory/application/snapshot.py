"""What everyone who looks sees: the newest evaluation, swapped whole, so that no reader meets half a tick."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from observatory.application.ports import AlertStore, Clock
from observatory.catalog import Catalog
from observatory.evaluation import SloStatus


@dataclass(frozen=True, slots=True)
class Health:
    """How Observatory itself is."""

    started_at: datetime
    last_tick_at: datetime | None = None
    """When the newest tick was finished."""
    last_tick_seconds: float | None = None
    ticks: int = 0
    failed_ticks: int = 0
    failed_queries: int = 0
    """Queries of the newest tick that could not be answered."""
    measured_until: datetime | None = None
    """The end of the newest bucket in the history."""
    backfilled: bool = False
    problem: str | None = None
    """What keeps it from being ready, in a sentence."""


@dataclass(frozen=True, slots=True)
class BudgetPoint:
    """The error budget at the end of one hour: `remaining` as a ratio of the whole, None when unknown."""

    at: datetime
    remaining: float | None
    bad: float
    total: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The catalog and every SLO's status at one moment."""

    catalog: Catalog
    statuses: Mapping[str, SloStatus] = field(default_factory=lambda: MappingProxyType({}))
    """By SLO id."""
    at: datetime | None = None
    """The end of the newest bucket that was evaluated."""


class Board:
    """Holds the newest snapshot and health; the tick swaps them, everyone else reads."""

    def __init__(self, snapshot: Snapshot, health: Health) -> None:
        self._current = (snapshot, health)

    @property
    def snapshot(self) -> Snapshot:
        """The newest evaluation."""
        return self._current[0]

    @property
    def health(self) -> Health:
        """How Observatory itself is."""
        return self._current[1]

    def show(self, snapshot: Snapshot, health: Health) -> None:
        """Swap in a newer picture."""
        self._current = (snapshot, health)


@dataclass(frozen=True, slots=True)
class Views:
    """All that API, portal and /metrics may look at."""

    board: Board
    alerts: AlertStore
    clock: Clock
    burn_down: Callable[[str], Sequence[BudgetPoint]]
    """SLO id to its budget over its own window, hourly, oldest first; empty when nothing is known."""
