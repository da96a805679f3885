"""The history of every SLO in memory: append, roll up, sum over windows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from threading import RLock

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from observatory.errors import DefinitionError
from observatory.measurement.buckets import FIELDS, Buckets
from observatory.measurement.levels import Level, Span
from observatory.measurement.rollup import joined, roll_up, rows

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
        self._longest = longest
        self._newest: int | None = None
        self._slos: tuple[str, ...] = ()
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
        return sum(level.nbytes for level in self._levels)

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
            self._slos = tuple(slos)
            self._columns = {slo: column for column, slo in enumerate(slos)}

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
            unknown = [slo for slo in buckets.slos if slo not in self._columns]
            if unknown:
                self.track([*self._slos, *unknown])
            columns = np.array([self._columns[slo] for slo in buckets.slos], dtype=np.intp)
            kept: list[list[Buckets]] = [[] for _ in self._levels]
            for hour in self._hours(buckets):
                self._take(hour, columns, number=number, kept=kept)
            return [joined(parts) for parts in kept if parts]

    def sums(self, windows: Mapping[str, timedelta], *, now: int) -> pd.DataFrame:
        """Every field of every SLO, summed over rolling windows that end at `now` (rounded down to a tick).

        A window of up to 6 hours starts at a tick, up to 3 days at the 5-minute boundary at or before its start, a longer
        one at the hour.

        Returns:
            N rows, indexed by SLO id; columns (window label, field).

        Raises:
            DefinitionError: a window is longer than what is held.
        """
        with self._lock:
            until = self._levels[0].floor(now)
            table = np.empty((len(windows), len(FIELDS), len(self._slos)))
            for window, length in enumerate(windows.values()):
                start = self._start(length, until)
                pieces = list(self._pieces(start, until, number=len(self._levels) - 1))
                for number, name in enumerate(FIELDS):
                    table[window, number] = sum(level.sum(name, *span) for level, *span in pieces)
        columns = pd.MultiIndex.from_product([list(windows), list(FIELDS)], names=["window", "field"])
        return pd.DataFrame(
            table.reshape(len(columns), -1).T,
            index=pd.Index(self._slos, name="slo"),
            columns=columns,
            copy=False,
        )

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

    def _take(
        self, buckets: Buckets, columns: NDArray[np.intp], *, number: int, kept: Sequence[list[Buckets]]
    ) -> None:
        """Write buckets of one level, then the coarser ones that they are part of; add what is complete to `kept`."""
        self._newest = newest = max(int(buckets.ends[-1]), self._newest or 0)
        for level in self._levels:
            level.advance(level.ceil(newest))
        self._levels[number].put(buckets, columns)
        kept[number].append(buckets)
        for coarser in range(number + 1, len(self._levels)):
            buckets = roll_up(buckets, self._levels[coarser - 1], self._levels[coarser], columns)
            self._levels[coarser].put(buckets, columns)
            complete = buckets.ends <= newest
            if complete.any():
                kept[coarser].append(rows(buckets, complete))

    def _start(self, length: timedelta, until: int) -> int:
        if length > self._longest:
            raise DefinitionError(f"a window of {length}: only {self._longest} are held")
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
