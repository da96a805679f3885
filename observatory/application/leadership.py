"""Which of several replicas evaluates: this one, for as long as the lease is ours; else it shows what the other finds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from observatory.application.catch_up import CatchUp
from observatory.application.ports import Clock, Lease
from observatory.application.recorder import Recorder
from observatory.application.tick import Tick
from observatory.errors import ObservatoryError

_log = structlog.get_logger("observatory.leadership")
RENEWALS = 3
"""How often a lease is renewed in its length: two in a row may fail."""
FRUITLESS = 3
"""Ticks in a row that measure nothing: then another replica may try, which perhaps reaches Prometheus."""
_REST = timedelta(seconds=5)
"""Others ask once a second."""


@dataclass(slots=True)
class Leadership:
    """Call it about once a second: it takes the lease when it is free, and renews it in good time.

    Its length is counted from before we ask, so that we think ours is over before anybody else does.
    """

    lease: Lease
    clock: Clock
    _held: int | None = field(default=None, init=False)
    _asked_at: datetime | None = field(default=None, init=False)
    """When the lease that we hold was asked for."""
    _rests_until: datetime | None = field(default=None, init=False)

    @property
    def term(self) -> int | None:
        """The number of our term; None while another replica evaluates, or may do so."""
        over = self._asked_at is None or self.clock.now() - self._asked_at >= self.lease.length
        return None if over else self._held

    def __call__(self) -> bool:
        """Take or renew the lease where that is due; returns whether a term of ours has just begun."""
        now = self.clock.now()
        if self._rests_until is not None and now < self._rests_until:
            return False
        if self.term is not None and self._asked_at and now - self._asked_at < self.lease.length / RENEWALS:
            return False
        try:
            held = self.lease.hold()
        except ObservatoryError as error:
            _log.warning("lease_not_renewed", error=str(error))
            return False
        before, self._held = self._held, held
        self._asked_at = None if held is None else now
        if held == before:
            return False
        _log.info("evaluates" if held else "follows", term=held, term_before=before)
        return held is not None

    def only(self, work: Callable[[], object]) -> bool:
        """Do what only the evaluator may; False, and nothing is done, where that is another replica.

        What is written is bound to the present term, however long the work takes.
        """
        term = self.term
        if term is None:
            return False
        with self.lease.term(term):
            work()
        return True

    def make_way(self) -> None:
        """We can't evaluate: let another replica try, where there is one."""
        if self.lease.length == timedelta.max:
            return
        _log.warning("makes_way", term=self._held)
        self._rests_until = self.clock.now() + _REST
        self.step_down()

    def step_down(self) -> None:
        """Leave the lease to the others at once."""
        if self._held is None:
            return
        self._held = None
        try:
            self.lease.release()
        except ObservatoryError as error:
            _log.warning("lease_not_released", error=str(error))


@dataclass(slots=True)
class Evaluator:
    """The tick where this replica leads, else the numbers of the one that does."""

    leadership: Leadership
    tick: Tick
    catch_up: CatchUp
    recorder: Recorder
    clock: Clock
    term: int | None
    """The one for which the history was loaded."""
    _fruitless: int = field(default=0, init=False)
    """Ticks in a row that measured nothing."""

    def evaluate(self) -> None:
        """Call it once a tick. What can't be done now is left to the next, and said."""
        self.leadership.only(self._lead)

    def follow(self) -> None:
        """Call it about once a second."""
        if self.leadership.term is None:
            self.tick.follow()

    def _lead(self) -> None:
        if self.leadership.term != self.term:
            try:
                self._take_over()
            except ObservatoryError as error:
                _log.error("not_taken_over", error=str(error))
                return
        before = self.recorder.history.newest
        self.tick()
        self._fruitless = self._fruitless + 1 if self.recorder.history.newest == before else 0
        if self._fruitless >= FRUITLESS:
            self._fruitless = 0
            self.leadership.make_way()

    def _take_over(self) -> None:
        """Begin where the last evaluator ended. From now on nobody else writes, so what is read is all there is."""
        term = self.leadership.term
        self.recorder.load(now=self.clock.now())
        self.catch_up.take_over()
        self.term = term
