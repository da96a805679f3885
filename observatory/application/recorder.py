"""The history in memory and in the store, kept alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from observatory.application.ports import HistoryStore
from observatory.catalog import ServiceSlo
from observatory.measurement import FIELDS, Buckets, History

HOUR = 3600
HOURS_KEPT = timedelta(days=400)


@dataclass(slots=True)
class Recorder:
    """Every bucket goes through here: into the store first, so that what was seen once survives a crash."""

    store: HistoryStore
    tick: int
    """Seconds."""
    longest: timedelta = timedelta(days=30)
    """The longest window asked for so far."""
    history: History = field(init=False)
    since: dict[str, int] = field(default_factory=dict, init=False)
    """By SLO id: the Unix second from which there is anything at all."""
    gaps: dict[str, tuple[int, int]] = field(default_factory=dict, init=False)
    """By SLO id: the span around everything that the store had nothing of when it was loaded."""

    def __post_init__(self) -> None:
        self.history = History(tick=self.tick, longest=self.longest)

    def load(self, *, now: datetime) -> None:
        """Take up what the store holds.

        Raises:
            Unavailable: the store can't be reached.
        """
        history = History(tick=self.tick, longest=self.longest)
        for span in history.spans(until=int(now.timestamp())):
            known = self.store.load(seconds=span.seconds, after=span.after, until=span.until)
            if known is not None and len(known.ends):
                history.append(known)
                self._remember(known)
                self.gaps |= gaps(known)
        self.history = history

    def fit(self, entries: Sequence[ServiceSlo], *, now: datetime) -> None:
        """Hold these SLOs, and as much of the past as their windows need."""
        longest = max((entry.slo.window.length for entry in entries), default=self.longest)
        if longest > self.longest:
            self.longest = longest
            self.load(now=now)
        ids = tuple(entry.id for entry in entries)
        if ids != self.history.slos:
            self.history.track(ids)

    def append(self, buckets: Buckets) -> None:
        """Keep buckets, and the coarser ones that they complete."""
        self._remember(buckets)
        for kept in self.history.append(buckets):
            worth = self._worth_keeping(kept)
            if len(worth.ends):
                self.store.save(worth)

    def prune(self, *, now: datetime) -> None:
        """Forget what no window needs any more; hours are kept for reports."""
        for span in self.history.spans(until=int(now.timestamp())):
            before = span.after if span.seconds < HOUR else int((now - HOURS_KEPT).timestamp())
            self.store.prune(seconds=span.seconds, before=before)

    def bad_events(self, slo: str, after: datetime, until: datetime) -> float:
        """Bad events counted in between, as exactly as the history still knows."""
        if slo not in self.history.slos:
            return 0.0
        start, end = int(after.timestamp()), int(until.timestamp())
        for span in reversed(self.history.spans(until=end)):
            if span.after <= start or span.seconds == HOUR:
                return float(self.history.series(slo, seconds=span.seconds, after=start, until=end).bad.sum())
        return 0.0

    def _remember(self, buckets: Buckets) -> None:
        seen = covered(buckets)
        for column in np.flatnonzero(seen.any(axis=0)):
            slo = buckets.slos[column]
            start = int(buckets.ends[seen[:, column].argmax()]) - buckets.seconds
            self.since[slo] = min(start, self.since.get(slo, start))

    def _worth_keeping(self, buckets: Buckets) -> Buckets:
        """Without fine buckets of a past that will only be looked at by the hour."""
        newest = self.history.newest or 0
        span = next(span for span in self.history.spans(until=newest) if span.seconds == buckets.seconds)
        return buckets if buckets.seconds == HOUR else rows_after(buckets, span.after)


def covered(buckets: Buckets) -> NDArray[np.bool_]:
    """(T, N) whether anything was seen."""
    return (buckets.measured + buckets.idle) > 0


def gaps(buckets: Buckets) -> dict[str, tuple[int, int]]:
    """By SLO id: the span from the first to the last bucket in which nothing was seen, after something was."""
    seen = covered(buckets)
    missing = np.logical_or.accumulate(seen, axis=0) & ~seen
    found = {}
    for column in np.flatnonzero(missing.any(axis=0)):
        ends = buckets.ends[missing[:, column]]
        found[buckets.slos[column]] = (int(ends[0]) - buckets.seconds, int(ends[-1]))
    return found


def rows_after(buckets: Buckets, after: int) -> Buckets:
    """The buckets that end later."""
    rows = buckets.ends > after
    fields = {name: getattr(buckets, name)[rows] for name in FIELDS}
    return replace(buckets, ends=buckets.ends[rows], **fields)


def without(buckets: Buckets, slos: Iterable[str]) -> Buckets:
    """The buckets of all other SLOs."""
    unwanted = set(slos)
    columns = np.array([slo not in unwanted for slo in buckets.slos], dtype=bool)
    fields = {name: getattr(buckets, name)[:, columns] for name in FIELDS}
    kept = tuple(slo for slo in buckets.slos if slo not in unwanted)
    return replace(buckets, slos=kept, **fields)
