"""Incidents and an outbox that live as long as the process."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import RLock

from observatory.alerting import Incident, IncidentState, NotificationKind, Priority, Silence
from observatory.application.audit import AuditEntry
from observatory.application.delivery import Delivery, DeliveryState, Tally, digest_id, is_digest, is_slack

LIVE = frozenset(DeliveryState) - {DeliveryState.DEAD, DeliveryState.FAILED_OVER, DeliveryState.SUPERSEDED}
IN_FLIGHT = frozenset({DeliveryState.SENDING, DeliveryState.AMBIGUOUS})
UNFINISHED = IN_FLIGHT | {DeliveryState.PENDING}


class MemoryAlerts:
    """`AlertStore` as dictionaries under one lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._incidents: dict[str, Incident] = {}
        self._outbox: dict[str, Delivery] = {}
        self._held: dict[str, datetime] = {}
        self._silences: dict[str, Silence] = {}
        self._audit: list[AuditEntry] = []
        self._tallies: dict[tuple[DeliveryState, NotificationKind, int], Tally] = {}

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
            self._queue(one for one in deliveries if one.notification.subject not in moved_on)
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
            busy = {row.notification.destination for row in self._outbox.values() if row.state in IN_FLIGHT}
            busy |= {destination for destination, until in self._held.items() if until > now}
            taken: list[Delivery] = []
            for row in sorted(self._due(now), key=_urgency):
                if beyond_slack and is_slack(row.notification.destination):
                    continue
                if row.notification.destination not in busy and len(taken) < limit:
                    busy.add(row.notification.destination)
                    taken.append(row)
            return self._take(taken, now=now, worker=worker, lease=lease)

    def unsettled(self, *, now: datetime, worker: str, lease: timedelta) -> Sequence[Delivery]:
        """Take what is due for another look."""
        with self._lock:
            rows = [row for row in self._outbox.values() if _is_unsettled(row, now)]
            return self._take(sorted(rows, key=_urgency), now=now, worker=worker, lease=lease)

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
            key = delivery.notification.delivery_id
            row = self._outbox.get(key)
            if row is None or row.attempt != delivery.attempt:
                return False
            self._tallied(row, delivery)
            if rest_until is not None:
                self._held[row.notification.destination] = rest_until
            notification = replace(row.notification, not_before=delivery.notification.not_before)
            self._outbox[key] = replace(
                delivery, notification=notification, message=row.message, lease_until=None
            )
            if gone is not None:
                self.settle(gone)
            self._queue(then)
            self._supersede(delivery)
            return True

    def hold(self, destination: str, *, until: datetime) -> None:
        """Leave a destination alone for a while."""
        with self._lock:
            self._held[destination] = until

    def deliveries(self, *, incident: str | None = None, limit: int = 200) -> Sequence[Delivery]:
        """Newest first."""
        with self._lock:
            newest_first = reversed(self._outbox.values())
            found = [row for row in newest_first if incident in (None, row.notification.incident)]
        return found[:limit]

    def overdue(self, *, now: datetime) -> Sequence[Delivery]:
        """Deliveries that are not final and past their deadline, oldest deadline first."""
        with self._lock:
            found = [
                row
                for row in self._outbox.values()
                if row.state in UNFINISHED and row.notification.deadline < now
            ]
        return sorted(found, key=lambda row: row.notification.deadline)

    def waiting(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Due and PENDING, most urgent first."""
        with self._lock:
            found = [
                row
                for row in self._outbox.values()
                if row.state is DeliveryState.PENDING and row.notification.not_before <= now
            ]
        return sorted(found, key=_urgency)[:limit]

    def resent(self, *, since: datetime) -> Sequence[Delivery]:
        """SENT since then by a second or later attempt, newest first."""
        with self._lock:
            found = [
                row
                for row in self._outbox.values()
                if row.state is DeliveryState.SENT
                and row.attempt > 1
                and row.sent_at
                and row.sent_at >= since
            ]
        return sorted(found, key=lambda row: row.sent_at or since, reverse=True)

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
            lanes: dict[str, list[Delivery]] = {}
            for row in sorted(self._outbox.values(), key=_urgency):
                told = row.notification
                waits = row.state is DeliveryState.PENDING and told.not_before <= now
                if (
                    _is_root(row)
                    and waits
                    and told.priority == Priority.TICKET
                    and not is_digest(told.incident)
                ):
                    lanes.setdefault(told.destination, []).append(row)
            crowded = {lane: rows for lane, rows in lanes.items() if len(rows) > more_than}
            for lane, rows in crowded.items():
                self._digest(digest_id(window, lane), rows, compose)
            return sum(map(len, crowded.values()))

    def members(self, digest: str) -> Sequence[Delivery]:
        """The DIGESTED roots of a digest."""
        with self._lock:
            return [row for row in self._outbox.values() if row.digest == digest]

    def tallies(self) -> Sequence[Tally]:
        """What became of every delivery."""
        with self._lock:
            return [self._tallies[key] for key in sorted(self._tallies)]

    def root(self, incident_id: str, destination: str) -> Delivery | None:
        """The message that was sent for this incident to this destination, if any."""
        with self._lock:
            roots = (row for row in self._siblings(incident_id, destination) if _is_root(row))
            return next((row for row in roots if row.state is DeliveryState.SENT), None)

    def prune(self, *, before: datetime) -> None:
        """Forget incidents resolved before, with their deliveries, unless one of these is not final yet."""
        with self._lock:
            unfinished = {
                row.notification.incident for row in self._outbox.values() if row.state in UNFINISHED
            }
            gone = {
                incident.id
                for incident in self._incidents.values()
                if incident.resolved_at is not None
                and incident.resolved_at < before
                and incident.state is IncidentState.RESOLVED
                and incident.id not in unfinished
            }
            self._incidents = {key: value for key, value in self._incidents.items() if key not in gone}
            self._outbox = {
                key: row for key, row in self._outbox.items() if row.notification.incident not in gone
            }
            self._silences = {key: one for key, one in self._silences.items() if one.ends_at >= before}
            self._audit = [entry for entry in self._audit if entry.at >= before]

    def _digest(
        self,
        digest: str,
        rows: Sequence[Delivery],
        compose: Callable[[str, Sequence[Delivery], int], Delivery],
    ) -> None:
        known = self.members(digest)
        for row in rows:
            digested = replace(row, state=DeliveryState.DIGESTED, digest=digest)
            self._tallied(row, digested)
            self._outbox[row.notification.delivery_id] = digested
        self._queue([compose(digest, [*known, *rows], len(known))])

    def _tallied(self, before: Delivery, after: Delivery) -> None:
        """Count what has ended now; what had ended before is counted already."""
        if after.state in UNFINISHED or before.state not in UNFINISHED:
            return
        told = before.notification
        key = (after.state, told.kind, told.priority)
        old = self._tallies.get(key, Tally(*key, count=0, seconds=0.0))
        seconds = 0.0 if after.sent_at is None else (after.sent_at - told.not_before).total_seconds()
        self._tallies[key] = replace(old, count=old.count + 1, seconds=old.seconds + seconds)

    def _queue(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            if delivery.notification.delivery_id not in self._outbox and not self._is_second_root(delivery):
                self._outbox[delivery.notification.delivery_id] = delivery
                self._supersede(delivery)

    def _is_second_root(self, delivery: Delivery) -> bool:
        if not _is_root(delivery) or delivery.state not in LIVE:
            return False
        siblings = self._siblings(delivery.notification.incident, delivery.notification.destination)
        return any(_is_root(row) and row.state in LIVE for row in siblings)

    def _supersede(self, cause: Delivery) -> None:
        siblings = [
            row
            for row in self._siblings(cause.notification.incident, cause.notification.destination)
            if row.state in LIVE and row.notification.kind is not NotificationKind.REPLY
        ]
        newest = max((row.notification.revision for row in siblings), default=0)
        for row in siblings:
            pending_update = row.state is DeliveryState.PENDING and not _is_root(row)
            if pending_update and row.notification.revision < newest:
                superseded = replace(row, state=DeliveryState.SUPERSEDED)
                self._tallied(row, superseded)
                self._outbox[row.notification.delivery_id] = superseded

    def _due(self, now: datetime) -> Iterable[Delivery]:
        for row in self._outbox.values():
            if row.state is DeliveryState.PENDING and row.notification.not_before <= now:
                siblings = self._siblings(row.notification.incident, row.notification.destination)
                waiting = (_is_root(other) and other.state is DeliveryState.PENDING for other in siblings)
                if _is_root(row) or not any(waiting):
                    yield row

    def _take(
        self, rows: Iterable[Delivery], *, now: datetime, worker: str, lease: timedelta
    ) -> Sequence[Delivery]:
        taken = [
            replace(
                row,
                state=DeliveryState.SENDING,
                attempt=row.attempt + 1,
                worker=worker,
                lease_until=now + lease,
            )
            for row in rows
        ]
        self._outbox.update({row.notification.delivery_id: row for row in taken})
        return taken

    def _siblings(self, incident: str, destination: str) -> list[Delivery]:
        return [
            row
            for row in self._outbox.values()
            if (row.notification.incident, row.notification.destination) == (incident, destination)
        ]


def _is_root(row: Delivery) -> bool:
    return row.notification.kind is NotificationKind.ROOT


def _is_unsettled(row: Delivery, now: datetime) -> bool:
    if row.state is DeliveryState.AMBIGUOUS:
        return row.notification.not_before <= now
    return row.state is DeliveryState.SENDING and row.lease_until is not None and row.lease_until <= now


def _urgency(row: Delivery) -> tuple[int, datetime]:
    """Ties keep the order in which they were recorded: sorting is stable, and so are dictionaries."""
    return row.notification.priority, row.notification.not_before
