"""One delivery's attempt: post it, and let Slack's answer decide what becomes of it.

The protocol that loses nothing: the store has committed SENDING before we are called; an answer ends the attempt; no
answer makes it AMBIGUOUS, and history is asked (`recovery`) before anything is sent again.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from observatory.alerting import NotificationKind
from observatory.application import digest as digests
from observatory.application import notices, pauses
from observatory.application.attempts import Attempts, Ended, Outcome
from observatory.application.delivery import Delivery, DeliveryState, is_slack
from observatory.application.ports import AlertStore, Clock, Messenger, Posted
from observatory.application.refusals import Reaction, reaction_to
from observatory.application.rerouting import Ways, as_root, moved
from observatory.errors import Ambiguous, RateLimited, Refused, Unavailable
from observatory.outputs.message import Message
from observatory.outputs.slack import short_form, with_banner


@dataclass(frozen=True, slots=True)
class Sender:
    """Makes attempts, and writes down how they ended."""

    store: AlertStore
    messenger: Messenger
    clock: Clock
    ways: Ways

    @property
    def attempts(self) -> Attempts:
        """Where it is written how they end."""
        return Attempts(self.store, self.clock)

    def send(self, delivery: Delivery) -> Ended:
        """Send a claimed delivery."""
        if self.attempts.is_overtaken(delivery):
            return Ended(Outcome.OVERTAKEN, delivery)
        if delivery.notification.kind is NotificationKind.ROOT:
            return self._try(delivery, None, delivery.message)
        root = self.store.root(delivery.notification.incident, delivery.notification.destination)
        if root is not None:
            return self._try(delivery, root, delivery.message)
        digest = self.attempts.digest_of(delivery)
        return self._without_root(delivery) if digest is None else self._in_digest(delivery, digest)

    def _in_digest(self, delivery: Delivery, digest: str) -> Ended:
        """What follows on an incident that a digest tells: an edit of the digest, or an answer that says of which."""
        if delivery.notification.kind is NotificationKind.UPDATE:
            edit = digests.refreshed(digest, delivery, self.store, now=self.clock.now())
            told = replace(delivery, state=DeliveryState.SUPERSEDED, last_error="told in the digest")
            return self.attempts.settle(told, Outcome.DIGESTED, then=[edit])
        root = self.store.root(digest, delivery.notification.destination)
        if root is None:
            return self._without_root(delivery, digest)
        about = delivery.message.about
        message = delivery.message if about is None else with_banner(delivery.message, f"About {about.slo}")
        return self._try(delivery, root, message)

    def _try(self, delivery: Delivery, root: Delivery | None, message: Message) -> Ended:
        try:
            posted = self._call(delivery, root, message)
        except RateLimited as error:
            return self._rate_limited(delivery, error)
        except Refused as error:
            return self._refused(delivery, root, message, error)
        except Ambiguous as error:
            if delivery.notification.kind is NotificationKind.UPDATE:
                return self.attempts.later(delivery, str(error))
            return self.attempts.ambiguous(delivery, str(error), wait=pauses.backoff(delivery))
        except Unavailable as error:
            self.store.hold(
                delivery.notification.destination, until=self.clock.now() + pauses.backoff(delivery)
            )
            return self.attempts.later(delivery, str(error))
        return self.sent(delivery, posted, Outcome.SENT)

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
                return self.attempts.later(
                    delivery, str(error), Outcome.TOKEN_REFUSED, wait=pauses.TOKEN_REFUSED, code=error.code
                )
            case Reaction.FAIL_OVER:
                return self._fail_over(delivery, error.code)
            case Reaction.NEW_ROOT if root is not None:
                return self._replace_root(delivery, root, error.code)
            case Reaction.LEAVE_OUT:
                left_out = replace(delivery, state=DeliveryState.SUPERSEDED, last_error=str(error))
                return self.attempts.settle(left_out, Outcome.LEFT_OUT)
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
        return self.attempts.later(delivery, str(error), code=error.code)

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
            return self.attempts.settle(ended, Outcome.FAILED_OVER, then=then, code=code)
        if now > delivery.notification.deadline:
            ended = replace(delivery, state=DeliveryState.DEAD, last_error=code)
            return self.attempts.settle(ended, Outcome.DEAD, code=code)
        return self.attempts.later(delivery, code, code=code)

    def _without_root(self, delivery: Delivery, thread: str | None = None) -> Ended:
        """An update or a reply where no root was sent: follow it, wait for it, or take its place.

        `thread` is whose root it is: a digest's, when not the incident's own.
        """
        notification = delivery.notification
        states = self.attempts.roots(thread or notification.incident, notification.destination)
        if states.keys() & {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.AMBIGUOUS}:
            return self.attempts.later(
                delivery, delivery.last_error, Outcome.WAITS_FOR_ROOT, wait=pauses.FOR_ROOT
            )
        gone_on = states.get(DeliveryState.FAILED_OVER)
        if gone_on is not None:
            return self._fail_over(delivery, gone_on.last_error or "root_failed_over")
        superseded = replace(delivery, state=DeliveryState.SUPERSEDED, last_error="no root was sent")
        return self.attempts.settle(superseded, Outcome.NEW_ROOT, then=[as_root(delivery)])

    def _replace_root(self, delivery: Delivery, root: Delivery, code: str) -> Ended:
        """A new root takes the old one's place and says what was to be said, in one transaction."""
        superseded = replace(delivery, state=DeliveryState.SUPERSEDED, last_error=code)
        gone = replace(root, state=DeliveryState.DEAD, last_error=code)
        return self.attempts.settle(
            superseded, Outcome.NEW_ROOT, gone=gone, then=[as_root(delivery)], code=code
        )

    def sent(self, delivery: Delivery, posted: Posted, outcome: Outcome) -> Ended:
        """It is there: the channel rests a moment, and whoever was told that it could not be reached is told again."""
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
        ended = self.attempts.settle(sent, outcome, rest_until=now + pauses.BETWEEN_POSTS if posts else None)
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
            return self.attempts.later(delivery, str(error), Outcome.RATE_LIMITED, wait=wait, code=error.code)
        self.store.hold(delivery.notification.destination, until=self.clock.now() + wait)
        return self.attempts.settle(
            replace(delivery, state=DeliveryState.PENDING, last_error=str(error)),
            Outcome.RATE_LIMITED,
            code=error.code,
        )
