"""What everyone who looks sees: the newest evaluation, swapped whole, so that no reader meets half a tick."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from observatory.application.ports import AlertStore, Clock
from observatory.application.vitals import Vitals
from observatory.catalog import Catalog, ServiceSlo
from observatory.evaluation import BudgetPoint, SloStatus
from observatory.evaluation.exclusions import Adjustment
from observatory.evaluation.journeys import Contribution
from observatory.evaluation.occasions import Occasion
from observatory.outputs.events import EventReport, Readiness

OVERDUE_TICKS = 3


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
    catalog_problem: str | None = None
    """What is wrong with the newest definitions; until it is mended those before them stay in force, and alert."""

    def unready(self, now: datetime, *, tick: timedelta) -> str | None:
        """Why the numbers must not be relied upon, in a sentence; None when they may.

        A tick is overdue when three in a row should have ended since the last one did.
        """
        if self.problem is not None:
            return self.problem
        if not self.backfilled:
            return "The history is still being filled from Prometheus."
        if self.last_tick_at is None:
            return "The first evaluation has not ended yet."
        silent = now - self.last_tick_at
        if silent > OVERDUE_TICKS * tick:
            return (
                f"The last evaluation ended {silent.total_seconds():.0f} s ago;"
                f" one is due every {tick.total_seconds():.0f} s."
            )
        return None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The catalog and every SLO's status at one moment."""

    catalog: Catalog
    statuses: Mapping[str, SloStatus] = field(default_factory=lambda: MappingProxyType({}))
    """By SLO id."""
    at: datetime | None = None
    """The end of the newest bucket that was evaluated."""
    adjustments: Mapping[str, Adjustment] = field(default_factory=lambda: MappingProxyType({}))
    """By SLO id: what events leave out of its numbers, and the numbers without that."""
    occasions: tuple[Occasion, ...] = ()
    """The events that are under way, or just over."""
    contributions: Mapping[str, Sequence[Contribution]] = field(default_factory=lambda: MappingProxyType({}))
    """By the id of a journey's SLO: its components, the one that fails most users first."""

    behaviours: Mapping[str, tuple[ServiceSlo, SloStatus]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """What users do, by id."""

    @property
    def beside(self) -> Mapping[str, tuple[ServiceSlo, SloStatus]]:
        """What protected events promise, and behaviours, by id: beside SLOs they too may have incidents."""
        found = (pair for occasion in self.occasions for pair in occasion.slices.values())
        return {one.id: (one.entry, status) for one, status in found} | dict(self.behaviours)

    @property
    def beside_entries(self) -> Mapping[str, ServiceSlo]:
        """The same, without how they stand."""
        return {name: entry for name, (entry, _) in self.beside.items()}

    def status(self, slo: str) -> SloStatus | None:
        """How an SLO, a slice or a behaviour stands; None when it was never evaluated."""
        status = self.statuses.get(slo)
        return status or next((status for name, (_, status) in self.beside.items() if name == slo), None)

    def entries(
        self, *, squad: str | None = None, service: str | None = None
    ) -> Iterator[tuple[ServiceSlo, SloStatus | None]]:
        """SLOs with their owners and status, ordered by id; None for those never evaluated."""
        for entry in self.catalog.slos():
            if squad in (None, entry.squad.name) and service in (None, entry.service.name):
                yield entry, self.statuses.get(entry.id)


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


class EventReports(Protocol):
    """What is to be known before an event, and what is to be told after it."""

    def readiness(self, name: str) -> Readiness:
        """Before its next time."""
        ...

    def report(self, name: str, *, start: datetime | None = None) -> EventReport:
        """On its newest time, or on the one that began at `start`."""
        ...


@dataclass(frozen=True, slots=True)
class Views:
    """All that API, portal and /metrics may look at."""

    board: Board
    alerts: AlertStore
    clock: Clock
    burn_down: Callable[[str], Sequence[BudgetPoint]]
    """SLO id to its budget over the window that ends now, hourly, oldest first; empty when nothing is known."""
    vitals: Vitals = field(default_factory=Vitals)
    reports: EventReports | None = None
    """None: there is no history to report from."""
