"""Incidents and an outbox that live as long as the process."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from threading import RLock

from observatory.adapters.memory.queue import Queue
from observatory.alerting import Incident, IncidentState, NotificationKind, Silence
from observatory.application.audit import AuditEntry
from observatory.application.delivery import UNFINISHED, Delivery, DeliveryState, Tally


class MemoryAlerts:
    """`AlertStore` as dictionaries under one lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._incidents: dict[str, Incident] = {}
        self._queue = Queue()
        self._silences: dict[str, Silence] = {}
        self._audit: list[AuditEntry] = []

    def incidents(
        self,
        *,
        states: Sequence[IncidentState] | None = None,
        squad: str | None = None,
        slo: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Sequence[Incident]:
        """Newest first."""
        with self._lock:
            found = [
                incident
                for incident in self._incidents.values()
                if (states is None or incident.state in states)
                and (squad is None or incident.squad == squad)
                and (slo is None or incident.slo == slo)
                and (since is None or incident.updated_at >= since)
            ]
        return sorted(found, key=lambda incident: (incident.opened_at, incident.id), reverse=True)[:limit]

    def incident(self, incident_id: str) -> Incident | None:
        """One incident, or None."""
        with self._lock:
            return self._incidents.get(incident_id)

    def record(
        self,
        incidents: Sequence[Incident],
        deliveries: Sequence[Delivery],
        *,
        silences: Sequence[Silence] = (),
        audit: Sequence[AuditEntry] = (),
        revisions: Mapping[str, int] | None = None,
    ) -> Collection[str]:
        """Write everything, or nothing; what moved on since it was decided is left alone."""
        with self._lock:
            known = (self._incidents[one] for one in revisions or () if one in self._incidents)
            moved_on = frozenset(one.id for one in known if one.revision != (revisions or {})[one.id])
            self._incidents.update({one.id: one for one in incidents if one.id not in moved_on})
            self._queue.add(one for one in deliveries if one.notification.subject not in moved_on)
            self._silences.update({silence.id: silence for silence in silences})
            self._audit += [entry for entry in audit if entry.subject not in moved_on]
            return moved_on

    def silences(self, *, ending_after: datetime | None = None) -> Sequence[Silence]:
        """First the one that ends first."""
        with self._lock:
            found = [
                one for one in self._silences.values() if ending_after is None or one.ends_at > ending_after
            ]
        return sorted(found, key=lambda one: (one.ends_at, one.id))

    def silence(self, silence_id: str) -> Silence | None:
        """One silence, or None."""
        with self._lock:
            return self._silences.get(silence_id)

    def audit(self, *, subject: str | None = None, limit: int = 200) -> Sequence[AuditEntry]:
        """Newest first."""
        with self._lock:
            return [one for one in reversed(self._audit) if subject in (None, one.subject)][:limit]

    def claim(
        self, *, now: datetime, worker: str, lease: timedelta, limit: int, beyond_slack: bool = False
    ) -> Sequence[Delivery]:
        """Take the most urgent delivery of each free destination."""
        with self._lock:
            rows = self._queue.most_urgent(now=now, limit=limit, beyond_slack=beyond_slack)
            return self._queue.take(rows, worker=worker, lease_until=now + lease)

    def unsettled(self, *, now: datetime, worker: str, lease: timedelta) -> Sequence[Delivery]:
        """Take what is due for another look."""
        with self._lock:
            rows = self._queue.left_behind(now=now)
            return self._queue.take(rows, worker=worker, lease_until=now + lease)

    def settle(
        self,
        delivery: Delivery,
        *,
        gone: Delivery | None = None,
        then: Sequence[Delivery] = (),
        rest_until: datetime | None = None,
    ) -> bool:
        """Write how an attempt ended, unless a later attempt has begun."""
        with self._lock:
            if not self._queue.settle(delivery, rest_until=rest_until):
                return False
            if gone is not None:
                self._queue.settle(gone)
            self._queue.add(then)
            return True

    def hold(self, destination: str, *, until: datetime) -> None:
        """Leave a destination alone for a while."""
        with self._lock:
            self._queue.hold(destination, until=until)

    def deliveries(self, *, incident: str | None = None, limit: int = 200) -> Sequence[Delivery]:
        """Newest first."""
        with self._lock:
            newest_first = reversed(self._queue.rows.values())
            found = [row for row in newest_first if incident in (None, row.notification.incident)]
        return found[:limit]

    def overdue(self, *, now: datetime) -> Sequence[Delivery]:
        """Deliveries that are not final and past their deadline, oldest deadline first."""
        with self._lock:
            unfinished = [row for row in self._queue.rows.values() if row.state in UNFINISHED]
        late = (row for row in unfinished if row.notification.deadline < now)
        return sorted(late, key=lambda row: row.notification.deadline)

    def waiting(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Due and PENDING, most urgent first."""
        with self._lock:
            return self._queue.waiting(now=now)[:limit]

    def resent(self, *, since: datetime) -> Sequence[Delivery]:
        """SENT since then by a second or later attempt, newest first."""
        with self._lock:
            sent = [row for row in self._queue.rows.values() if row.state is DeliveryState.SENT]
        again = (row for row in sent if row.attempt > 1 and row.sent_at and row.sent_at >= since)
        return sorted(again, key=lambda row: row.sent_at or since, reverse=True)

    def fold(
        self,
        *,
        now: datetime,
        more_than: int,
        window: str,
        compose: Callable[[str, Sequence[Delivery], int], Delivery],
    ) -> int:
        """Digest what crowds a destination."""
        with self._lock:
            return self._queue.fold(now=now, more_than=more_than, window=window, compose=compose)

    def members(self, digest: str) -> Sequence[Delivery]:
        """The DIGESTED roots of a digest."""
        with self._lock:
            return self._queue.members(digest)

    def tallies(self) -> Sequence[Tally]:
        """What became of every delivery."""
        with self._lock:
            return self._queue.tallies()

    def root(self, incident_id: str, destination: str) -> Delivery | None:
        """The message that was sent for this incident to this destination, if any."""
        with self._lock:
            rows = self._queue.siblings(incident_id, destination)
        roots = (row for row in rows if row.notification.kind is NotificationKind.ROOT)
        return next((row for row in roots if row.state is DeliveryState.SENT), None)

    def prune(self, *, before: datetime) -> None:
        """Forget what is long over."""
        with self._lock:
            rows = self._queue.rows.values()
            unfinished = {row.notification.incident for row in rows if row.state in UNFINISHED}
            resolved = (one for one in self._incidents.values() if one.state is IncidentState.RESOLVED)
            old = (one.id for one in resolved if one.resolved_at is not None and one.resolved_at < before)
            gone = {name for name in old if name not in unfinished}
            self._incidents = {key: value for key, value in self._incidents.items() if key not in gone}
            self._queue.forget(gone)
            self._queue.prune(before=before, but=self._incidents)
            self._silences = {key: one for key, one in self._silences.items() if one.ends_at >= before}
            self._audit = [entry for entry in self._audit if entry.at >= before]
