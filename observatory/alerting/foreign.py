"""The life of an incident that somebody else's alert opened: it fires, is said again, ends, fires anew."""

from dataclasses import dataclass, replace
from datetime import datetime

from observatory.alerting.lifecycle import PATIENCE, Patience
from observatory.alerting.model import Incident, IncidentState, Origin, Reason, Transition, incident_id
from observatory.alerting.ownership import Ownership
from observatory.alerting.reports import Alert, Report

NAMELESS_SERVICE = "unknown"


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is known of one alert, and whose it is."""

    report: Report | None
    """None: nothing is known of it any more."""
    owner: Ownership
    now: datetime
    patience: Patience = PATIENCE

    def step(self, incident: Incident | None) -> Transition | None:
        """What happens to its incident, if anything.

        `incident` is the one that is open, or else the one that ended last.
        """
        report = self.report
        if report is None or not report.firing:
            return self._end(incident) if incident is not None and incident.is_open else None
        if incident is None:
            return self._open(report.alert)
        if incident.is_open:
            return self._go_on(incident, report.alert)
        ended = incident.resolved_at
        recent = ended is not None and self.now - ended <= self.patience.reopen_within
        opened = self._open(report.alert)
        return self._reopen(incident, report.alert) if recent or opened.incident.id == incident.id else opened

    def _open(self, alert: Alert) -> Transition:
        incident = Incident(
            id=incident_id(alert.fingerprint, alert.severity, alert.starts_at),
            slo=f"alert/{alert.name}",
            service=alert.labels.get("service") or NAMELESS_SERVICE,
            squad="" if self.owner.squad is None else self.owner.squad.name,
            severity=alert.severity,
            state=IncidentState.FIRING,
            tiers=(),
            opened_at=alert.starts_at,
            updated_at=self.now,
            announced_at=self.now,
            channel=self.owner.channel,
            origin=Origin.ALERT,
            alert=alert,
        )
        return Transition(incident, Reason.ALERT_FIRED, None)

    def _go_on(self, incident: Incident, alert: Alert) -> Transition | None:
        """Its words may have changed; they are shown again, but not at every scrape."""
        shown = incident.alert
        if shown is not None and shown.annotations == alert.annotations:
            return None
        if self.now - incident.updated_at < self.patience.refresh_every:
            return None
        return self._changed(incident, replace(incident, alert=alert), Reason.STILL_FIRING)

    def _end(self, incident: Incident) -> Transition:
        over = replace(incident, state=IncidentState.RESOLVED, resolved_at=self.now, silence=None)
        said = self.report is not None and not self.report.unsaid
        return self._changed(incident, over, Reason.ALERT_ENDED if said else Reason.ALERT_GONE)

    def _reopen(self, incident: Incident, alert: Alert) -> Transition:
        again = replace(
            incident,
            state=IncidentState.FIRING,
            alert=alert,
            reopened=incident.reopened + 1,
            resolved_at=None,
            acknowledged_by=None,
            acknowledged_at=None,
            called_at=self.now,
            escalation=0,
        )
        return self._changed(incident, again, Reason.REOPENED)

    def _changed(self, incident: Incident, now: Incident, reason: Reason) -> Transition:
        shown = replace(now, revision=incident.revision + 1, updated_at=self.now)
        return Transition(shown, reason, None, incident)
