"""Our incidents as alerts of Alertmanager, and the one alert that keeps it quiet while we tell people ourselves.

An alert ends by itself when it is not sent again. So when we die, stand still or can't deliver, what keeps it quiet is
over within `LASTS`, and Alertmanager tells people what it has held back.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from observatory.alerting import Incident, IncidentState
from observatory.alerting.model import Origin
from observatory.application.announce import Addresses
from observatory.application.ports import Alertmanager, AlertStore, Clock, Pushed
from observatory.application.snapshot import Board, Snapshot
from observatory.errors import ObservatoryError, Refused
from observatory.evaluation import SloStatus, State
from observatory.outputs.alertmanager import tree
from observatory.outputs.links import dashboard_url, service_uid

LASTS = timedelta(minutes=2)
"""Eight rounds: a restart of ours wakes nobody."""
SAID_AGAIN_FOR = timedelta(minutes=15)
"""How long an end is said, as Prometheus does: an Alertmanager that was away hears it too."""
_BLIND = frozenset({State.QUERY_FAILED, State.STALE})
_BATCH = 200
_BURNS = "ErrorBudgetBurn"
_log = structlog.get_logger("observatory.alertmanager")


@dataclass(slots=True)
class Tell:
    """Call it every few seconds on the replica that evaluates."""

    alertmanagers: Sequence[Alertmanager]
    alerts: AlertStore
    board: Board
    clock: Clock
    addresses: Addresses
    tick: timedelta
    delivers: Callable[[], bool]
    """Whether messages can go out at all."""
    _watched: frozenset[str] = field(default=frozenset(), init=False)
    _refused: frozenset[str] = field(default=frozenset(), init=False)
    _failing: frozenset[str] = field(default=frozenset(), init=False)

    def __call__(self, *, hears: bool) -> bool:
        """Tell all of them; False when none has taken it.

        Args:
            hears: we look at what they hold, so that other alerts reach people by us.

        Raises:
            Unavailable: incidents can't be read.
        """
        now = self.clock.now()
        snapshot = self.board.snapshot
        watch = [*self._watch(snapshot, hears=hears, now=now)]
        incidents = [*self._incidents(snapshot, now)]
        reached = [self._send(one, [*watch, *incidents]) for one in self.alertmanagers]
        return any(reached)

    def _watch(self, snapshot: Snapshot, *, hears: bool, now: datetime) -> Iterator[Pushed]:
        """What we look after; what we looked after until now, and no more, ends at once."""
        on_watch = frozenset(self._on_watch(snapshot, hears=hears, now=now))
        for service in sorted(on_watch | self._watched):
            watches = (
                {tree.WATCHES: tree.SLOS, "service": service} if service else {tree.WATCHES: tree.ALERTS}
            )
            labels = {"alertname": tree.ON_WATCH, tree.ORIGIN: tree.OURS, **watches}
            ends = now + LASTS if service in on_watch else now
            yield Pushed(labels, now - timedelta(seconds=1), ends, _WATCH_WORDS)
        if bool(on_watch) != bool(self._watched):
            _log.info("on_watch" if on_watch else "off_watch", services=len(on_watch))
        self._watched = on_watch

    def _on_watch(self, snapshot: Snapshot, *, hears: bool, now: datetime) -> Iterator[str]:
        """Services whose SLOs are all seen; "" stands for all other alerts. Nothing, when messages don't arrive."""
        if not self.delivers() or self.alerts.overdue(now=now):
            return
        if hears:
            yield ""
        if self.board.health.unready(now, tick=self.tick) is not None:
            return
        seen: dict[str, bool] = {}
        for entry, status in snapshot.entries():
            known = status is not None and status.state not in _BLIND
            seen[entry.service.name] = seen.get(entry.service.name, True) and known
        yield from (service for service, known in seen.items() if known)

    def _incidents(self, snapshot: Snapshot, now: datetime) -> Iterator[Pushed]:
        """SLOs' own; those that somebody silenced are not told, and end there by themselves."""
        recent = self.alerts.incidents(states=(IncidentState.RESOLVED,), since=now - SAID_AGAIN_FOR)
        told = (IncidentState.FIRING, IncidentState.ACKNOWLEDGED)
        for incident in [*self.alerts.incidents(states=told), *recent]:
            if incident.origin is Origin.SLO and not (incident.is_open and incident.inhibited):
                ends = incident.resolved_at or now + LASTS
                yield Pushed(_labels(incident), incident.opened_at, ends, self._words(incident, snapshot))

    def _words(self, incident: Incident, snapshot: Snapshot) -> Mapping[str, str]:
        service = snapshot.catalog.services.get(incident.service)
        grafana, public = self.addresses.grafana_url, self.addresses.public_url
        return {
            "summary": f"{incident.slo} burns its error budget",
            "description": _numbers(snapshot.statuses.get(incident.slo)),
            "runbook_url": (service and service.runbook) or "",
            "dashboard_url": dashboard_url(service_uid(incident.service), grafana) if grafana else "",
            "incident_url": f"{public.rstrip('/')}/incidents/{incident.id}" if public else "",
        }

    def _send(self, alertmanager: Alertmanager, alerts: Sequence[Pushed]) -> bool:
        """All but those that it refuses, each of which is said once."""
        try:
            batches = (alerts[start : start + _BATCH] for start in range(0, len(alerts), _BATCH))
            refused = [one for batch in batches for one in isolated(alertmanager, batch)]
        except ObservatoryError as error:
            if alertmanager.name not in self._failing:
                _log.warning("alertmanager_not_told", alertmanager=alertmanager.name, error=str(error))
            self._failing |= {alertmanager.name}
            return False
        self._failing -= {alertmanager.name}
        for alert, why in refused:
            if str(alert.labels) not in self._refused:
                _log.error("alert_refused", labels=dict(alert.labels), error=str(why))
        self._refused |= {str(alert.labels) for alert, _ in refused}
        return True


_WATCH_WORDS = {"summary": "Observatory tells people itself; when this ends, Alertmanager does."}


def isolated(alertmanager: Alertmanager, alerts: Sequence[Pushed]) -> Iterable[tuple[Pushed, Refused]]:
    """Send alerts, and give back those that are refused: a batch with one of them is halved until it stands alone.

    Raises:
        Unavailable: it can't be reached.
    """
    if not alerts:
        return []
    try:
        alertmanager.push(alerts)
    except Refused as error:
        if len(alerts) == 1:
            return [(alerts[0], error)]
        middle = len(alerts) // 2
        return [*isolated(alertmanager, alerts[:middle]), *isolated(alertmanager, alerts[middle:])]
    return []


def _labels(incident: Incident) -> Mapping[str, str]:
    """Nothing that changes while it fires: another set of labels would be another alert."""
    return {
        "alertname": _BURNS,
        tree.ORIGIN: tree.OURS,
        "squad": incident.squad,
        "service": incident.service,
        "slo": incident.slo.partition("/")[2],
        "severity": incident.severity.value,
    }


def _numbers(status: SloStatus | None) -> str:
    if status is None or status.remaining is None:
        return "Its numbers are not known at this moment."
    fastest = max((rate for rate in status.burn.values() if rate is not None), default=None)
    burn = "" if fastest is None else f" At its fastest it burns {fastest:.1f} times too fast."
    return f"{status.remaining:.1%} of the error budget is left.{burn}"
