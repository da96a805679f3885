"""The history in memory and in the store, kept alike."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock

from observatory.application.ports import HistoryStore
from observatory.application.steps import HOUR
from observatory.catalog import ServiceSlo
from observatory.errors import ObservatoryError
from observatory.measurement import Buckets, History, better, coarser, first_seen, gaps, rows_after

HOURS_KEPT = timedelta(days=400)


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
    _read_to: int = field(default=0, init=False)
    """From where to go on reading what others write to the store."""
    _ahead: bool = field(default=False, init=False)
    """Memory holds something that the store does not."""
    _lock: RLock = field(default_factory=RLock, init=False)

    def __post_init__(self) -> None:
        self.history = History(tick=self.tick, longest=self.longest)

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
                known = self.store.load(seconds=span.seconds, after=span.after, until=span.until)
                if known is not None and len(known.ends):
                    history.append(known)
                    self._remember(known)
                    found += gaps(known)
            self.history, self.gaps, self._ahead = history, found, False
            self.rewritten += 1

    def read_on(self, *, now: datetime) -> None:
        """Take in what another process has written to the store since it was read last.

        Raises:
            Unavailable: the store can't be reached.
        """
        with self._lock:
            newest = self.history.newest
            if (
                newest is None or now.timestamp() - newest > HOUR
            ):  # ticks of hours that were missed make no hours
                self.load(now=now)
                return
            self._read_to, written = self.store.news(after=self._read_to)
            for buckets in written:
                self.history.append(buckets)
                self._remember(buckets)
                self.rewritten += int(buckets.ends[0]) <= newest - HOUR

    def fit(self, entries: Sequence[ServiceSlo], *, now: datetime) -> None:
        """Hold at least these SLOs, and as much of the past as their windows need.

        One that left the catalog is still held: when it comes back, what Prometheus has forgotten is not lost.

        Raises:
            Unavailable: the store can't be reached.
        """
        longest = max((entry.slo.window.length for entry in entries), default=self.longest)
        with self._lock:
            if longest > self.longest or self._ahead:
                self.longest = max(longest, self.longest)
                self.load(now=now)
            known = set(self.history.slos)
            if new := [entry.id for entry in entries if entry.id not in known]:
                self.history.track([*self.history.slos, *new])

    def append(self, buckets: Buckets) -> None:
        """Keep buckets, and the coarser ones that they complete.

        Raises:
            Unavailable: the store can't be reached.
        """
        with self._lock:
            self._keep(buckets)
            self._remember(buckets)

    def fill_in(self, ticks: Buckets, *, seconds: int) -> None:
        """Keep ticks of the past, as whole buckets of `seconds`; where more of one was seen in its time, that stays.

        Prometheus may have forgotten since what it knew.

        Raises:
            Unavailable: the store can't be reached.
        """
        buckets = coarser(ticks, seconds)
        with self._lock:
            known = self.history.held(buckets.slos, seconds=seconds, ends=buckets.ends)
            self._keep(better(known, buckets))
            self._remember(ticks)
            self.rewritten += 1

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
        spans = self.history.spans(until=end)
        finest = next((span for span in reversed(spans) if span.after <= start), spans[0])
        return float(self.history.series(slo, seconds=finest.seconds, after=start, until=end).bad.sum())

    def _keep(self, buckets: Buckets) -> None:
        try:
            for kept in self.history.append(buckets):
                worth = self._worth_keeping(kept)
                if len(worth.ends):
                    self.store.save(worth)
        except ObservatoryError:
            self._ahead = True
            raise

    def _remember(self, buckets: Buckets) -> None:
        for slo, start in first_seen(buckets).items():
            self.since[slo] = min(start, self.since.get(slo, start))

    def _worth_keeping(self, buckets: Buckets) -> Buckets:
        """Without fine buckets of a past that will only be looked at by the hour."""
        newest = self.history.newest or 0
        span = next(span for span in self.history.spans(until=newest) if span.seconds == buckets.seconds)
        return buckets if buckets.seconds == HOUR else rows_after(buckets, span.after)
