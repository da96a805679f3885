"""The dead man's switch for others: whoever gave signs of life and falls silent is an incident of the platform squad.

Alertmanager repeats an alert that always fires, its Watchdog; when it stays away, Prometheus, its rules, Alertmanager or
the way between us is broken, and nobody would hear of anything else either.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from observatory.alerting import (
    Incident,
    IncidentState,
    Reason,
    Transition,
    changes,
    incident_id,
    ladder,
    quieten,
    still,
)
from observatory.alerting.layers import escalate
from observatory.alerting.model import Origin
from observatory.application.announce import Announce
from observatory.application.ledger import OPEN
from observatory.application.ports import AlertStore, Clock, Signs
from observatory.catalog import Catalog
from observatory.errors import ObservatoryError
from observatory.evaluation import Severity

MISSED = 3
"""Signs that must have stayed away."""
_log = structlog.get_logger("observatory.watchdog")


@dataclass(slots=True)
class Watchdog:
    """Call it every few seconds on the replica that evaluates."""

    signs: Signs
    alerts: AlertStore
    announce: Announce | None
    """None: there is nowhere to tell anything."""
    catalog: Callable[[], Catalog]
    clock: Clock
    interval: timedelta
    """Between two signs of a source."""
    squad: str | None
    """Who is paged; None, or unknown to the catalog: the channel of last resort."""
    catch_all: str | None
    _looked_at: datetime | None = field(default=None, init=False)
    _looks_since: datetime | None = field(default=None, init=False)
    """Since when we have looked without a pause."""

    def __call__(self) -> None:
        """Decide about every source. What can't be done now is left to the next call."""
        now = self.clock.now()
        paused = self._looked_at is None or now - self._looked_at > MISSED * self.interval
        self._looks_since = now if paused or self._looks_since is None else self._looks_since
        self._looked_at = now
        try:
            self._run(self._looks_since, now)
        except ObservatoryError as error:
            _log.error("watchdog_failed", error=str(error))

    def _run(self, since: datetime, now: datetime) -> None:
        heard = self.signs.heard()
        mine = [one for one in self.alerts.incidents(states=OPEN) if one.origin is Origin.WATCHDOG]
        steps = list(self._decide(heard, {one.slo: one for one in mine}, since, now))
        for step in steps:
            _log.info(
                "transition", incident=step.incident.id, slo=step.incident.slo, reason=step.reason.value
            )
        if not steps:
            return
        catalog = self.catalog()
        told = (
            [] if self.announce is None else [self.announce(step, None, catalog, now=now) for step in steps]
        )
        self.alerts.record(
            [step.incident for step in steps],
            [delivery for deliveries in told for delivery in deliveries],
            revisions={step.previous.id: step.previous.revision for step in steps if step.previous},
        )

    def _decide(
        self,
        heard: Mapping[str, datetime],
        incidents: Mapping[str, Incident],
        since: datetime,
        now: datetime,
    ) -> Iterator[Transition]:
        """Nobody is silent while nobody listened: after a pause of our own, three intervals are waited for as well."""
        for slo, incident in incidents.items():
            source = slo.partition("/")[2]
            silent = source in heard and heard[source] <= incident.opened_at
            step = self._go_on(incident, now) if silent else _heard_again(incident, now)
            if changes(step):
                yield step
        limit = MISSED * self.interval
        for source, last in heard.items():
            if f"watchdog/{source}" not in incidents and now - max(last, since) > limit:
                yield Transition(self._silent(source, last, now), Reason.FELL_SILENT, None)

    def _silent(self, source: str, last: datetime, now: datetime) -> Incident:
        """Opened when it was heard last: whoever decides it, it is the same incident."""
        slo = f"watchdog/{source}"
        squad = self.catalog().squads.get(self.squad or "")
        return Incident(
            id=incident_id(slo, Severity.PAGE, last),
            slo=slo,
            service="watchdog",
            squad="" if squad is None else squad.name,
            severity=Severity.PAGE,
            state=IncidentState.FIRING,
            tiers=(),
            opened_at=last,
            updated_at=now,
            announced_at=now,
            channel=self.catch_all if squad is None else squad.slack.channel,
            origin=Origin.WATCHDOG,
        )

    def _go_on(self, incident: Incident, now: datetime) -> Transition:
        """Silences and escalations, as for any page."""
        catalog = self.catalog()
        squad = catalog.squads.get(incident.squad)
        climbs = None if squad is None else ladder(squad, catalog, catch_all=self.catch_all)
        silences = self.alerts.silences(ending_after=now)
        return escalate(quieten(still(incident, None), silences, now=now), climbs, now=now)


def _heard_again(incident: Incident, now: datetime) -> Transition:
    over = replace(
        incident,
        state=IncidentState.RESOLVED,
        resolved_at=now,
        updated_at=now,
        revision=incident.revision + 1,
    )
    return Transition(over, Reason.HEARD_AGAIN, None, incident)
