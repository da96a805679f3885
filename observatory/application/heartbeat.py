"""Our own dead man's switch: told after every whole loop, and only then, so that silence means that nobody is paged."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from observatory.application.ports import Clock
from observatory.application.snapshot import Board
from observatory.application.vitals import Vitals
from observatory.errors import ObservatoryError, RateLimited

_AGAIN = timedelta(seconds=10)
_log = structlog.get_logger("observatory.heartbeat")


@dataclass(slots=True)
class Heartbeat:
    """Call it about once a second; most of the time no loop has been completed since.

    A loop is whole when new numbers were measured and decided on without a problem, a round of delivery began after
    that and found the store and Slack's answers in order, and Slack knows our token.
    """

    board: Board
    vitals: Vitals
    clock: Clock
    delivers: bool
    """Whether there is a Slack to deliver to."""
    knows_us: Callable[[], object] | None = None
    """Asks Slack who we are; raises when the token is no good."""
    ping: Callable[[], object] | None = None
    """Tells somebody outside, who alarms when we fall silent."""
    _until: datetime | None = field(default=None, init=False)
    """Up to when the newest whole loop had measured."""
    _not_before: datetime | None = field(default=None, init=False)
    """When Slack may be asked again who we are."""
    _said: str | None = field(default=None, init=False)

    def __call__(self) -> None:
        """Note a loop that was completed, and tell of it. What fails keeps the heart from beating, and is logged once."""
        measured, now = self._measured(), self.clock.now()
        if measured is None or measured == self._until or now < (self._not_before or now):
            return
        try:
            self._prove()
        except ObservatoryError as error:
            self._say("heart_stands_still", str(error))
            self._not_before = now + _AGAIN
            return
        self._until = measured
        self.vitals.loop_at = self.clock.now()
        self._tell()

    def _measured(self) -> datetime | None:
        """Up to when was measured, where that has been decided on and delivered."""
        health, delivered = self.board.health, self.vitals.delivered_at
        decided = health.last_tick_at
        if health.problem is not None or not health.backfilled or decided is None:
            return None
        if self.delivers and (delivered is None or delivered < decided):
            return None
        return health.measured_until

    def _prove(self) -> None:
        if self.knows_us is None:
            return
        try:
            self.knows_us()
        except RateLimited:  # it would not ask a stranger to come back later
            return

    def _tell(self) -> None:
        """The evaluator's word is enough: a follower's numbers are its."""
        try:
            if self.ping is not None and self.vitals.leads():
                self.ping()
        except ObservatoryError as error:
            self._say("heartbeat_not_heard", str(error))
        else:
            self._said = None

    def _say(self, event: str, error: str) -> None:
        if self._said != f"{event} {error}":
            _log.error(event, error=error)
        self._said = f"{event} {error}"
