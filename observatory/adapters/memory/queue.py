"""The outbox as a queue in memory: what is added, who takes it, and how an attempt ends. Whoever calls holds the lock."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from observatory.alerting import NotificationKind, Priority
from observatory.application.delivery import (
    IN_FLIGHT,
    LIVE,
    UNFINISHED,
    Delivery,
    DeliveryState,
    Tally,
    digest_id,
    is_digest,
    is_slack,
    is_trouble,
)


class Queue:
    """Deliveries by their id, in the order they were recorded; which destinations rest; and what became of each."""

    def __init__(self) -> None:
        self.rows: dict[str, Delivery] = {}
        self._held: dict[str, datetime] = {}
        self._tallies: dict[tuple[DeliveryState, NotificationKind, int], Tally] = {}

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Queue deliveries; a known id and a second live root are left out."""
        for delivery in deliveries:
            if delivery.notification.delivery_id not in self.rows and not self._is_second_root(delivery):
                self.rows[delivery.notification.delivery_id] = delivery
                self._supersede(delivery)

    def most_urgent(self, *, now: datetime, limit: int, beyond_slack: bool) -> Sequence[Delivery]:
        """The first due delivery of each of the most urgent free destinations."""
        busy = {row.notification.destination for row in self.rows.values() if row.state in IN_FLIGHT}
        busy |= {destination for destination, until in self._held.items() if until > now}
        found: list[Delivery] = []
        for row in sorted(self._due(now), key=_urgency):
            if beyond_slack and is_slack(row.notification.destination):
                continue
            if row.notification.destination not in busy and len(found) < limit:
                busy.add(row.notification.destination)
                found.append(row)
        return found

    def left_behind(self, *, now: datetime) -> Sequence[Delivery]:
        """Attempts of which nobody knows the end."""
        return sorted((row for row in self.rows.values() if _is_left_behind(row, now)), key=_urgency)

    def take(self, rows: Iterable[Delivery], *, worker: str, lease_until: datetime) -> Sequence[Delivery]:
        """Begin an attempt at each."""
        state = DeliveryState.SENDING
        taken = [
            replace(row, state=state, attempt=row.attempt + 1, worker=worker, lease_until=lease_until)
            for row in rows
        ]
        self.rows.update({row.notification.delivery_id: row for row in taken})
        return taken

    def settle(self, ended: Delivery, *, rest_until: datetime | None = None) -> bool:
        """Write how this attempt ended; False when it is not the row's newest."""
        key = ended.notification.delivery_id
        row = self.rows.get(key)
        if row is None or row.attempt != ended.attempt:
            return False
        self._tally(row, ended)
        if rest_until is not None:
            self.hold(row.notification.destination, until=rest_until)
        notification = replace(row.notification, not_before=ended.notification.not_before)
        self.rows[key] = replace(ended, notification=notification, message=row.message, lease_until=None)
        self._supersede(ended)
        return True

    def hold(self, destination: str, *, until: datetime) -> None:
        """Leave a destination alone until then."""
        self._held[destination] = until

    def waiting(self, *, now: datetime) -> Sequence[Delivery]:
        """Due and PENDING, most urgent first."""
        return sorted((row for row in self.rows.values() if _is_waiting(row, now)), key=_urgency)

    def fold(
        self,
        *,
        now: datetime,
        more_than: int,
        window: str,
        compose: Callable[[str, Sequence[Delivery], int], Delivery],
    ) -> int:
        """Digest what crowds a destination."""
        lanes: dict[str, list[Delivery]] = {}
        for row in self.waiting(now=now):
            told = row.notification
            if _is_root(row) and told.priority == Priority.TICKET and not is_digest(told.incident):
                lanes.setdefault(told.destination, []).append(row)
        crowded = {lane: rows for lane, rows in lanes.items() if len(rows) > more_than}
        for lane, rows in crowded.items():
            self._digest(digest_id(window, lane), rows, compose)
        return sum(map(len, crowded.values()))

    def members(self, digest: str) -> Sequence[Delivery]:
        """The roots that a digest tells."""
        return [row for row in self.rows.values() if row.digest == digest]

    def tallies(self) -> Sequence[Tally]:
        """What became of every delivery."""
        return [self._tallies[key] for key in sorted(self._tallies)]

    def siblings(self, incident: str, destination: str) -> Sequence[Delivery]:
        """All that was ever to be told one destination of one incident."""
        return [
            row
            for row in self.rows.values()
            if (row.notification.incident, row.notification.destination) == (incident, destination)
        ]

    def forget(self, incidents: Collection[str]) -> None:
        """These incidents' deliveries."""
        self.rows = {key: row for key, row in self.rows.items() if row.notification.incident not in incidents}

    def prune(self, *, before: datetime, but: Collection[str]) -> None:
        """Forget what was told and stands for none of these incidents: digests and notices that are over."""
        needed = {row.digest for row in self.rows.values()} | {
            row.notification.incident
            for row in self.rows.values()
            if row.state in UNFINISHED or (row.state in LIVE and not _is_old(row, before))
        }
        gone = {
            row.notification.delivery_id
            for row in self.rows.values()
            if row.notification.incident not in needed
            and row.notification.incident not in but
            and _is_old(row, before)
            and not (is_trouble(row.notification.incident) and row.state is DeliveryState.SENT)
        }
        self.rows = {key: row for key, row in self.rows.items() if key not in gone}

    def _digest(
        self,
        digest: str,
        rows: Sequence[Delivery],
        compose: Callable[[str, Sequence[Delivery], int], Delivery],
    ) -> None:
        known = self.members(digest)
        for row in rows:
            digested = replace(row, state=DeliveryState.DIGESTED, digest=digest)
            self._tally(row, digested)
            self.rows[row.notification.delivery_id] = digested
        self.add([compose(digest, [*known, *rows], len(known))])

    def _tally(self, before: Delivery, after: Delivery) -> None:
        """Count what has ended now; what had ended before is counted already."""
        if after.state in UNFINISHED or before.state not in UNFINISHED:
            return
        told = before.notification
        key = (after.state, told.kind, told.priority)
        old = self._tallies.get(key, Tally(*key, count=0, seconds=0.0))
        seconds = 0.0 if after.sent_at is None else (after.sent_at - told.not_before).total_seconds()
        self._tallies[key] = replace(old, count=old.count + 1, seconds=old.seconds + seconds)

    def _is_second_root(self, delivery: Delivery) -> bool:
        if not _is_root(delivery) or delivery.state not in LIVE:
            return False
        siblings = self.siblings(delivery.notification.incident, delivery.notification.destination)
        return any(_is_root(row) and row.state in LIVE for row in siblings)

    def _supersede(self, cause: Delivery) -> None:
        siblings = [
            row
            for row in self.siblings(cause.notification.incident, cause.notification.destination)
            if row.state in LIVE and row.notification.kind is not NotificationKind.REPLY
        ]
        newest = max((row.notification.revision for row in siblings), default=0)
        for row in siblings:
            pending_update = row.state is DeliveryState.PENDING and not _is_root(row)
            if pending_update and row.notification.revision < newest:
                superseded = replace(row, state=DeliveryState.SUPERSEDED)
                self._tally(row, superseded)
                self.rows[row.notification.delivery_id] = superseded

    def _due(self, now: datetime) -> Iterable[Delivery]:
        for row in self.rows.values():
            if _is_waiting(row, now):
                siblings = self.siblings(row.notification.incident, row.notification.destination)
                waiting = (_is_root(other) and other.state is DeliveryState.PENDING for other in siblings)
                if _is_root(row) or not any(waiting):
                    yield row


def _is_root(row: Delivery) -> bool:
    return row.notification.kind is NotificationKind.ROOT


def _is_waiting(row: Delivery, now: datetime) -> bool:
    return row.state is DeliveryState.PENDING and row.notification.not_before <= now


def _is_left_behind(row: Delivery, now: datetime) -> bool:
    if row.state is DeliveryState.AMBIGUOUS:
        return row.notification.not_before <= now
    return row.state is DeliveryState.SENDING and row.lease_until is not None and row.lease_until <= now


def _is_old(row: Delivery, before: datetime) -> bool:
    return row.notification.not_before < before and (row.sent_at is None or row.sent_at < before)


def _urgency(row: Delivery) -> tuple[int, datetime]:
    """Ties keep the order in which they were recorded: sorting is stable, and so are dictionaries."""
    return row.notification.priority, row.notification.not_before
