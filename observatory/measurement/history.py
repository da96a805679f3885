"""The history of every SLO in memory: append, roll up, sum over windows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import RLock

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from observatory.catalog import Calendar
from observatory.errors import DefinitionError
from observatory.measurement.buckets import FIELDS, Buckets
from observatory.measurement.coverage import Coverage
from observatory.measurement.levels import Level, Span
from observatory.measurement.openings import Openings, divides
from observatory.measurement.rollup import joined, roll_up, rows, summed

HOUR = 3600
FIVE_MINUTES = 300
EXACT = timedelta(hours=6)
"""Windows up to this start at a tick."""
NEAR = timedelta(days=3)
"""Windows up to this start at a 5-minute boundary, longer ones at an hour."""


class History:
    """Buckets of one tick, of 5 minutes and of an hour, as long as the windows need them.

    A coarser bucket is always the sum of its finer ones. Bucket boundaries lie at `origin` plus whole multiples of
    their length; with `origin` at the moment of interest, every window that ends there is exact. Safe to use
    from several threads.
    """

    def __init__(self, *, tick: int, longest: timedelta = timedelta(days=30), origin: int = 0) -> None:
        """An empty history.

        Args:
            tick: seconds, a divisor of 300.
            longest: the longest window that `sums` will be asked for.
            origin: Unix seconds.
        """
        if tick < 1 or FIVE_MINUTES % tick:
            raise DefinitionError(f"a tick of {tick} s: it must divide {FIVE_MINUTES} s, as 60 does")
        # An hour more than the window, so that an hour can be summed anew from what it consists of.
        spans = {tick: EXACT, FIVE_MINUTES: NEAR, HOUR: max(longest, NEAR) + timedelta(hours=1)}
        self._levels = [
            Level(
                seconds=seconds,
                rows=int((span + timedelta(hours=1)).total_seconds()) // seconds,
                origin=origin,
            )
            for seconds, span in spans.items()
        ]
        self._openings = Openings()
        self._longest = longest
        self._newest: int | None = None
        self._slos: tuple[str, ...] = ()
        self._index: pd.Index[str] = pd.Index((), dtype=str, name="slo")
        self._columns: dict[str, int] = {}
        self._lock = RLock()

    @property
    def slos(self) -> tuple[str, ...]:
        """The ids, in the order of every table."""
        return self._slos

    @property
    def newest(self) -> int | None:
        """End of the newest bucket."""
        return self._newest

    @property
    def nbytes(self) -> int:
        """Memory of the tables."""
        return sum(level.nbytes for level in self._levels) + self._openings.nbytes

    def spans(self, *, until: int) -> Sequence[Span]:
        """What to load into an empty history to go on at `until`; append them in this order, coarsest first."""
        hour = self._levels[-1]
        return [
            Span(level.seconds, hour.floor(until - level.reach + HOUR), until)
            for level in reversed(self._levels)
        ]

    def track(self, slos: Sequence[str]) -> None:
        """Hold exactly these SLOs, in this order: new ones are empty, others are forgotten."""
        with self._lock:
            source = np.array([self._columns.get(slo, -1) for slo in slos], dtype=np.intp)
            for level in self._levels:
                level.arrange(source)
            self._openings.arrange(source)
            self._slos = tuple(slos)
            self._index = pd.Index(self._slos, dtype=str, name="slo")
            self._columns = {slo: column for column, slo in enumerate(slos)}

    def begin_at(self, moments: Iterable[int]) -> Sequence[tuple[int, int]]:
        """Let windows begin at exactly these moments (Unix seconds), however old they grow, and at no others.

        Returns:
            Beginning and end of the pieces of hours that are held no more: they count as nothing until `recall` has them.
        """
        with self._lock:
            columns = np.arange(len(self._slos), dtype=np.intp)
            unknown = []
            for start, piece in self._openings.hold(moments, hour=self._levels[-1], slos=len(self._slos)):
                fine = [level for level in self._levels[:-1] if divides(level, piece, start)]
                held = [level for level in fine if level.forgotten is not None and level.forgotten <= start]
                end = start + piece.seconds
                if held:
                    fields = {name: held[-1].sum(name, start, end)[None, :] for name in FIELDS}
                    piece.put(Buckets(piece.seconds, np.array([end]), self._slos, **fields), columns)
                else:
                    unknown.append((start, end))
            return unknown

    def recall(self, fine: Buckets) -> None:
        """Take from buckets shorter than an hour, which needn't be held any more, what lies where windows begin."""
        with self._lock:
            level = self._levels[self._number(fine.seconds)]
            self._openings.take(fine, level, self._columns_of(fine.slos))

    def append(self, buckets: Buckets) -> Sequence[Buckets]:
        """Take in buckets of one of the three lengths, and say what to keep for good.

        A bucket that is there already is replaced, and so are the coarser ones it is part of. SLOs not known yet
        are added. Buckets older than their length is held for are only rolled up, for which they must come in
        whole coarser buckets (a backfill goes in steps of whole hours).

        Returns:
            The buckets themselves and every coarser one that they completed or changed.

        Raises:
            DefinitionError: their length is not one of the three, or they do not lie on the boundaries.
        """
        with self._lock:
            number = self._check(buckets)
            columns = self._columns_of(buckets.slos)
            kept: list[list[Buckets]] = [[] for _ in self._levels]
            for hour in self._hours(buckets):
                self._take(hour, columns, number=number, kept=kept)
            return [joined(parts) for parts in kept if parts]

    def restore(self, parts: Iterable[Buckets], *, seconds: int, slos: Sequence[str]) -> Coverage:
        """Take in all that was kept of one length, as `append` would, but at once; the coarsest length first.

        Args:
            parts: a cell that comes twice counts as it came last.
            seconds: the length of all these buckets.
            slos: those of all parts.

        Returns:
            What of them was seen.

        Raises:
            DefinitionError: as `append`.
        """
        with self._lock:
            number, edges = self._number(seconds), list[int]()
            level = self._levels[number]
            self._columns_of(slos)
            for part in parts:
                self._check(part)
                self._advance(int(part.ends[-1]))
                level.put(part, self._columns_of(part.slos))
                edges += part.ends[[0, -1]].tolist()
            held = level.ends(min(edges) - 1, max(edges)) if edges else np.empty(0, dtype=np.int64)
            seen = Coverage(seconds, held, self._slos, level.covered(held))
            for fine, coarse in pairwise(self._levels[number:]):
                if len(held):
                    held = np.unique([coarse.ceil(int(end)) for end in held])
                    coarse.put(summed(fine, coarse, held, self._slos), np.arange(len(self._slos)))
            return seen

    def sums(self, windows: Mapping[str, timedelta | Calendar], *, now: int) -> pd.DataFrame:
        """Every field of every SLO, summed over windows that end at `now` (rounded down to a tick).

        A rolling window of up to 6 hours starts at a tick, up to 3 days at the 5-minute boundary at or before its start, a
        longer one at the hour. A calendar window starts where it begins, if `begin_at` was told of it or it begins with
        an hour.

        Returns:
            N rows, indexed by SLO id; columns (window label, field).

        Raises:
            DefinitionError: a window is longer than what is held.
        """
        with self._lock:
            until = self._levels[0].floor(now)
            table = np.zeros((len(windows), len(FIELDS), len(self._slos)))
            for number, window in enumerate(windows.values()):
                for level, *span in self._spans(window, until):
                    table[number] += level.sums(*span)
        columns = pd.MultiIndex.from_product([list(windows), list(FIELDS)], names=["window", "field"])
        return pd.DataFrame(
            table.reshape(len(columns), -1).T,
            index=self._index,
            columns=columns,
            copy=False,
        )

    def start(self, length: timedelta, *, now: int) -> int:
        """Where a rolling window that ends at `now` begins, on the boundary that `sums` takes.

        Raises:
            DefinitionError: it is longer than what is held.
        """
        return self._start(length, self._levels[0].floor(now))

    def pieces(self, after: int, until: int) -> Sequence[Span]:
        """A span in as few buckets as possible, as `sums` takes it apart; of each length the piece and its edges.

        What is older than the buckets of a length are held for is not held any more: see `spans`.
        """
        found = self._pieces(after, until, number=len(self._levels) - 1)
        return [Span(level.seconds, start, end) for level, start, end in found]

    def series(self, slo: str, *, seconds: int, after: int, until: int) -> Buckets:
        """The buckets of one SLO that are held, with after < end <= until; the newest may still grow.

        Raises:
            DefinitionError: no bucket is `seconds` long, or the SLO is not known.
        """
        with self._lock:
            level = self._levels[self._number(seconds)]
            if slo not in self._columns:
                raise DefinitionError(f"no history of {slo}")
            ends = level.ends(after, until)
            fields = {name: level.column(name, self._columns[slo], ends)[:, None] for name in FIELDS}
        return Buckets(seconds=seconds, ends=ends, slos=(slo,), **fields)

    def held(self, slos: Sequence[str], *, seconds: int, ends: NDArray[np.int64]) -> Buckets:
        """What is known of these SLOs in the buckets with these ends; 0 where nothing is held.

        Raises:
            DefinitionError: no bucket is `seconds` long.
        """
        with self._lock:
            level = self._levels[self._number(seconds)]
            columns = np.array([self._columns.get(slo, -1) for slo in slos], dtype=np.intp)
            fields = {name: level.cells(name, columns, ends) for name in FIELDS}
        return Buckets(seconds=seconds, ends=ends, slos=tuple(slos), **fields)

    def _columns_of(self, slos: Sequence[str]) -> NDArray[np.intp]:
        """Where these SLOs are; those not known yet are added."""
        if slos == self._slos:
            return np.arange(len(slos), dtype=np.intp)
        unknown = [slo for slo in slos if slo not in self._columns]
        if unknown:
            self.track([*self._slos, *unknown])
        return np.array([self._columns[slo] for slo in slos], dtype=np.intp)

    def _number(self, seconds: int) -> int:
        lengths = [level.seconds for level in self._levels]
        if seconds not in lengths:
            raise DefinitionError(
                f"buckets of {seconds} s: there are those of {', '.join(map(str, lengths))} s"
            )
        return lengths.index(seconds)

    def _check(self, buckets: Buckets) -> int:
        number = self._number(buckets.seconds)
        for end in buckets.ends[[0, -1]] if len(buckets.ends) else ():
            if self._levels[number].floor(int(end)) != end:
                raise DefinitionError(
                    f"a bucket of {buckets.seconds} s ends at {end}, which is no boundary of them"
                )
        return number

    def _hours(self, buckets: Buckets) -> Iterator[Buckets]:
        """The buckets hour by hour: so what an hour consists of is always still held when it is summed."""
        hours = [self._levels[-1].ceil(int(end)) for end in buckets.ends]
        cuts = [row for row in range(len(hours)) if row == 0 or hours[row] != hours[row - 1]]
        for start, stop in pairwise([*cuts, len(hours)]):
            yield rows(buckets, slice(start, stop))

    def _advance(self, end: int) -> int:
        """Make room for a bucket that ends here; returns the end of the newest."""
        self._newest = newest = max(end, self._newest or 0)
        for level in self._levels:
            level.advance(level.ceil(newest))
        return newest

    def _take(
        self, buckets: Buckets, columns: NDArray[np.intp], *, number: int, kept: Sequence[list[Buckets]]
    ) -> None:
        """Write buckets of one level, then the coarser ones that they are part of; add what is complete to `kept`."""
        newest = self._advance(int(buckets.ends[-1]))
        self._levels[number].put(buckets, columns)
        kept[number].append(buckets)
        for coarser in range(number + 1, len(self._levels)):
            self._openings.take(buckets, self._levels[coarser - 1], columns)
            buckets = roll_up(buckets, self._levels[coarser - 1], self._levels[coarser], columns)
            self._levels[coarser].put(buckets, columns)
            complete = buckets.ends <= newest
            if complete.any():
                kept[coarser].append(rows(buckets, complete))

    def _spans(self, window: timedelta | Calendar, until: int) -> Iterator[tuple[Level, int, int]]:
        """What a window consists of, coarsest first."""
        top = len(self._levels) - 1
        if not isinstance(window, Calendar):
            yield from self._pieces(self._start(window, until), until, number=top)
            return
        start = int(window.period(datetime.fromtimestamp(until, UTC)).starts.timestamp())
        self._check_held(timedelta(seconds=until - start))
        first, opening = self._levels[-1].ceil(start), self._openings.at(start)
        if opening is not None and first <= until:
            yield opening, start, first
            start = first
        yield from self._pieces(start, until, number=top)

    def _check_held(self, length: timedelta) -> None:
        if length > self._longest:
            raise DefinitionError(f"a window of {length}: only {self._longest} are held")

    def _start(self, length: timedelta, until: int) -> int:
        self._check_held(length)
        coarsest = 0 if length <= EXACT else FIVE_MINUTES if length <= NEAR else HOUR
        level = next(level for level in self._levels if level.seconds >= coarsest)
        return level.floor(until - int(length.total_seconds()))

    def _pieces(self, after: int, until: int, *, number: int) -> Iterator[tuple[Level, int, int]]:
        """A span in as few buckets as possible: coarse ones inside, finer ones at the edges."""
        level = self._levels[number]
        first, last = (after, until) if number == 0 else (level.ceil(after), level.floor(until))
        if first < last:
            yield level, first, last
        if number == 0:
            return
        if first >= last:
            yield from self._pieces(after, until, number=number - 1)
        else:
            yield from self._pieces(after, first, number=number - 1)
            yield from self._pieces(last, until, number=number - 1)
