"""One delivery's attempt: post it, and let Slack's answer decide what becomes of it.

The protocol that loses nothing: the store has committed SENDING before we are called; an answer ends the attempt; no
answer makes it AMBIGUOUS, and history is asked before anything is sent again.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from observatory.alerting import NotificationKind
from observatory.application import digest as digests
from observatory.application import notices, pauses
from observatory.application.delivery import Delivery, DeliveryState, is_slack
from observatory.application.ports import AlertStore, Clock, Messenger, Posted
from observatory.application.refusals import Reaction, reaction_to
from observatory.application.rerouting import Ways, as_root, moved
from observatory.errors import Ambiguous, RateLimited, Refused, Unavailable
from observatory.outputs.message import Message
from observatory.outputs.slack import short_form, with_banner

_NOT_YET_FOUND = "not found in the channel's history; looking once more before sending again"
_LOOKS_AT_UNREADABLE_HISTORY = 4
_PERHAPS_TWICE = "Possible duplicate: no answer came, and what was sent can't be looked up"


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
class Sender:
    """Makes attempts, and writes down how they ended."""

    store: AlertStore
    messenger: Messenger
    clock: Clock
    ways: Ways

    def send(self, delivery: Delivery) -> Ended:
        """Send a claimed delivery."""
        if self._is_overtaken(delivery):
            return Ended(Outcome.OVERTAKEN, delivery)
        if delivery.notification.kind is NotificationKind.ROOT:
            return self._try(delivery, None, delivery.message)
        root = self.store.root(delivery.notification.incident, delivery.notification.destination)
        if root is not None:
            return self._try(delivery, root, delivery.message)
        digest = self._digest_of(delivery)
        return self._without_root(delivery) if digest is None else self._in_digest(delivery, digest)

    def _in_digest(self, delivery: Delivery, digest: str) -> Ended:
        """What follows on an incident that a digest tells: an edit of the digest, or an answer that says of which."""
        if delivery.notification.kind is NotificationKind.UPDATE:
            edit = digests.refreshed(digest, delivery, self.store, now=self.clock.now())
            told = replace(delivery, state=DeliveryState.SUPERSEDED, last_error="told in the digest")
            return self._settle(told, Outcome.DIGESTED, then=[edit])
        root = self.store.root(digest, delivery.notification.destination)
        if root is None:
            return self._without_root(delivery, digest)
        about = delivery.message.about
        message = delivery.message if about is None else with_banner(delivery.message, f"About {about.slo}")
        return self._try(delivery, root, message)

    def _digest_of(self, delivery: Delivery) -> str | None:
        """The digest that tells this incident at this destination, if one does."""
        rows = self._roots(delivery.notification.incident, delivery.notification.destination)
        row = rows.get(DeliveryState.DIGESTED)
        return None if row is None else row.digest

    def _roots(self, incident: str, destination: str) -> dict[DeliveryState, Delivery]:
        return {
            row.state: row
            for row in self.store.deliveries(incident=incident)
            if row.notification.kind is NotificationKind.ROOT and row.notification.destination == destination
        }

    def recover(self, delivery: Delivery) -> Ended:
        """Find out what became of an attempt that nobody saw the end of, and send it again if need be."""
        if self._is_overtaken(delivery) or delivery.notification.kind is NotificationKind.UPDATE:
            return self.send(delivery)  # an edit done twice is the same edit
        try:
            found = self._find(delivery)
        except RateLimited as error:
            return self._ambiguous(delivery, str(error), wait=error.retry_after)
        except (Refused, Unavailable) as error:
            return self._unreadable(delivery, error)
        if found is not None:
            return self._sent(delivery, found, Outcome.FOUND)
        if delivery.last_error == _NOT_YET_FOUND:
            return self.send(delivery)
        return self._ambiguous(delivery, _NOT_YET_FOUND, wait=pauses.LOOK_AGAIN)

    def _unreadable(self, delivery: Delivery, error: Refused | Unavailable) -> Ended:
        """History keeps its secret: ask a few times when that may pass, then send again, labelled."""
        if isinstance(error, Refused) and reaction_to(error.code) is Reaction.NEW_ROOT:
            return self.send(delivery)  # the thread is gone: so is whatever was said in it
        if isinstance(error, Refused) and _is_tokens_fault(error.code):
            ended = self._ambiguous(delivery, str(error), wait=pauses.TOKEN_REFUSED)
            return replace(ended, outcome=Outcome.TOKEN_REFUSED, code=error.code)
        looks = 1 if isinstance(error, Refused) else _LOOKS_AT_UNREADABLE_HISTORY
        if delivery.attempt >= looks and _is_power_of_two(delivery.attempt):
            return self._send_marked(delivery, error)
        return self._ambiguous(delivery, str(error), wait=pauses.backoff(delivery))

    def _try(self, delivery: Delivery, root: Delivery | None, message: Message) -> Ended:
        try:
            posted = self._call(delivery, root, message)
        except RateLimited as error:
            return self._rate_limited(delivery, error)
        except Refused as error:
            return self._refused(delivery, root, message, error)
        except Ambiguous as error:
            if delivery.notification.kind is NotificationKind.UPDATE:
                return self._later(delivery, str(error))
            return self._ambiguous(delivery, str(error), wait=pauses.backoff(delivery))
        except Unavailable as error:
            self.store.hold(
                delivery.notification.destination, until=self.clock.now() + pauses.backoff(delivery)
            )
            return self._later(delivery, str(error))
        return self._sent(delivery, posted, Outcome.SENT)

    def _call(self, delivery: Delivery, root: Delivery | None, message: Message) -> Posted:
        notification = delivery.notification
        if root is None or root.ts is None:
            return self.messenger.post(
                notification.destination, message, delivery_id=notification.delivery_id
            )
        channel = root.channel or notification.destination
        if notification.kind is NotificationKind.UPDATE:
            return self.messenger.update(
                channel,
                root.ts,
                message,
                delivery_id=notification.delivery_id,
                root_id=root.notification.delivery_id,
            )
        return self.messenger.post(channel, message, delivery_id=notification.delivery_id, thread_ts=root.ts)

    def _refused(self, delivery: Delivery, root: Delivery | None, message: Message, error: Refused) -> Ended:
        reaction = reaction_to(error.code)
        if reaction is not Reaction.LEAVE_OUT and not is_slack(delivery.notification.destination):
            return self._fail_over(delivery, error.code)
        match reaction:
            case Reaction.STOP:
                return self._later(
                    delivery, str(error), Outcome.TOKEN_REFUSED, wait=pauses.TOKEN_REFUSED, code=error.code
                )
            case Reaction.FAIL_OVER:
                return self._fail_over(delivery, error.code)
            case Reaction.NEW_ROOT if root is not None:
                return self._replace_root(delivery, root, error.code)
            case Reaction.LEAVE_OUT:
                left_out = replace(delivery, state=DeliveryState.SUPERSEDED, last_error=str(error))
                return self._settle(left_out, Outcome.LEFT_OUT)
            case _:
                return self._disliked(delivery, root, message, error)

    def _disliked(self, delivery: Delivery, root: Delivery | None, message: Message, error: Refused) -> Ended:
        """The bare text at once; where that is refused as well, later again, and after the deadline elsewhere."""
        if message.blocks:
            ended = self._try(delivery, root, short_form(message))
            outcome = Outcome.SHORTENED if ended.outcome is Outcome.SENT else ended.outcome
            return replace(ended, outcome=outcome, code=error.code)
        if self.clock.now() > delivery.notification.deadline:
            return self._fail_over(delivery, error.code)
        return self._later(delivery, str(error), code=error.code)

    def _fail_over(self, delivery: Delivery, code: str) -> Ended:
        """On to the next way, and the platform squad is told; at the last one, keep trying until the deadline."""
        incident = self.store.incident(delivery.notification.incident)
        owner = self.ways.owner_of(delivery.notification.destination)
        squad = incident.squad if incident is not None else None if owner is None else owner.name
        destination = self.ways.next(delivery.notification.destination, squad)
        now = self.clock.now()
        if destination is not None:
            ended = replace(delivery, state=DeliveryState.FAILED_OVER, last_error=code)
            notice = notices.broken(delivery, self.ways, code=code, now=now)
            then = [moved(delivery, destination, because=code), *notice]
            return self._settle(ended, Outcome.FAILED_OVER, then=then, code=code)
        if now > delivery.notification.deadline:
            ended = replace(delivery, state=DeliveryState.DEAD, last_error=code)
            return self._settle(ended, Outcome.DEAD, code=code)
        return self._later(delivery, code, code=code)

    def _without_root(self, delivery: Delivery, thread: str | None = None) -> Ended:
        """An update or a reply where no root was sent: follow it, wait for it, or take its place.

        `thread` is whose root it is: a digest's, when not the incident's own.
        """
        notification = delivery.notification
        states = self._roots(thread or notification.incident, notification.destination)
        if states.keys() & {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.AMBIGUOUS}:
            waiting = replace(delivery, state=DeliveryState.PENDING)
            return self._settle(self._not_before(waiting, pauses.FOR_ROOT), Outcome.WAITS_FOR_ROOT)
        gone_on = states.get(DeliveryState.FAILED_OVER)
        if gone_on is not None:
            return self._fail_over(delivery, gone_on.last_error or "root_failed_over")
        superseded = replace(delivery, state=DeliveryState.SUPERSEDED, last_error="no root was sent")
        return self._settle(superseded, Outcome.NEW_ROOT, then=[as_root(delivery)])

    def _replace_root(self, delivery: Delivery, root: Delivery, code: str) -> Ended:
        """A new root takes the old one's place and says what was to be said, in one transaction."""
        superseded = replace(delivery, state=DeliveryState.SUPERSEDED, last_error=code)
        gone = replace(root, state=DeliveryState.DEAD, last_error=code)
        return self._settle(superseded, Outcome.NEW_ROOT, gone=gone, then=[as_root(delivery)], code=code)

    def _find(self, delivery: Delivery) -> Posted | None:
        notification = delivery.notification
        incident = self.store.incident(notification.incident)
        since = notification.not_before if incident is None else incident.opened_at
        root = None
        if notification.kind is NotificationKind.REPLY:
            digest = self._digest_of(delivery)
            root = self.store.root(digest or notification.incident, notification.destination)
        return self.messenger.find(
            notification.destination,
            notification.delivery_id,
            since=since,
            thread_ts=None if root is None else root.ts,
        )

    def _send_marked(self, delivery: Delivery, error: Exception) -> Ended:
        marked = replace(delivery, message=with_banner(delivery.message, _PERHAPS_TWICE))
        ended = self.send(marked)
        if ended.outcome in {Outcome.SENT, Outcome.SHORTENED}:
            return replace(ended, outcome=Outcome.SENT_PERHAPS_TWICE)
        # It must stay labelled, so it stays ambiguous.
        if ended.outcome in {Outcome.RETRY, Outcome.RATE_LIMITED}:
            self.store.settle(replace(ended.delivery, state=DeliveryState.AMBIGUOUS, last_error=str(error)))
        return ended

    def _sent(self, delivery: Delivery, posted: Posted, outcome: Outcome) -> Ended:
        now = self.clock.now()
        sent = replace(
            delivery,
            state=DeliveryState.SENT,
            channel=posted.channel,
            ts=posted.ts,
            permalink=posted.permalink,
            sent_at=now,
            last_error=None,
        )
        posts = delivery.notification.kind is not NotificationKind.UPDATE
        ended = self._settle(sent, outcome, rest_until=now + pauses.BETWEEN_POSTS if posts else None)
        if ended.outcome is Outcome.OVERTAKEN and posts:
            self._take_back(delivery, posted)
        notices.mended(delivery.notification.destination, self.store, now=now)
        return ended

    def _take_back(self, delivery: Delivery, posted: Posted) -> None:
        """We stood still past our lease, and posted what another worker has posted meanwhile: ours is the twin.

        If the other has not come that far, it finds ours in the history.
        """
        told = delivery.notification
        rows = self.store.deliveries(incident=told.incident)
        theirs = next((row.ts for row in rows if row.notification.delivery_id == told.delivery_id), None)
        if theirs is None or theirs == posted.ts:
            return
        with suppress(Refused, Unavailable):  # where it stays, the sweep finds it
            self.messenger.delete(posted.channel, posted.ts)

    def _rate_limited(self, delivery: Delivery, error: RateLimited) -> Ended:
        """The channel waits as long as Slack says, and its order stays; an edit waits by itself.

        Edits are limited over all channels: a page in this one must not wait for that.
        """
        wait = error.retry_after + pauses.jitter(delivery)
        if delivery.notification.kind is NotificationKind.UPDATE:
            return self._later(delivery, str(error), Outcome.RATE_LIMITED, wait=wait, code=error.code)
        self.store.hold(delivery.notification.destination, until=self.clock.now() + wait)
        return self._settle(
            replace(delivery, state=DeliveryState.PENDING, last_error=str(error)),
            Outcome.RATE_LIMITED,
            code=error.code,
        )

    def _later(
        self,
        delivery: Delivery,
        error: str,
        outcome: Outcome = Outcome.RETRY,
        *,
        wait: timedelta | None = None,
        code: str | None = None,
    ) -> Ended:
        waiting = replace(delivery, state=DeliveryState.PENDING, last_error=error)
        return self._settle(self._not_before(waiting, wait or pauses.backoff(delivery)), outcome, code=code)

    def _ambiguous(self, delivery: Delivery, error: str, *, wait: timedelta) -> Ended:
        doubtful = replace(delivery, state=DeliveryState.AMBIGUOUS, last_error=error)
        return self._settle(self._not_before(doubtful, wait), Outcome.AMBIGUOUS)

    def _settle(
        self,
        delivery: Delivery,
        outcome: Outcome,
        *,
        gone: Delivery | None = None,
        then: Sequence[Delivery] = (),
        rest_until: datetime | None = None,
        code: str | None = None,
    ) -> Ended:
        written = self.store.settle(delivery, gone=gone, then=then, rest_until=rest_until)
        return Ended(outcome if written else Outcome.OVERTAKEN, delivery, code)

    def _not_before(self, delivery: Delivery, wait: timedelta) -> Delivery:
        notification = replace(delivery.notification, not_before=self.clock.now() + wait)
        return replace(delivery, notification=notification)

    def _is_overtaken(self, delivery: Delivery) -> bool:
        return delivery.lease_until is not None and self.clock.now() >= delivery.lease_until


def _is_tokens_fault(code: str) -> bool:
    """Of a refused look: a scope that is missing keeps us from looking, not from sending."""
    return reaction_to(code) is Reaction.STOP and code != "missing_scope"


def _is_power_of_two(attempt: int) -> bool:
    """While no answer comes and nothing can be looked up, each further "possible duplicate" waits twice as long."""
    return attempt & (attempt - 1) == 0
