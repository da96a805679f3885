"""The outbox's unit: a rendered notification and how far its delivery has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from observatory.alerting import Notification, NotificationKind
from observatory.outputs.message import Message

_TROUBLE = "channel:"


def is_slack(destination: str) -> bool:
    """A Slack channel's id; everything else says what it is: `email:…`, `webhook:…`."""
    return ":" not in destination


def digest_id(window: str, destination: str) -> str:
    """What a digest has in the place of an incident's id."""
    return f"digest {window} {destination}"


def is_digest(incident: str) -> bool:
    """Whether this is a digest's id."""
    return incident.startswith("digest ")


def trouble_id(channel: str) -> str:
    """What a notice of a channel that can't be reached has in the place of an incident's id."""
    return f"{_TROUBLE}{channel}"


def is_trouble(incident: str) -> bool:
    """Whether this is such a notice's id."""
    return incident.startswith(_TROUBLE)


class DeliveryState(StrEnum):
    """Where a delivery stands. SENT, FAILED_OVER, DEAD, SUPERSEDED and DIGESTED are final."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    AMBIGUOUS = "ambiguous"
    FAILED_OVER = "failed_over"
    DEAD = "dead"
    SUPERSEDED = "superseded"
    DIGESTED = "digested"
    """A root that is told in the channel's digest (`Delivery.digest`)."""


LIVE = frozenset(DeliveryState) - {DeliveryState.DEAD, DeliveryState.FAILED_OVER, DeliveryState.SUPERSEDED}
"""What people see or will see."""
IN_FLIGHT = frozenset({DeliveryState.SENDING, DeliveryState.AMBIGUOUS})
"""A destination has one of these at most."""
UNFINISHED = IN_FLIGHT | {DeliveryState.PENDING}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the outbox."""

    notification: Notification
    message: Message
    state: DeliveryState = DeliveryState.PENDING
    attempt: int = 0
    """Counts claims; the fencing token: a write by a worker with an older attempt is refused."""
    worker: str | None = None
    lease_until: datetime | None = None
    channel: str | None = None
    """Where it really went (Slack's answer), which differs from the destination after a fall-back."""
    ts: str | None = None
    """Slack's id of the message."""
    permalink: str | None = None
    last_error: str | None = None
    sent_at: datetime | None = None
    digest: str | None = None
    """The incident id of the digest that tells it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deliveries ended in this state, and how long they took in all."""

    state: DeliveryState
    kind: NotificationKind
    priority: int
    count: int
    seconds: float
    """From when they were due until they were sent, summed; 0 in states other than SENT."""
