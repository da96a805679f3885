"""Measure the past: the window of a new SLO, the gap after an outage, in whole hours and the newest first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from observatory.application.holes import Hole, Holes
from observatory.application.measure import Measure
from observatory.application.ports import HistoryStore
from observatory.application.recorder import HOUR, Recorder, without
from observatory.catalog import ServiceSlo
from observatory.measurement import Measurement
from observatory.planning import plan

MOST_CELLS = 2_000_000
"""Ticks of all SLOs asked in one step, so that memory stays in bounds."""
LONGEST_STEP = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fill has come, in seconds of history."""

    done: int
    whole: int
    failures: Sequence[str] = ()
    """Why something could not be measured; it stays open and is tried again."""


@dataclass(slots=True)
class Fill:
    """Fills the holes there are; call it again and again."""

    measure: Measure
    """With more patience than a tick has."""
    recorder: Recorder
    store: HistoryStore
    holes: Holes
    tick: int
    _covered: dict[str, int] | None = field(default=None, init=False)

    def has_begun(self) -> bool:
        """Whether there is a past to decide on, of any SLO."""
        return bool(self._covered)

    def look(self, entries: Sequence[ServiceSlo], *, now: datetime) -> None:
        """Find what was never measured: of every SLO, the part of its window before its history begins.

        At first also what an earlier process left open.

        Raises:
            Unavailable: the store can't be reached.
        """
        self.holes.keep([entry.id for entry in entries])
        if self._covered is None:
            self._covered = self.store.covered_from()
            for slo, span in self.recorder.gaps.items():
                self.holes.dig([slo], after=span[0], until=span[1])
        end = int(now.timestamp()) // HOUR * HOUR
        for entry in entries:
            start = end - int(entry.slo.window.length.total_seconds()) - HOUR
            covered = self._covered.get(entry.id)
            if covered is None:
                self.holes.dig([entry.id], after=start, until=end + HOUR)
            elif covered > start + HOUR:
                self.holes.dig([entry.id], after=start, until=covered)

    def __call__(
        self, entries: Sequence[ServiceSlo], *, until: int, tell: Callable[[Progress], object] = id
    ) -> None:
        """Fill every hole up to `until`, telling how far it is after each step.

        What can't be measured now stays a hole.

        Raises:
            Unavailable: the store can't be reached; what was filled is kept.
        """
        by_id = {entry.id: entry for entry in entries}
        holes = [hole for hole in self.holes if any(slo in by_id for slo in hole.slos)]
        done, whole = 0, sum(min(hole.until, until) - hole.after for hole in holes)
        for hole in holes:
            mine = [by_id[slo] for slo in hole.slos if slo in by_id]
            for step in steps(hole, until=until, slos=len(mine), tick=self.tick):
                failures = self._fill(mine, *step)
                done += step[1] - step[0]
                tell(Progress(done, whole, sorted(set(failures.values()))))
                mine = [entry for entry in mine if entry.id not in failures]
                if not mine:
                    break

    def _fill(self, entries: Sequence[ServiceSlo], after: int, until: int) -> Mapping[str, str]:
        """Measure a step; returns why some SLOs could not be, by id."""
        measurement = self.measure(plan(entries, tick=self.tick), after=after, until=until)
        failures = {slo: failure.message for failure in measurement.failures for slo in failure.slos}
        self.recorder.append(without(measurement.buckets, {*failures, *_unseen(measurement)}))
        filled = [entry.id for entry in entries if entry.id not in failures]
        known = self._covered if self._covered is not None else {}
        further = [slo for slo in filled if after < known.get(slo, after + 1)]
        self.store.mark_covered(further, since=after)
        known |= dict.fromkeys(further, after)
        self.holes.fill(filled, after=after, until=until)
        return failures


def steps(hole: Hole, *, until: int, slos: int, tick: int, origin: int = 0) -> Iterator[tuple[int, int]]:
    """A hole in spans of whole hours (counted from `origin`), the newest first; it may end at `until`, inside an hour."""
    first = hole.after - (hole.after - origin) % HOUR
    end = min(hole.until + (origin - hole.until) % HOUR, until)
    length = min(LONGEST_STEP, max(HOUR, MOST_CELLS * tick // max(1, slos) // HOUR * HOUR))
    while end > first:
        start = max(first, end + (origin - end) % HOUR - length)
        yield start, end
        end = start


def _unseen(measurement: Measurement) -> Sequence[str]:
    """SLOs of which nothing was found: what is known of them already must not be overwritten by that."""
    buckets = measurement.buckets
    seen = (buckets.measured + buckets.idle + buckets.total).any(axis=0)
    return [buckets.slos[column] for column in np.flatnonzero(~seen)]
