"""Deliveries that take another's place: at the next channel, or as a new message where the old one is gone."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from observatory.alerting import NotificationKind
from observatory.application.delivery import Delivery
from observatory.catalog import Squad
from observatory.outputs.slack import with_banner

_NAMESPACE = uuid.UUID("5c1c5a5e-54f1-5b0e-9f0e-0a6f0c2f4f57")


def next_channel(destination: str, *, squad: Squad | None, catch_all: str | None) -> str | None:
    """Where to go when `destination` can't be reached: squad's channel, squad's fallback, catch-all; None at the end.

    A destination outside that order (an escalation's) begins at its start. The order is only ever walked forward.
    """
    own = () if squad is None else (squad.slack.channel, squad.slack.fallback)
    order = list(dict.fromkeys(channel for channel in (*own, catch_all) if channel))
    rest: Sequence[str] = order[order.index(destination) + 1 :] if destination in order else order
    return next(iter(rest), None)


def moved(delivery: Delivery, channel: str, *, because: str) -> Delivery:
    """The same notification at another channel, below a line that says where it was meant for and why it is here."""
    meant = delivery.notification.destination
    banner = f"Meant for <#{meant}>, which can't be reached: `{because}`"
    return _successor(delivery, destination=channel, kind=delivery.notification.kind, banner=banner)


def as_root(delivery: Delivery) -> Delivery:
    """An update or a reply as a message of its own, which takes the place of a root that is gone."""
    return _successor(
        delivery,
        destination=delivery.notification.destination,
        kind=NotificationKind.ROOT,
        banner="Continues an earlier message that is gone",
    )


def _successor(delivery: Delivery, *, destination: str, kind: NotificationKind, banner: str) -> Delivery:
    """Its id follows from the one it replaces, so that making it twice makes it once."""
    old = delivery.notification
    new_id = uuid.uuid5(_NAMESPACE, f"{old.delivery_id} {destination} {kind}")
    notification = replace(old, delivery_id=str(new_id), destination=destination, kind=kind)
    return Delivery(notification=notification, message=with_banner(delivery.message, banner))
