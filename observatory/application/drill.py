"""Drills: a marked test alert on the very way a page takes (incident, outbox, delivery), and the proof that it arrived."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from observatory.alerting import Incident, IncidentState, NotificationKind, Reason, Transition, incident_id
from observatory.alerting.model import Origin
from observatory.application.announce import Announce
from observatory.application.audit import Actor, AuditEntry, Deed
from observatory.application.delivery import Delivery, DeliveryState
from observatory.application.ledger import OPEN
from observatory.application.ports import AlertStore, Clock
from observatory.catalog import Catalog
from observatory.errors import DefinitionError, NotFound, ObservatoryError
from observatory.evaluation import Severity

GIVEN_UP_AFTER = timedelta(minutes=15)
"""What has not arrived by then is closed as lost."""
_log = structlog.get_logger("observatory.drill")


@dataclass(frozen=True, slots=True)
class Hop:
    """One channel on the way."""

    channel: str
    state: DeliveryState
    error: str | None
    """Slack's code, where it went on from here or has not arrived."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How far a drill has come."""

    incident: Incident
    route: Sequence[Hop]
    """The squad's own channel first, then wherever it was sent on to."""
    permalink: str | None
    latency: timedelta | None
    """From the alert until Slack had the message; None: it has not arrived."""

    @property
    def arrived(self) -> bool:
        """Whether it is in a channel."""
        return self.latency is not None


@dataclass(frozen=True, slots=True)
class Drills:
    """Begin one, look how far it is, and close those that have arrived."""

    alerts: AlertStore
    announce: Announce | None
    """None: there is nowhere to tell anything."""
    catalog: Callable[[], Catalog]
    clock: Clock

    def begin(self, squad: str, *, actor: Actor) -> Incident:
        """Open a test alert of this squad.

        Raises:
            NotFound: there is no such squad.
            DefinitionError: there is no Slack to tell it in.
            Unavailable: the store can't be reached.
        """
        catalog = self.catalog()
        owner = catalog.squads.get(squad)
        if owner is None:
            raise NotFound(f'There is no squad "{squad}"; there are {", ".join(sorted(catalog.squads))}.')
        if self.announce is None:
            raise DefinitionError("a drill needs OBSERVATORY_SLACK_TOKEN: without it alerts are only logged")
        now = self.clock.now()
        incident = _test(squad, owner.slack.channel, by=actor.name, now=now)
        step = Transition(incident, Reason.DRILL, None)
        entry = AuditEntry(now, actor, Deed.DRILLED, incident.id, f"drill of squad {squad}")
        self.alerts.record([incident], list(self.announce(step, None, catalog, now=now)), audit=[entry])
        return incident

    def look(self, drill: str) -> Proof:
        """How far a drill has come.

        Raises:
            NotFound: there is none of this id.
            Unavailable: the store can't be reached.
        """
        incident = self.alerts.incident(drill)
        if incident is None or incident.origin is not Origin.DRILL:
            raise NotFound(f'There is no drill "{drill}".')
        return proof(self.alerts, incident)

    def __call__(self) -> None:
        """Close the drills that have arrived or are lost; call it every few seconds, on any replica."""
        try:
            self._close(self.clock.now())
        except ObservatoryError as error:
            _log.error("drills_not_closed", error=str(error))

    def _close(self, now: datetime) -> None:
        for incident in self.alerts.incidents(states=OPEN):
            if incident.origin is not Origin.DRILL:
                continue
            found = proof(self.alerts, incident)
            if found.arrived or now - incident.opened_at > GIVEN_UP_AFTER:
                self._end(found, now)

    def _end(self, found: Proof, now: datetime) -> None:
        incident = found.incident
        over = replace(
            incident,
            state=IncidentState.RESOLVED,
            resolved_at=incident.opened_at + found.latency if found.latency is not None else now,
            updated_at=now,
            revision=incident.revision + 1,
        )
        step = Transition(over, Reason.DRILL_OVER, None, incident)
        _log.info("drill_over", squad=incident.squad, arrived=found.arrived)
        told = [] if self.announce is None else list(self.announce(step, None, self.catalog(), now=now))
        self.alerts.record([over], told, revisions={incident.id: incident.revision})


def proof(alerts: AlertStore, drill: Incident) -> Proof:
    """How far a drill has come.

    Raises:
        Unavailable: the store can't be reached.
    """
    deliveries = [
        one
        for one in reversed(alerts.deliveries(incident=drill.id))
        if one.notification.kind is NotificationKind.ROOT
    ]
    hops = [Hop(one.notification.destination, one.state, one.last_error) for one in deliveries]
    return Proof(drill, hops, *_arrival(drill, deliveries))


def _arrival(incident: Incident, roots: Sequence[Delivery]) -> tuple[str | None, timedelta | None]:
    for root in roots:
        if root.state is DeliveryState.SENT and root.sent_at is not None:
            return root.permalink, root.sent_at - incident.opened_at
    return None, None


def _test(squad: str, channel: str, *, by: str, now: datetime) -> Incident:
    slo = f"drill/{squad}"
    return Incident(
        id=incident_id(slo, Severity.PAGE, now),
        slo=slo,
        service="drill",
        squad=squad,
        severity=Severity.PAGE,
        state=IncidentState.FIRING,
        tiers=(),
        opened_at=now,
        updated_at=now,
        announced_at=now,
        channel=channel,
        origin=Origin.DRILL,
        asked_by=by,
    )
