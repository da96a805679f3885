"""How an attempt at a delivery ends, and that it is written down: the outbox as one attempt sees it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from observatory.alerting import NotificationKind
from observatory.application import pauses
from observatory.application.delivery import Delivery, DeliveryState
from observatory.application.ports import AlertStore, Clock


class Outcome(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    FOUND = "found"
    """It had been posted, though no answer came: history has it."""
    SENT_PERHAPS_TWICE = "sent_perhaps_twice"
    """History could not be read; sent again, and labelled."""
    SHORTENED = "shortened"
    RATE_LIMITED = "rate_limited"
    RETRY = "retry"
    WAITS_FOR_ROOT = "waits_for_root"
    AMBIGUOUS = "ambiguous"
    FAILED_OVER = "failed_over"
    NEW_ROOT = "new_root"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - no secret: Slack's word on one
    DEAD = "dead"
    DIGESTED = "digested"
    """An edit, told by the channel's digest."""
    LEFT_OUT = "left_out"
    """An edit of what can't be edited, such as an e-mail."""
    OVERTAKEN = "overtaken"
    """Our lease ran out, and another worker has it now."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An outcome, whose it was, and Slack's code when it refused."""

    outcome: Outcome
    delivery: Delivery
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Attempts:
    """Writes how attempts ended, and knows in whose thread each belongs."""

    store: AlertStore
    clock: Clock

    def is_overtaken(self, delivery: Delivery) -> bool:
        """Whether its lease ran out: another worker may have it."""
        return delivery.lease_until is not None and self.clock.now() >= delivery.lease_until

    def settle(
        self,
        delivery: Delivery,
        outcome: Outcome,
        *,
        gone: Delivery | None = None,
        then: Sequence[Delivery] = (),
        rest_until: datetime | None = None,
        code: str | None = None,
    ) -> Ended:
        """Write it; see `AlertStore.settle`."""
        written = self.store.settle(delivery, gone=gone, then=then, rest_until=rest_until)
        return Ended(outcome if written else Outcome.OVERTAKEN, delivery, code)

    def later(
        self,
        delivery: Delivery,
        error: str | None,
        outcome: Outcome = Outcome.RETRY,
        *,
        wait: timedelta | None = None,
        code: str | None = None,
    ) -> Ended:
        """Pending again, after a pause."""
        waiting = replace(delivery, state=DeliveryState.PENDING, last_error=error)
        return self.settle(self._not_before(waiting, wait or pauses.backoff(delivery)), outcome, code=code)

    def ambiguous(self, delivery: Delivery, error: str, *, wait: timedelta) -> Ended:
        """Nobody knows whether it was sent: to be looked for after a pause."""
        doubtful = replace(delivery, state=DeliveryState.AMBIGUOUS, last_error=error)
        return self.settle(self._not_before(doubtful, wait), Outcome.AMBIGUOUS)

    def digest_of(self, delivery: Delivery) -> str | None:
        """The digest that tells this incident at this destination, if one does."""
        rows = self.roots(delivery.notification.incident, delivery.notification.destination)
        row = rows.get(DeliveryState.DIGESTED)
        return None if row is None else row.digest

    def roots(self, incident: str, destination: str) -> dict[DeliveryState, Delivery]:
        """The roots that were ever to be told there, by how they stand."""
        return {
            row.state: row
            for row in self.store.deliveries(incident=incident)
            if row.notification.kind is NotificationKind.ROOT and row.notification.destination == destination
        }

    def _not_before(self, delivery: Delivery, wait: timedelta) -> Delivery:
        notification = replace(delivery.notification, not_before=self.clock.now() + wait)
        return replace(delivery, notification=notification)
