"""Counters whose every event is known, to be counted against."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from support.prometheus import Series


@dataclass
class Counter:
    """A counter as a process keeps it, and scrapes see it."""

    metric: str
    labels: str
    events: Sequence[float]
    """What it counts before each scrape, since the one before."""
    since: int = 0
    """The first scrape that sees it; the process counts from 0 then."""
    until: int | None = None
    """The first scrape that sees it no more."""
    restarts: Sequence[int] = ()
    """Scrapes before which the process started anew."""
    unseen: tuple[int, int] = (0, 0)
    """From this scrape on, and up to that one, scrapes fail while the process goes on."""

    def series(self, *, start: int, interval: int) -> Series:
        """As Prometheus stores it."""
        values, value = [], 0.0
        for number, (seen, events) in enumerate(zip(self._seen(), self.events, strict=True)):
            value = events if number in (*self.restarts, self.since) else value + events
            values.append(value if seen else None)
        return Series(
            self.metric, self.labels, range(start, start + interval * len(values), interval), values
        )

    def counted(self, *, interval: int, tick: int, ticks: int) -> np.ndarray:
        """(ticks,) events by the tick in which a scrape first shows them; scrape 0 shows tick -1."""
        lives = np.arange(len(self.events)) >= self.since
        events = np.where(lives, np.asarray(self.events, dtype=float), 0)
        counted, hidden = np.zeros(ticks), 0.0
        for number, seen in enumerate(self._seen()):
            hidden += events[number]
            index = -(-number * interval // tick) - 1
            if seen:
                if 0 <= index < ticks:
                    counted[index] += hidden
                hidden = 0.0
        return counted

    def _seen(self) -> np.ndarray:
        numbers = np.arange(len(self.events))
        until = len(self.events) if self.until is None else self.until
        return (
            (numbers >= self.since)
            & (numbers < until)
            & ~((numbers >= self.unseen[0]) & (numbers < self.unseen[1]))
        )
