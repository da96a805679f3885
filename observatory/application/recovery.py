"""What became of an attempt that nobody saw the end of: history is asked before anything is sent again."""

from dataclasses import dataclass, replace

from observatory.alerting import NotificationKind
from observatory.application import pauses
from observatory.application.attempts import Ended, Outcome
from observatory.application.delivery import Delivery, DeliveryState
from observatory.application.ports import Posted
from observatory.application.refusals import Reaction, reaction_to
from observatory.application.sending import Sender
from observatory.errors import RateLimited, Refused, Unavailable
from observatory.outputs.slack import with_banner

_NOT_YET_FOUND = "not found in the channel's history; looking once more before sending again"
_LOOKS_AT_UNREADABLE_HISTORY = 4
_PERHAPS_TWICE = "Possible duplicate: no answer came, and what was sent can't be looked up"


@dataclass(frozen=True, slots=True)
class Recovery:
    """Looks for what may have been sent, and has the sender send what was not."""

    sender: Sender

    def __call__(self, delivery: Delivery) -> Ended:
        """Find out what became of an attempt that nobody saw the end of, and send it again if need be."""
        attempts = self.sender.attempts
        if attempts.is_overtaken(delivery) or delivery.notification.kind is NotificationKind.UPDATE:
            return self.sender.send(delivery)  # an edit done twice is the same edit
        try:
            found = self._find(delivery)
        except RateLimited as error:
            return attempts.ambiguous(delivery, str(error), wait=error.retry_after)
        except (Refused, Unavailable) as error:
            return self._unreadable(delivery, error)
        if found is not None:
            return self.sender.sent(delivery, found, Outcome.FOUND)
        if delivery.last_error == _NOT_YET_FOUND:
            return self.sender.send(delivery)
        return attempts.ambiguous(delivery, _NOT_YET_FOUND, wait=pauses.LOOK_AGAIN)

    def _unreadable(self, delivery: Delivery, error: Refused | Unavailable) -> Ended:
        """History keeps its secret: ask a few times when that may pass, then send again, labelled."""
        if isinstance(error, Refused) and reaction_to(error.code) is Reaction.NEW_ROOT:
            return self.sender.send(delivery)  # the thread is gone: so is whatever was said in it
        if isinstance(error, Refused) and _is_tokens_fault(error.code):
            ended = self.sender.attempts.ambiguous(delivery, str(error), wait=pauses.TOKEN_REFUSED)
            return replace(ended, outcome=Outcome.TOKEN_REFUSED, code=error.code)
        looks = 1 if isinstance(error, Refused) else _LOOKS_AT_UNREADABLE_HISTORY
        if delivery.attempt >= looks and _is_power_of_two(delivery.attempt):
            return self._send_marked(delivery, error)
        return self.sender.attempts.ambiguous(delivery, str(error), wait=pauses.backoff(delivery))

    def _find(self, delivery: Delivery) -> Posted | None:
        notification = delivery.notification
        incident = self.sender.store.incident(notification.incident)
        since = notification.not_before if incident is None else incident.opened_at
        root = None
        if notification.kind is NotificationKind.REPLY:
            digest = self.sender.attempts.digest_of(delivery)
            root = self.sender.store.root(digest or notification.incident, notification.destination)
        return self.sender.messenger.find(
            notification.destination,
            notification.delivery_id,
            since=since,
            thread_ts=None if root is None else root.ts,
        )

    def _send_marked(self, delivery: Delivery, error: Exception) -> Ended:
        marked = replace(delivery, message=with_banner(delivery.message, _PERHAPS_TWICE))
        ended = self.sender.send(marked)
        if ended.outcome in {Outcome.SENT, Outcome.SHORTENED}:
            return replace(ended, outcome=Outcome.SENT_PERHAPS_TWICE)
        # It must stay labelled, so it stays ambiguous.
        if ended.outcome in {Outcome.RETRY, Outcome.RATE_LIMITED}:
            self.sender.store.settle(
                replace(ended.delivery, state=DeliveryState.AMBIGUOUS, last_error=str(error))
            )
        return ended


def _is_tokens_fault(code: str) -> bool:
    """Of a refused look: a scope that is missing keeps us from looking, not from sending."""
    return reaction_to(code) is Reaction.STOP and code != "missing_scope"


def _is_power_of_two(attempt: int) -> bool:
    """While no answer comes and nothing can be looked up, each further "possible duplicate" waits twice as long."""
    return attempt & (attempt - 1) == 0
