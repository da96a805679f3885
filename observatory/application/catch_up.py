"""Fill what is missing of the past, beside the ticks: at the first start, after an outage, for a new SLO."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from observatory.application.definitions import Definitions
from observatory.application.fill import Fill, Progress
from observatory.application.ports import Clock
from observatory.catalog.behaviours import measured
from observatory.errors import ObservatoryError

_log = structlog.get_logger("observatory.catch_up")


@dataclass(slots=True)
class CatchUp:
    """Call it every now and then; most of the time there is nothing to do."""

    definitions: Definitions
    fill: Fill
    clock: Clock
    lag: timedelta
    tell: Callable[[Progress], object] = id
    complete: bool = field(default=False, init=False)
    """Whether the past is known well enough to alert on: one pass went over everything, and found something."""

    def __call__(self) -> None:
        """Fill every hole there is. What can't be filled now is left to the next call."""
        try:
            self._run()
        except ObservatoryError as error:
            _log.error("catch_up_failed", error=str(error))

    def take_over(self) -> None:
        """Go on from what another evaluator has filled; where nothing is open, nothing has to be waited for.

        Raises:
            Unavailable: the store can't be reached.
        """
        entries = measured(self.definitions.catalog)
        self.fill.begin_again()
        self.fill.look(entries, until=self._until())
        self.complete = self.complete or (self.fill.has_begun() and not any(self.fill.holes))

    def _run(self) -> None:
        entries = measured(self.definitions.catalog)
        until = self._until()
        self.fill.look(entries, until=until)
        self.fill(entries, until=until, tell=self.tell)
        self.complete = self.complete or self.fill.has_begun() or not entries

    def _until(self) -> int:
        """Where ticks go on from; before the first, where it will begin."""
        newest = self.fill.recorder.history.newest
        landed = int((self.clock.now() - self.lag).timestamp())
        return landed // self.fill.tick * self.fill.tick if newest is None else newest
