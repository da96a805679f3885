"""The digest: where more new tickets wait for a channel than it takes in a few seconds, one message tells them all.

Pages are never in it. What follows on one of its incidents is told by an edit of the digest and in its thread.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from observatory.alerting import Notification, NotificationKind, Priority, delivery_id
from observatory.alerting.notifications import LATEST
from observatory.application.delivery import Delivery
from observatory.application.ports import AlertStore
from observatory.outputs.slack import render_digest

MORE_THAN = 10
"""Tickets waiting for a channel: at one a second the last would wait longer than this many seconds."""
_WINDOW = timedelta(minutes=10)
_EPOCH_SECONDS = _WINDOW.total_seconds()
_SHOWN = 30


def fold(store: AlertStore, *, now: datetime) -> int:
    """Put what crowds a channel into its digest of these ten minutes; how many tickets were."""
    window = str(int(now.timestamp() // _EPOCH_SECONDS))

    def compose(digest: str, members: Sequence[Delivery], known: int) -> Delivery:
        kind = NotificationKind.UPDATE if known else NotificationKind.ROOT
        return _delivery(digest, members, kind, [one.message.text for one in members], now=now)

    return store.fold(now=now, more_than=MORE_THAN, window=window, compose=compose)


def refreshed(digest: str, changed: Delivery, store: AlertStore, *, now: datetime) -> Delivery:
    """The digest as it reads when `changed`, an update of one of its incidents, is taken in."""
    members = store.members(digest)
    lines = [_newest(one, changed, store) for one in members[:_SHOWN]]
    lines += [one.message.text for one in members[_SHOWN:]]
    return _delivery(digest, members, NotificationKind.UPDATE, lines, now=now)


def _newest(member: Delivery, changed: Delivery, store: AlertStore) -> str:
    told = member.notification
    if told.incident == changed.notification.incident:
        return changed.message.text
    rows = [
        row
        for row in store.deliveries(incident=told.incident)
        if row.notification.destination == told.destination
        and row.notification.kind is not NotificationKind.REPLY
    ]
    return max(rows, key=lambda row: row.notification.revision, default=member).message.text


def _delivery(
    digest: str, members: Sequence[Delivery], kind: NotificationKind, lines: Sequence[str], *, now: datetime
) -> Delivery:
    """An edit's revision is its second: the newest wins, and one a second is enough."""
    destination = members[0].notification.destination
    root = kind is NotificationKind.ROOT
    revision = 1 if root else int(now.timestamp())
    priority = Priority.TICKET if root else Priority.UPDATE
    notification = Notification(
        delivery_id=delivery_id(digest, destination, kind, revision),
        incident=digest,
        destination=destination,
        kind=kind,
        revision=revision,
        priority=priority,
        not_before=now,
        deadline=now + LATEST[priority],
    )
    return Delivery(notification, render_digest(lines))
