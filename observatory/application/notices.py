"""What the platform squad is told of the ways themselves: once when a channel breaks, and once when it is well again.

A notice is a delivery like any other. Its place of an incident id is the condition it tells of, and the outbox takes
one live root for each: so it is told once, by however many workers and messages it is met.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from observatory.alerting import Notification, NotificationKind, Priority
from observatory.alerting.notifications import LATEST
from observatory.application.delivery import Delivery, DeliveryState, trouble_id
from observatory.application.ports import AlertStore
from observatory.application.rerouting import NAMESPACE, Ways, named
from observatory.outputs.message import Message
from observatory.outputs.slack import render_broken, render_mended


def broken(delivery: Delivery, ways: Ways, *, code: str, now: datetime) -> Sequence[Delivery]:
    """That this delivery's destination can't be reached; nothing where there is nobody else to tell."""
    channel = delivery.notification.destination
    to = ways.platform(channel)
    if to is None:
        return ()
    message = render_broken(named(channel), code, ways.owner_of(channel))
    key = f"broken {channel} {delivery.notification.delivery_id}"
    return [_notice(trouble_id(channel), key, to, message, now=now)]


def mended(channel: str, store: AlertStore, *, now: datetime) -> bool:
    """Tell that a channel takes messages again, if it was told that it did not."""
    told = next(
        (one for one in store.deliveries(incident=trouble_id(channel), limit=1) if _is_live(one)), None
    )
    if told is None:
        return False
    since = told.notification.not_before
    message = render_mended(named(channel), now - since)
    key = f"mended {told.notification.delivery_id}"
    notice = _notice(key, key, told.notification.destination, message, now=now)
    over = replace(told, state=DeliveryState.SUPERSEDED, last_error="reachable again")
    return store.settle(over, then=[notice])


def _is_live(told: Delivery) -> bool:
    return told.state in (DeliveryState.SENT, DeliveryState.PENDING)


def _notice(condition: str, key: str, to: str, message: Message, *, now: datetime) -> Delivery:
    return Delivery(
        Notification(
            delivery_id=str(uuid.uuid5(NAMESPACE, f"notice {key}")),
            incident=condition,
            destination=to,
            kind=NotificationKind.ROOT,
            revision=1,
            priority=Priority.TICKET,
            not_before=now,
            deadline=now + LATEST[Priority.TICKET],
        ),
        message,
    )
