"""Somebody takes an incident on."""

from dataclasses import dataclass
from enum import StrEnum

from observatory.alerting import Incident, IncidentState, acknowledge
from observatory.application.audit import Actor, AuditEntry, Deed
from observatory.application.ledger import Ledger
from observatory.application.ports import Clock
from observatory.errors import NotFound, Unavailable

_TRIES = 5


class Answer(StrEnum):
    """What came of an acknowledgement."""

    ACKNOWLEDGED = "acknowledged"
    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    SILENCED = "silenced"
    """It calls nobody as it is."""
    RESOLVED = "resolved"
    """It was over before."""


_AS_IT_IS = {
    IncidentState.ACKNOWLEDGED: Answer.ALREADY_ACKNOWLEDGED,
    IncidentState.SILENCED: Answer.SILENCED,
    IncidentState.RESOLVED: Answer.RESOLVED,
}


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The incident as it is now, and whether this made it so."""

    answer: Answer
    incident: Incident


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Call it with an incident's id and who takes it on; doing it twice does it once."""

    ledger: Ledger
    clock: Clock

    def __call__(self, incident_id: str, *, actor: Actor) -> Acknowledged:
        """Acknowledge a firing incident, and what is told in its thread.

        Raises:
            NotFound: there is no such incident.
            Unavailable: the store can't be reached, or the incident changed whenever we tried.
        """
        for _ in range(_TRIES):
            incident = self.ledger.alerts.incident(incident_id)
            if incident is None:
                raise NotFound(f'There is no incident "{incident_id}"; it may be older than what is kept.')
            if incident.state is not IncidentState.FIRING:
                return Acknowledged(_AS_IT_IS[incident.state], incident)
            now = self.clock.now()
            taken = [one for one in self.ledger.conversation(incident) if one.state is IncidentState.FIRING]
            steps = [acknowledge(self.ledger.step(one), by=actor.name, now=now) for one in taken]
            detail = f"{incident.severity} of {incident.slo}"
            entry = AuditEntry(now, actor, Deed.ACKNOWLEDGED, incident_id, detail)
            if incident_id not in self.ledger.write(steps, audit=entry, now=now):
                return Acknowledged(Answer.ACKNOWLEDGED, steps[0].incident)
        raise Unavailable(f"incident {incident_id} changes faster than it can be acknowledged; try again")
