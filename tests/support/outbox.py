"""Builders of incidents and deliveries for tests of the stores."""

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from observatory.alerting import Incident, IncidentState, Notification, NotificationKind
from observatory.application.delivery import Delivery
from observatory.evaluation import Severity
from observatory.outputs.message import Message

T0 = datetime(2026, 3, 29, 0, 59, 30, 250_000, tzinfo=UTC)
LEASE = timedelta(seconds=60)


def incident(name="i1", **changes):
    values = {
        "id": name,
        "slo": "search/availability",
        "service": "search",
        "squad": "discovery",
        "severity": Severity.PAGE,
        "state": IncidentState.FIRING,
        "tiers": ("fast",),
        "opened_at": T0,
        "updated_at": T0,
    }
    return Incident(**(values | changes))


def delivery(incident="i1", destination="C1", kind=NotificationKind.ROOT, revision=1, **changes):
    wait = changes.pop("wait", 0)
    notification = Notification(
        delivery_id=str(uuid5(NAMESPACE_URL, f"{incident}/{destination}/{kind}/{revision}")),
        incident=incident,
        destination=destination,
        kind=kind,
        revision=revision,
        priority=changes.pop("priority", 0),
        not_before=T0 + timedelta(seconds=wait),
        deadline=T0 + timedelta(seconds=changes.pop("deadline", 300)),
    )
    message = Message(f"{incident} burns, revision {revision}", ({"type": "divider"},))
    return Delivery(notification, message, **changes)


def root(incident="i1", destination="C1", **changes):
    return delivery(incident, destination, NotificationKind.ROOT, **changes)


def update(incident="i1", destination="C1", **changes):
    return delivery(incident, destination, NotificationKind.UPDATE, **changes)


def reply(incident="i1", destination="C1", **changes):
    return delivery(incident, destination, NotificationKind.REPLY, **changes)


def ids(deliveries):
    return [each.notification.delivery_id for each in deliveries]
