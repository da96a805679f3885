"""What the pages show of the snapshot: rows ready to be laid out, worst first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from observatory.alerting import Incident
from observatory.application.snapshot import Snapshot
from observatory.catalog import Service, ServiceSlo, Squad
from observatory.entrypoints.portal.words import LOOKS, RANK, Look
from observatory.evaluation import SloStatus, State


@dataclass(frozen=True, slots=True)
class SloRow:
    """An SLO in a list."""

    entry: ServiceSlo
    status: SloStatus | None

    @property
    def state(self) -> State:
        """An SLO that was never evaluated has no data."""
        return self.status.state if self.status else State.NO_DATA

    @property
    def remaining(self) -> float | None:
        """The budget left, as a ratio."""
        return self.status.remaining if self.status else None


@dataclass(frozen=True, slots=True)
class SquadRow:
    """A squad in a list."""

    squad: Squad
    services: int
    states: Counter[State]
    worst: SloRow | None
    """The SLO with the least budget left."""
    incidents: int

    @property
    def total(self) -> int:
        """How many SLOs it has."""
        return self.states.total()


@dataclass(frozen=True, slots=True)
class Dependency:
    """A service that another one needs, and the worst state of its SLOs."""

    name: str
    service: Service | None
    """None when the catalog has no such service."""
    look: Look | None
    """None when it promises nothing."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service on its squad's page."""

    service: Service
    dependencies: Sequence[Dependency]


def slo_rows(snapshot: Snapshot, *, squad: str | None = None) -> list[SloRow]:
    """The organisation's or one squad's SLOs, worst first."""
    return sorted((SloRow(entry, status) for entry, status in snapshot.entries(squad=squad)), key=_urgency)


def least_budget(rows: Iterable[SloRow], *, most: int) -> list[SloRow]:
    """Those with the least budget left, of all whose budget is known."""
    known = [(row.remaining, row.entry.id, row) for row in rows if row.remaining is not None]
    return [row for *_, row in sorted(known, key=lambda one: one[:2])[:most]]


def squad_rows(snapshot: Snapshot, rows: Iterable[SloRow], incidents: Iterable[Incident]) -> list[SquadRow]:
    """Every squad, those with the most urgent SLO first."""
    by_squad: dict[str, list[SloRow]] = {squad: [] for squad in snapshot.catalog.squads}
    for row in rows:
        by_squad[row.entry.squad.name].append(row)
    services = Counter(service.squad for service in snapshot.catalog.services.values())
    burning = Counter(incident.squad for incident in incidents)
    found = [
        SquadRow(
            squad=squad,
            services=services[name],
            states=count_states(by_squad[name]),
            worst=next(iter(least_budget(by_squad[name], most=1)), None),
            incidents=burning[name],
        )
        for name, squad in snapshot.catalog.squads.items()
    ]
    return sorted(found, key=_squad_urgency)


def count_states(rows: Iterable[SloRow]) -> Counter[State]:
    """How many SLOs are in each state."""
    return Counter(row.state for row in rows)


def service_rows(snapshot: Snapshot, squad: str) -> list[ServiceRow]:
    """A squad's services with what they depend on, ordered by name."""
    services = snapshot.catalog.services
    owned = sorted((one for one in services.values() if one.squad == squad), key=lambda one: one.name)
    return [
        ServiceRow(service, [_dependency(snapshot, name) for name in service.depends_on]) for service in owned
    ]


def _dependency(snapshot: Snapshot, name: str) -> Dependency:
    service = snapshot.catalog.services.get(name)
    promises = service.slos if service else ()
    found = (snapshot.statuses.get(f"{name}/{slo.name}") for slo in promises)
    states = [status.state if status else State.NO_DATA for status in found]
    return Dependency(name, service, LOOKS[min(states, key=RANK.__getitem__)] if states else None)


def _urgency(row: SloRow) -> tuple[int, float, str]:
    return RANK[row.state], 1.0 if row.remaining is None else row.remaining, row.entry.id


def _squad_urgency(row: SquadRow) -> tuple[int, int, float, str]:
    worst_state = min((RANK[state] for state in row.states), default=len(RANK))
    left = 1.0 if row.worst is None or row.worst.remaining is None else row.worst.remaining
    return -row.incidents, worst_state, left, row.squad.name
