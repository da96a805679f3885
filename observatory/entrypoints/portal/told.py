"""Who was told about an incident, and how."""

from collections.abc import Sequence
from dataclasses import dataclass

from observatory.alerting import Incident, NotificationKind
from observatory.application.delivery import Delivery
from observatory.application.ports import AlertStore

_KINDS = {
    NotificationKind.ROOT: "new message",
    NotificationKind.UPDATE: "edit of it",
    NotificationKind.REPLY: "answer below it",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery, and what kind of message it is."""

    delivery: Delivery

    @property
    def how(self) -> str:
        """`new message, calling by name`."""
        told = self.delivery.notification
        kind = _KINDS[told.kind] if told.about is None else "answer below another one's message"
        return f"{kind}, calling by name" if told.mention else kind


def who_was_told(alerts: AlertStore, incident: Incident) -> Sequence[Told]:
    """Newest first; of one that is told in another one's thread, what was said of it there."""
    own = [one for one in alerts.deliveries(incident=incident.id) if one.notification.subject == incident.id]
    if incident.joined is not None:
        below = alerts.deliveries(incident=incident.joined)
        own = [*(one for one in below if one.notification.subject == incident.id), *own]
    return [Told(one) for one in own]
