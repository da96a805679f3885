"""Where a notification goes when its destination fails, and the deliveries that take another's place."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from observatory.alerting import NotificationKind, Priority
from observatory.alerting.notifications import LATEST
from observatory.application.delivery import Delivery, is_slack
from observatory.catalog import Catalog, Squad
from observatory.outputs.slack import with_banner

NAMESPACE = uuid.UUID("5c1c5a5e-54f1-5b0e-9f0e-0a6f0c2f4f57")


@dataclass(frozen=True, slots=True)
class Ways:
    """Every way to people, beyond a squad's own channel."""

    catalog: Callable[[], Catalog]
    catch_all: str | None = None
    """Slack channel of last resort."""
    transports: Sequence[str] = ()
    """Destinations that don't depend on Slack's API, first choice first (`email:oncall@example.com`)."""

    def next(self, destination: str, squad: str | None) -> str | None:
        """Where to go when `destination` can't be reached; None at the end.

        Squad's channel, its fallback, the channel of last resort, the transports. A destination outside that order
        (an escalation's) begins at its start. The order is only ever walked forward.
        """
        owner = None if squad is None else self.catalog().squads.get(squad)
        own = () if owner is None else (owner.slack.channel, owner.slack.fallback)
        order = list(dict.fromkeys(one for one in (*own, self.catch_all, *self.transports) if one))
        rest = order[order.index(destination) + 1 :] if destination in order else order
        return next(iter(rest), None)

    def another(self, destination: str, *, slack_works: bool) -> str | None:
        """A way that does not share what holds up `destination`: a transport, else the channel of last resort."""
        last = (self.catch_all,) if slack_works else ()
        return next((one for one in (*self.transports, *last) if one and one != destination), None)

    def platform(self, without: str) -> str | None:
        """Where trouble with the ways themselves is told: the channel of last resort, else a transport."""
        return next((one for one in (self.catch_all, *self.transports) if one and one != without), None)

    def owner_of(self, channel: str) -> Squad | None:
        """The squad whose own channel this is."""
        return next((one for one in self.catalog().squads.values() if one.slack.channel == channel), None)


def moved(delivery: Delivery, destination: str, *, because: str) -> Delivery:
    """The same notification elsewhere, below a line that says where it was meant for and why it is here."""
    meant = named(delivery.notification.destination)
    banner = f"Meant for {meant}, which can't be reached: `{because}`"
    return _successor(delivery, destination=destination, kind=delivery.notification.kind, banner=banner)


def as_root(delivery: Delivery) -> Delivery:
    """An update or a reply as a message of its own, which takes the place of a root that is gone."""
    return _successor(
        delivery,
        destination=delivery.notification.destination,
        kind=NotificationKind.ROOT,
        banner="Continues an earlier message that is gone",
    )


def copied(delivery: Delivery, destination: str, *, because: str, now: datetime) -> Delivery:
    """The same notification by another way as well, due at once; the first way is still tried.

    Its id follows from the incident and not from the delivery it copies: a copy of a copy is the same copy.
    """
    old = delivery.notification
    banner = f"Undelivered so far to {named(old.destination)}: {because}"
    new_id = uuid.uuid5(NAMESPACE, f"copy {old.incident} {old.kind} {old.revision} {destination}")
    notification = replace(
        old,
        delivery_id=str(new_id),
        destination=destination,
        not_before=now,
        deadline=now + LATEST[Priority.PAGE],
    )
    return Delivery(notification=notification, message=with_banner(delivery.message, banner))


def named(destination: str) -> str:
    """A destination as a message names it."""
    return f"<#{destination}>" if is_slack(destination) else destination


def _successor(delivery: Delivery, *, destination: str, kind: NotificationKind, banner: str) -> Delivery:
    """Its id follows from the one it replaces, so that making it twice makes it once."""
    old = delivery.notification
    new_id = uuid.uuid5(NAMESPACE, f"{old.delivery_id} {destination} {kind}")
    notification = replace(old, delivery_id=str(new_id), destination=destination, kind=kind)
    return Delivery(notification=notification, message=with_banner(delivery.message, banner))
