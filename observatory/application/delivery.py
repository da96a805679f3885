"""The outbox's unit: a rendered notification and how far its delivery has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from observatory.alerting import Notification
from observatory.outputs.message import Message


class DeliveryState(StrEnum):
    """Where a delivery stands. SENT, FAILED_OVER, DEAD and SUPERSEDED are final."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    AMBIGUOUS = "ambiguous"
    FAILED_OVER = "failed_over"
    DEAD = "dead"
    SUPERSEDED = "superseded"


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
