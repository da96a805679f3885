"""The history in memory and in the store, kept alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from observatory.application.ports import HistoryStore
from observatory.application.steps import FIVE_MINUTES, HOUR
from observatory.catalog import Calendar, ServiceSlo, Window
from observatory.catalog.behaviours import KEPT, is_behaviour
from observatory.errors import ObservatoryError
from observatory.measurement import (
    Buckets,
    Coverage,
    History,
    Hours,
    Slices,
    aligned,
    better,
    coarser,
    rows_after,
    without,
)

HOURS_KEPT = timedelta(days=400)
_DAY = 24 * HOUR


@dataclass(slots=True)
class Recorder:
    """Every bucket goes through here, into memory and into the store.

    What the store did not take is forgotten again, so that the next tick asks for it once more: memory that is ahead
    of the store would be a gap after a crash. Safe to use from several threads.
    """

    store: HistoryStore
    tick: int
    """Seconds."""
    longest: timedelta = timedelta(days=30)
    """The longest window asked for so far."""
    history: History = field(init=False)
    since: dict[str, int] = field(default_factory=dict, init=False)
    """By SLO id: the Unix second from which there is anything at all."""
    gaps: Sequence[tuple[str, int, int]] = field(default=(), init=False)
    """SLO id, after, until: what the store had nothing of when it was loaded, though it had something before."""
    rewritten: int = field(default=0, init=False)
    """How often the past changed: by a fill, or by loading it anew."""
    _habits: Hours = field(default_factory=lambda: Hours(KEPT), init=False)
    """Of behaviours, which look back further than windows do."""
    _slices: Slices = field(init=False)
    _fitted: Sequence[ServiceSlo] | None = field(default=None, init=False)
    """What `fit` was given last, and what follows from it: at every tick they are the same."""
    _windows: frozenset[Window] = field(default=frozenset(), init=False)
    _behaviours: tuple[str, ...] = field(default=(), init=False)
    _tracked: tuple[str, ...] | None = field(default=None, init=False)
    """The columns of the history, when all of these were among them."""
    _begin: frozenset[int] = field(default=frozenset(), init=False)
    """Where calendar windows begin, Unix seconds."""
    _read_to: int = field(default=0, init=False)
    """From where to go on reading what others write to the store."""
    _ahead: bool = field(default=False, init=False)
    """Memory is not what the store holds, and is to be loaded anew."""
    _lock: RLock = field(default_factory=RLock, init=False)

    def __post_init__(self) -> None:
        self.history = History(tick=self.tick, longest=self.longest)
        self._slices = Slices((), tick=self.tick)

    @property
    def failures(self) -> Mapping[str, str]:
        """By SLO id: why it can't be judged, however well it is measured."""
        return self._slices.failures

    def load(self, *, now: datetime) -> None:
        """Take up what the store holds.

        Raises:
            Unavailable: the store can't be reached.
        """
        with self._lock:
            history = History(tick=self.tick, longest=self.longest)
            self._read_to, _ = self.store.news(after=None)
            found: list[tuple[str, int, int]] = []
            for span in history.spans(until=int(now.timestamp())):
                kept = self.store.parts(seconds=span.seconds, after=span.after, until=span.until)
                seen = history.restore(kept.parts, seconds=span.seconds, slos=kept.slos)
                self._remember_all(seen)
                found += seen.gaps()
            self.history, self.gaps, self._ahead = history, found, False
            self._habits = Hours(KEPT)
            self._open(self._begin)
            self.rewritten += 1

    def read_on(self, *, now: datetime) -> bool:
        """Take in what another process has written to the store since it was read last; False when that is nothing.

        Raises:
            Unavailable: the store can't be reached.
        """
        with self._lock:
            newest = self.history.newest
            if (
                newest is None or now.timestamp() - newest > HOUR
            ):  # ticks of hours that were missed make no hours
                return self._read_anew(now)
            self._read_to, written = self.store.news(after=self._read_to)
            for buckets in written:
                self._take(buckets)
                self._remember(buckets)
                self.rewritten += int(buckets.ends[0]) <= newest - HOUR
            return bool(written)

    def fit(self, entries: Sequence[ServiceSlo], *, now: datetime) -> None:
        """Hold at least these SLOs, and as much of the past as their windows need.

        One that left the catalog is still held: when it comes back, what Prometheus has forgotten is not lost.

        Raises:
            Unavailable: the store can't be reached.
        """
        with self._lock:
            if entries is not self._fitted:
                self._behaviours = tuple(entry.id for entry in entries if is_behaviour(entry))
                self._windows = frozenset(
                    window for entry in entries if not is_behaviour(entry) for window in entry.slo.windows
                )
                self._slices = Slices(entries, tick=self.tick)
                self._fitted, self._tracked = entries, None
            longest = max((window.longest for window in self._windows), default=self.longest)
            if longest > self.longest:
                self.longest, self._ahead = longest, True
            if self._ahead:
                self.load(now=now)
            if self.history.slos is not self._tracked:
                self._track([*(entry.id for entry in entries), *self._slices.columns])
                self._tracked = self.history.slos
            self._recall(self._behaviours, now=now)
            begin = beginnings(self._windows, now=now)
            if begin != self._begin:
                self._open(begin)

    def append(self, buckets: Buckets) -> None:
        """Keep buckets, and the coarser ones that they complete.

        Raises:
            Unavailable: the store can't be reached.
        """
        with self._lock:
            for part in self._slices.with_slices(buckets, self.history):
                self._keep(part)
                self._remember(part)

    def fill_in(self, ticks: Buckets, *, seconds: int) -> None:
        """Keep ticks of the past, as whole buckets of `seconds`; where more of one was seen in its time, that stays.

        Prometheus may have forgotten since what it knew.

        Raises:
            Unavailable: the store can't be reached.
        """
        with self._lock:
            if seconds == self.tick:
                ticks = better(self.history.held(ticks.slos, seconds=seconds, ends=ticks.ends), ticks)
            for part in self._slices.with_slices(ticks, self.history):
                buckets = coarser(part, seconds)
                self._keep(better(self._held(buckets), buckets))
                if seconds > FIVE_MINUTES:
                    self._keep_fine(coarser(part, FIVE_MINUTES))
                self._remember(part)
            self.rewritten += 1

    def prune(self, *, now: datetime) -> None:
        """Forget what no window needs any more; hours are kept for reports.

        Five minutes are kept as long as the longest window: what is left out of it need not begin on the hour.
        """
        kept = {FIVE_MINUTES: self.longest + timedelta(hours=1), HOUR: HOURS_KEPT}
        for span in self.history.spans(until=int(now.timestamp())):
            oldest = int((now - kept.get(span.seconds, timedelta())).timestamp())
            self.store.prune(seconds=span.seconds, before=min(span.after, oldest))

    def hours(self, slos: Sequence[str], *, ends: NDArray[np.int64]) -> Buckets:
        """The hours of behaviours with these ends, as far back as they are held against; 0 where nothing is known."""
        with self._lock:
            return self._habits.held(slos, ends=ends)

    def bad_events(self, slo: str, after: datetime, until: datetime) -> float:
        """Bad events counted in between, as exactly as the history still knows."""
        if slo not in self.history.slos:
            return 0.0
        start, end = int(after.timestamp()), int(until.timestamp())
        spans = self.history.spans(until=end)
        finest = next((span for span in reversed(spans) if span.after <= start), spans[0])
        return float(self.history.series(slo, seconds=finest.seconds, after=start, until=end).bad.sum())

    def _track(self, columns: Sequence[str]) -> None:
        known = set(self.history.slos)
        if new := [column for column in columns if column not in known]:
            self.history.track([*self.history.slos, *new])

    def _read_anew(self, now: datetime) -> bool:
        written_to, _ = self.store.news(after=None)
        if written_to == self._read_to:
            return False
        self.load(now=now)
        return True

    def _keep(self, buckets: Buckets) -> None:
        try:
            for kept in self._take(buckets):
                worth = self._worth_keeping(kept)
                if len(worth.ends):
                    self.store.save(worth)
        except ObservatoryError:
            self._ahead = True
            raise

    def _take(self, buckets: Buckets) -> Sequence[Buckets]:
        """Into memory; what of it to keep for good."""
        kept = self.history.append(buckets)
        for part in kept:
            if part.seconds == HOUR:
                self._habits.put(part)
        return kept

    def _held(self, like: Buckets) -> Buckets:
        """What memory knows of these buckets."""
        known = self.history.held(like.slos, seconds=like.seconds, ends=like.ends)
        if like.seconds != HOUR:
            return known
        return better(known, self._habits.held(like.slos, ends=like.ends))

    def _recall(self, behaviours: tuple[str, ...], *, now: datetime) -> None:
        """Hold the hours of these: those that windows reach are in memory, those before in the store."""
        if behaviours == self._habits.slos:
            return
        self._habits.track(behaviours)
        last = -(-int(now.timestamp()) // HOUR) * HOUR
        first = last - int(self._habits.length.total_seconds()) - HOUR
        ends = np.arange(first + HOUR, last + 1, HOUR, dtype=np.int64)
        self._habits.put(self.history.held(behaviours, seconds=HOUR, ends=ends))
        border = next(span.after for span in self.history.spans(until=last) if span.seconds == HOUR)
        for after in range(first, border, _DAY):  # a day at a time: the store has every SLO's
            older = self.store.load(seconds=HOUR, after=after, until=min(after + _DAY, border))
            if older is not None:
                self._habits.put(older)

    def _keep_fine(self, buckets: Buckets) -> None:
        """Into the store alone: memory has no room for them, and only what is left out of a window asks for them."""
        after, until = int(buckets.ends[0]) - FIVE_MINUTES, int(buckets.ends[-1])
        known = self.store.load(seconds=FIVE_MINUTES, after=after, until=until)
        if known is not None:
            buckets = better(aligned(known, buckets), buckets)
        self.store.save(buckets)
        self.history.recall(buckets)

    def _open(self, begin: frozenset[int]) -> None:
        """Let windows begin there; what memory no longer holds in such detail, the store does."""
        for after, until in self.history.begin_at(begin):
            fine = self.store.load(seconds=FIVE_MINUTES, after=after, until=until)
            if fine is not None:
                self.history.recall(fine)
        self._begin = begin

    def _remember(self, buckets: Buckets) -> None:
        if len(buckets.ends):
            begins = int(buckets.ends[0]) - buckets.seconds
            seen_before = [slo for slo in buckets.slos if self.since.get(slo, begins + 1) <= begins]
            self._remember_all(Coverage.of(without(buckets, seen_before)))

    def _remember_all(self, seen: Coverage) -> None:
        for slo, start in seen.first_seen().items():
            self.since[slo] = min(start, self.since.get(slo, start))

    def _worth_keeping(self, buckets: Buckets) -> Buckets:
        """Without fine buckets of a past that will only be looked at by the hour."""
        newest = self.history.newest or 0
        span = next(span for span in self.history.spans(until=newest) if span.seconds == buckets.seconds)
        return rows_after(buckets, span.after) if buckets.seconds < FIVE_MINUTES else buckets


def beginnings(windows: Iterable[timedelta | Window], *, now: datetime) -> frozenset[int]:
    """Where the calendar windows of this moment begin and end, and those of yesterday: ticks lag behind the clock."""
    around = [
        window.period(moment)
        for window in windows
        if isinstance(window, Calendar)
        for moment in (now - timedelta(days=1), now)
    ]
    return frozenset(int(moment.timestamp()) for one in around for moment in (one.starts, one.ends))
