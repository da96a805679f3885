"""Several services told minute by minute: incidents, what is decided, and what the owners are told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from support.catalogs import a_catalog, a_service, a_squad, an_slo
from support.evaluations import AT, entry, judged
from support.slack import CATCH_ALL

from observatory.alerting import (
    Incident,
    Instructions,
    Notification,
    NotificationKind,
    Rules,
    Silence,
    Transition,
    decide_all,
    ladder,
    notifications,
    resolve_owner,
)
from observatory.alerting.layers import Ladder
from observatory.catalog import Catalog, OnCall, ServiceSlo
from observatory.catalog.model import Escalation
from observatory.evaluation import SloStatus

PAGE, TICKET, COOLING, CALM = "page", "ticket", "cooling", "calm"
_TIERS = {PAGE: ("fast",), TICKET: ("drain",), COOLING: (), CALM: ()}
_LIKE: Mapping[str, SloStatus] = {
    state: judged(entry(), *tiers, clear=state != COOLING) for state, tiers in _TIERS.items()
}
RULES = Rules(CATCH_ALL)


def catalog_of(depends: Mapping[str, Sequence[str]], *, slos: int = 2, **on_call: object) -> Catalog:
    """A service for each name, which depends on those; each has a squad `<name>-squad` of its own."""
    promises = tuple(an_slo(f"slo-{number}") for number in range(slos))
    services = [
        a_service(name, squad=f"{name}-squad", depends_on=tuple(upon), slos=promises)
        for name, upon in depends.items()
    ]
    squads = [
        a_squad(f"{name}-squad", channel=f"C0{name.upper():0<8}", on_call=OnCall.model_validate(on_call))
        for name in depends
    ]
    return a_catalog(*services, squads=squads)


def escalating(after: timedelta = timedelta(minutes=10)) -> Escalation:
    """To nobody else: the squad itself is called again."""
    return Escalation(after=after, to="nobody")


@dataclass(frozen=True)
class Numbers:
    """`Judged` by hand: SLO id to one of the four states above."""

    entries: Mapping[str, ServiceSlo]
    states: Mapping[str, str]
    at: datetime

    def __contains__(self, slo: str) -> bool:
        return slo in self.entries

    def entry(self, slo: str) -> ServiceSlo:
        return self.entries[slo]

    def status(self, slo: str) -> SloStatus:
        return replace(_LIKE[self.states.get(slo, CALM)], slo=slo, at=self.at)

    def firing(self) -> Sequence[str]:
        return [slo for slo in self.entries if self.states.get(slo) in (PAGE, TICKET)]


@dataclass
class World:
    """Ticks through `decide_all`; remembers incidents and everything that was told."""

    catalog: Catalog
    silences: Sequence[Silence] = ()
    incidents: dict[str, Incident] = field(default_factory=dict)
    told: list[tuple[int, Transition, Notification]] = field(default_factory=list)
    minute: int = 0

    @property
    def now(self) -> datetime:
        return AT + timedelta(minutes=self.minute)

    def tick(self, **states: str) -> list[Notification]:
        """One minute on; states by SLO, `search_0` for `search/slo-0`. What the owners are told of it."""
        named = {f"{name[:-2]}/slo-{name[-1]}": state for name, state in states.items()}
        return self.tick_all(named)

    def tick_all(self, states: Mapping[str, str]) -> list[Notification]:
        """The same with states by the SLOs' ids."""
        self.minute += 1
        entries = {one.id: one for one in self.catalog.slos()}
        return self.take(
            decide_all(
                tuple(self.incidents.values()),
                Numbers(entries, states, self.now),
                now=self.now,
                complete=True,
                instructions=Instructions(self.silences, self._ladder(), self.catalog),
            )
        )

    def take(self, steps: Sequence[Transition]) -> list[Notification]:
        """Write steps down, and what is told of them."""
        self.incidents |= {step.incident.id: step.incident for step in steps}
        said = [(self.minute, step, one) for step in steps for one in self._notifications(step)]
        self.told += said
        return [one for _, _, one in said]

    def of(self, slo: str, severity: str = PAGE) -> Incident:
        """The newest incident of `search_0` at a severity."""
        wanted = f"{slo[:-2]}/slo-{slo[-1]}"
        found = [one for one in self.incidents.values() if (one.slo, one.severity) == (wanted, severity)]
        return max(found, key=lambda one: one.opened_at)

    def _notifications(self, step: Transition) -> Sequence[Notification]:
        owner = resolve_owner({"service": step.incident.service}, self.catalog, RULES)
        return notifications(step, owner, now=self.now)

    def _ladder(self) -> Callable[[ServiceSlo], Ladder | None]:
        return lambda one: ladder(one.squad, self.catalog, catch_all=None)


def shown(told: Sequence[Notification]) -> list[tuple[str, str, bool]]:
    """Kind, channel without its padding, and whether it calls by name; edits left out."""
    return [
        (one.kind.value, one.destination[2:].rstrip("0").lower(), one.mention)
        for one in told
        if one.kind is not NotificationKind.UPDATE
    ]
