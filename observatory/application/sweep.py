"""Removes what was posted twice: where an answer was lost and history could not be read, it is read later.

Only messages of a second or later attempt can be there twice. The older one is kept, since people saw it first, unless
a thread has begun below the younger; then that one is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from observatory.alerting import NotificationKind
from observatory.application.delivery import Delivery, DeliveryState
from observatory.application.ports import AlertStore, Clock, Messenger, Posted
from observatory.errors import RateLimited, Refused, Unavailable

_REACH = timedelta(hours=1)
"""How far back is looked: history was unreadable no longer than that, or the channel has moved on."""


@dataclass(slots=True)
class Sweep:
    """Call it about once a minute."""

    store: AlertStore
    messenger: Messenger
    clock: Clock
    _swept: set[str] = field(default_factory=set, init=False)

    def __call__(self) -> int:
        """Look for twins of our roots; returns how many messages were removed."""
        removed = 0
        for row in self.store.resent(since=self.clock.now() - _REACH):
            told = row.notification
            if told.kind is not NotificationKind.ROOT or told.delivery_id in self._swept:
                continue
            try:
                removed += self._clear(row)
            except RateLimited:
                break
            except (Refused, Unavailable):
                continue  # still unreadable: the next sweep tries again
            self._swept.add(told.delivery_id)
        return removed

    def _clear(self, row: Delivery) -> int:
        told, channel = row.notification, row.channel or row.notification.destination
        incident = self.store.incident(told.incident)
        since = told.not_before if incident is None else incident.opened_at
        copies = self.messenger.copies(channel, told.delivery_id, since=since)
        if len(copies) < 2:  # noqa: PLR2004 - one is as it should be
            return 0
        kept = self._kept(row, copies)
        if kept.ts != row.ts:
            self.store.settle(replace(row, ts=kept.ts, permalink=kept.permalink))
        twins = [copy for copy in copies if copy.ts != kept.ts]
        for twin in twins:
            self.messenger.delete(channel, twin.ts)
        return len(twins)

    def _kept(self, row: Delivery, copies: Sequence[Posted]) -> Posted:
        ours = next((copy for copy in copies if copy.ts == row.ts), None)
        return ours if ours is not None and self._has_thread(row) else copies[0]

    def _has_thread(self, row: Delivery) -> bool:
        told = row.notification
        return any(
            one.notification.kind is NotificationKind.REPLY
            and one.notification.destination == told.destination
            and one.state is DeliveryState.SENT
            for one in self.store.deliveries(incident=told.incident)
        )
