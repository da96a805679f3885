"""Others' alerts become incidents of their own, each its owner's; those of our SLOs are the tick's."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from observatory.alerting import (
    PATIENCE,
    Incident,
    Rules,
    Silence,
    Transition,
    changes,
    incident_id,
    ladder,
    quieten,
    resolve_owner,
    still,
)
from observatory.alerting.foreign import Hearing
from observatory.alerting.layers import escalate, hand_over
from observatory.alerting.model import IncidentState, Origin
from observatory.alerting.reports import Alert, Report
from observatory.application.announce import Announce
from observatory.application.ledger import OPEN
from observatory.application.ports import AlertStore, Clock, ReportStore
from observatory.catalog import Catalog
from observatory.errors import ObservatoryError

_log = structlog.get_logger("observatory.alertmanager")


@dataclass(frozen=True, slots=True)
class DecideAlerts:
    """Call it every few seconds on the replica that evaluates. What can't be done now is left to the next call."""

    reports: ReportStore
    alerts: AlertStore
    announce: Announce | None
    """None: there is nowhere to tell anything."""
    catalog: Callable[[], Catalog]
    clock: Clock
    rules: Rules

    def __call__(self) -> None:
        """Decide about every alert that fires, and about every incident of one."""
        try:
            self._run(self.catalog(), self.clock.now())
        except ObservatoryError as error:
            _log.error("alerts_not_decided", error=str(error))

    def _run(self, catalog: Catalog, now: datetime) -> None:
        since = now - PATIENCE.reopen_within
        reports = {
            report.alert.fingerprint: report
            for report in self.reports.reports(since=since)
            if report.alert.promise(catalog) is None
        }
        incidents = self._incidents(reports.values(), since)
        if reports or incidents:
            silences = self.alerts.silences(ending_after=now)
            steps = [*self._steps(reports, incidents, silences, catalog, now)]
            self._write(steps, catalog, now)

    def _incidents(self, reports: Iterable[Report], since: datetime) -> dict[str, Incident]:
        """By fingerprint: the one that is open, or else the last."""
        found = [
            *self.alerts.incidents(states=(IncidentState.RESOLVED,), since=since),
            *self.alerts.incidents(states=OPEN),
        ]
        latest: dict[str, Incident] = {}
        for incident in sorted(found, key=lambda one: (one.is_open, one.opened_at)):
            if incident.origin is Origin.ALERT and incident.alert is not None:
                latest[incident.alert.fingerprint] = incident
        for report in reports:
            if report.firing and report.alert.fingerprint not in latest:
                earlier = self.alerts.incident(_id(report.alert))
                latest |= {} if earlier is None else {report.alert.fingerprint: earlier}
        return latest

    def _steps(
        self,
        reports: Mapping[str, Report],
        incidents: Mapping[str, Incident],
        silences: Sequence[Silence],
        catalog: Catalog,
        now: datetime,
    ) -> Iterator[Transition]:
        for fingerprint in sorted({*reports, *incidents}):
            report, incident = reports.get(fingerprint), incidents.get(fingerprint)
            step = self._step(report, incident, silences, catalog, now)
            if step is not None and changes(step):
                yield step

    def _step(
        self,
        report: Report | None,
        incident: Incident | None,
        silences: Sequence[Silence],
        catalog: Catalog,
        now: datetime,
    ) -> Transition | None:
        """What is heard, then what people have said about it, here or in Alertmanager."""
        alert = report.alert if report is not None else incident.alert if incident is not None else None
        owner = resolve_owner({} if alert is None else alert.labels, catalog, self.rules)
        step = Hearing(report, owner, now).step(incident)
        if step is None and incident is not None and incident.is_open:
            step = still(incident, None)
        if step is None:
            return None
        theirs = report.silence if report is not None else None
        quiet = quieten(
            step if owner.squad is None else hand_over(step, owner.squad, now=now),
            silences if theirs is None else [*silences, theirs],
            now=now,
        )
        climbs = None if owner.squad is None else ladder(owner.squad, catalog, catch_all=self.rules.catch_all)
        return escalate(quiet, climbs, now=now)

    def _write(self, steps: Sequence[Transition], catalog: Catalog, now: datetime) -> None:
        """Incidents and what is told of them in one transaction; what somebody else has opened by now is left alone."""
        if not steps:
            return
        told = [] if self.announce is None else [self.announce(one, None, catalog, now=now) for one in steps]
        for step in steps:
            _log.info(
                "transition", incident=step.incident.id, slo=step.incident.slo, reason=step.reason.value
            )
        self.alerts.record(
            [step.incident for step in steps],
            [delivery for deliveries in told for delivery in deliveries],
            revisions={
                step.incident.id: 0 if step.previous is None else step.previous.revision for step in steps
            },
        )


def _id(alert: Alert) -> str:
    return incident_id(alert.fingerprint, alert.severity, alert.starts_at)
