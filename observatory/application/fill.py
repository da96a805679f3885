"""Measure the past: the window of a new SLO, the gap after an outage, in whole hours and the newest first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from observatory.application.holes import Holes
from observatory.application.measure import Measure
from observatory.application.planner import Planner
from observatory.application.ports import HistoryStore
from observatory.application.recorder import Recorder
from observatory.application.steps import HOUR, REACH, Step, steps
from observatory.catalog import ServiceSlo
from observatory.measurement import without


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fill has come, in seconds of history."""

    done: int
    whole: int
    failures: Sequence[str] = ()
    """Why something could not be measured; it stays open and is tried again."""


@dataclass(slots=True)
class Fill:
    """Fills the holes there are; call it again and again, from one thread."""

    measure: Measure
    """With more patience than a tick has."""
    recorder: Recorder
    store: HistoryStore
    holes: Holes
    tick: int
    _covered: dict[str, int] | None = field(default=None, init=False)
    """By column: from when its history was asked for; None until the store was asked."""
    _known: set[str] = field(default_factory=set, init=False)
    """The columns of the SLOs that `look` has seen."""
    _plan: Planner = field(init=False)

    def __post_init__(self) -> None:
        self._plan = Planner(self.tick)

    def has_begun(self) -> bool:
        """Whether there is a past to decide on, of any SLO."""
        return bool(self._covered)

    def begin_again(self) -> None:
        """Forget what is known of holes: another process has filled some, and may have left others."""
        self._covered = None
        self.holes.keep(())

    def look(self, entries: Sequence[ServiceSlo], *, until: int) -> None:
        """Find what was never measured: of every SLO, the part of its window before its history begins.

        At first also what an earlier process left open. An SLO that left the catalog and is back counts as new.

        Args:
            entries: the SLOs of the catalog.
            until: where the windows end, and ticks go on.

        Raises:
            Unavailable: the store can't be reached.
        """
        covered = self._begin() if self._covered is None else self._covered
        columns = {column for entry in entries for column in (entry.id, entry.column)}
        for gone in self._known - columns:
            covered.pop(gone, None)
        self._known = columns
        self.holes.keep([entry.id for entry in entries])
        for entry in entries:
            start = until // HOUR * HOUR - reach_of(entry, until=until) - HOUR
            known = covered.get(entry.column, until)
            if known > start + HOUR:
                self.holes.dig([entry.id], after=start, until=known)

    def __call__(
        self, entries: Sequence[ServiceSlo], *, until: int, tell: Callable[[Progress], object]
    ) -> None:
        """Fill every hole up to `until`, telling how far it is after each step.

        What can't be measured now stays a hole.

        Raises:
            Unavailable: the store can't be reached; what was filled is kept.
        """
        able = {entry.id: entry for entry in entries}
        holes = [hole for hole in self.holes if any(slo in able for slo in hole.slos)]
        done, whole = 0, sum(max(0, min(hole.until, until) - hole.after) for hole in holes)
        for hole in holes:
            past = done
            for step in steps(hole.after, hole.until, limit=until, slos=len(hole.slos), tick=self.tick):
                asked = [able[slo] for slo in hole.slos if slo in able]
                if not asked:
                    break
                failures = self._fill(asked, step)
                for slo in failures:
                    del able[slo]
                done = past + min(hole.until, until) - max(hole.after, step.after)
                tell(Progress(done, whole, sorted(set(failures.values()))))

    def _begin(self) -> dict[str, int]:
        self._covered = covered = self.store.covered_from()
        for slo, after, until in self.recorder.gaps:
            self.holes.dig([slo], after=after, until=until)
        return covered

    def _fill(self, entries: Sequence[ServiceSlo], step: Step) -> Mapping[str, str]:
        """Measure a step; returns why some SLOs could not be, by id."""
        measurement = self.measure(self._plan(entries), after=step.after, until=step.until)
        failures = {slo: failure.message for failure in measurement.failures for slo in failure.slos}
        self.recorder.fill_in(without(measurement.buckets, failures), seconds=step.seconds)
        filled = [entry.id for entry in entries if entry.id not in failures]
        columns = {each for entry in entries if entry.id not in failures for each in (entry.id, entry.column)}
        known = self._covered if self._covered is not None else {}
        further = [column for column in sorted(columns) if step.after < known.get(column, step.after + 1)]
        self.store.mark_covered(further, since=step.after)
        known |= dict.fromkeys(further, step.after)
        self.holes.fill(filled, after=step.after, until=step.until)
        return failures


def reach_of(entry: ServiceSlo, *, until: int) -> int:
    """How many seconds of the past an SLO looks at: its windows, what calendar windows are projected from, and alerts."""
    at = datetime.fromtimestamp(until, UTC)
    lengths = [
        length for window in entry.slo.windows for length in (window.length, at - window.period(at).starts)
    ]
    return max(REACH, *(int(length.total_seconds()) for length in lengths))
