"""`notification_undelivered`: what does not get through is said by another way as well, and once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from observatory.alerting import NotificationKind, Priority
from observatory.application.delivery import Delivery, is_slack
from observatory.application.ports import AlertStore
from observatory.application.rerouting import Ways, copied

_AT_ONCE = 500


@dataclass(slots=True)
class Rescue:
    """Queues copies for another way; the first way is still tried, so that the thread goes on where it began.

    An edit is never copied: what it shows comes with the next, or with the copy of what it edits.
    """

    store: AlertStore
    ways: Ways
    _seen: set[str] = field(default_factory=set, init=False)
    """Deliveries that have been dealt with, so that a standing problem is not written anew each second."""

    def overdue(self, late: Sequence[Delivery], *, slack_works: bool, now: datetime) -> None:
        """Copy what is past its deadline."""
        because = [(one, one.last_error or "past its deadline") for one in late]
        self._copy(because, slack_works=slack_works, now=now)

    def refused(self, refused: Sequence[Delivery], *, code: str, now: datetime) -> None:
        """Copy at once what calls people, while Slack refuses our token: these deliveries, and all that waits."""
        stuck = [*refused, *self.store.waiting(now=now, limit=_AT_ONCE)]
        because = [(one, f"Slack says {code}") for one in stuck if _calls_people_in_slack(one)]
        self._copy(because, slack_works=False, now=now)

    def _copy(self, stuck: Sequence[tuple[Delivery, str]], *, slack_works: bool, now: datetime) -> None:
        copies: list[Delivery] = []
        for delivery, because in stuck:
            told = delivery.notification
            way = self.ways.another(told.destination, slack_works=slack_works)
            known = told.delivery_id in self._seen or told.kind is NotificationKind.UPDATE
            if way is not None and not known:
                copies.append(copied(delivery, way, because=because, now=now))
        if copies:
            self.store.record([], copies)
        self._seen.update(one.notification.delivery_id for one, _ in stuck)


def _calls_people_in_slack(delivery: Delivery) -> bool:
    told = delivery.notification
    return told.priority <= Priority.RESOLVE and is_slack(told.destination)
