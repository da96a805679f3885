"""A ring of consecutive buckets of one length, for many SLOs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from observatory.measurement.buckets import FIELDS, Buckets

TYPES: Mapping[str, type[np.float64 | np.uint16]] = {
    "bad": np.float64,
    "total": np.float64,
    "measured": np.uint16,
    "idle": np.uint16,
    "bad_ticks": np.uint16,
    "clumping": np.float64,
}
"""Seconds and ticks of a bucket of at most an hour fit into 16 bits; counts must stay exact up to 2^53."""


@dataclass(frozen=True, slots=True)
class Span:
    """Buckets of one length with after < end <= until, Unix seconds."""

    seconds: int
    after: int
    until: int


class Level:
    """The newest `rows` buckets of `seconds`, as (rows, N) arrays that are written round and round.

    A bucket that was never written is 0 in every field: nothing counted, nothing covered.
    """

    def __init__(self, *, seconds: int, rows: int, origin: int) -> None:
        self.seconds = seconds
        self.newest: int | None = None
        """End of the newest bucket; it may still be growing."""
        self._oldest: int | None = None
        """End of the oldest bucket that was ever put: rows that are no full round away from it are still clear."""
        self._rows = rows
        self._origin = origin
        self._tables: dict[str, NDArray[np.float64 | np.uint16]] = {
            name: np.zeros((rows, 0), dtype=dtype) for name, dtype in TYPES.items()
        }
        self._summed: dict[tuple[int, int], NDArray[np.float64]] = {}
        """What `sums` found, of spans in which nothing has changed since."""

    @property
    def nbytes(self) -> int:
        """Memory of the tables."""
        return sum(table.nbytes for table in self._tables.values())

    @property
    def reach(self) -> int:
        """Seconds that are held."""
        return self._rows * self.seconds

    @property
    def forgotten(self) -> int | None:
        """End of the newest bucket that is held no more."""
        return None if self.newest is None else self.newest - self.reach

    def floor(self, time: int) -> int:
        """The last boundary of a bucket at or before a time."""
        return time - (time - self._origin) % self.seconds

    def ceil(self, time: int) -> int:
        """The first boundary of a bucket at or after a time."""
        return time + (self._origin - time) % self.seconds

    def arrange(self, source: NDArray[np.intp]) -> None:
        """Lay out the columns anew; `source` (N,) says where each came from, -1 that it is new."""
        self._summed.clear()
        kept = np.flatnonzero(source >= 0)
        for name, table in self._tables.items():
            self._tables[name] = np.zeros((self._rows, len(source)), dtype=table.dtype)
            self._tables[name][:, kept] = table[:, source[kept]]

    def advance(self, newest: int) -> None:
        """Make room up to a bucket end; what falls off the other side is forgotten."""
        if self.newest is None:
            self.newest = newest
        if newest <= self.newest:
            return
        self._summed.clear()
        start = max(self.newest, newest - self.reach)
        self.newest = newest
        if self._oldest is None:
            return
        for rows in self._slices(max(start, self._oldest + self.reach - self.seconds), newest):
            for table in self._tables.values():
                table[rows] = 0

    def put(self, buckets: Buckets, columns: NDArray[np.intp]) -> None:
        """Replace cells by those of buckets, whose SLOs are in `columns` (N',). Forgotten ends are left out."""
        self._summed = {
            (after, until): sums
            for (after, until), sums in self._summed.items()
            if not ((buckets.ends > after) & (buckets.ends - self.seconds < until)).any()
        }
        held = buckets.ends > (0 if self.forgotten is None else self.forgotten)
        if held.any():
            first = int(buckets.ends[held][0])
            self._oldest = first if self._oldest is None else min(first, self._oldest)
        whole = bool(held.all())
        rows, among = _run(self._row(buckets.ends[held])), _run(columns)
        where = (rows, among) if isinstance(rows, slice) or isinstance(among, slice) else np.ix_(rows, among)
        for name, table in self._tables.items():
            values = getattr(buckets, name)
            table[where] = values if whole else values[held]

    def covered(self, ends: NDArray[np.int64]) -> NDArray[np.uint16]:
        """(T, N) seconds in which the series were there, at these ends, which are held."""
        rows = self._row(ends)
        return (self._tables["measured"][rows] + self._tables["idle"][rows]).astype(np.uint16, copy=False)

    def sum(self, name: str, after: int, until: int) -> NDArray[np.float64]:
        """(N,) sum of a field over the held buckets with after < end <= until."""
        table = self._tables[name]
        wide = np.float64 if table.dtype.kind == "f" else np.uint32
        total = np.zeros(table.shape[1], dtype=np.float64)
        if self.newest is not None and self.forgotten is not None:
            for rows in self._slices(max(after, self.forgotten), min(until, self.newest)):
                total += np.add.reduce(table[rows], axis=0, dtype=wide)
        return total

    def sums(self, after: int, until: int) -> NDArray[np.float64]:
        """(F, N) `sum` of every field, to be read only.

        Kept until something in the span changes, or there is a newer bucket: a minute later all windows but the shortest
        still have nearly all of their hours.
        """
        if (after, until) not in self._summed:
            self._summed[after, until] = np.array([self.sum(name, after, until) for name in FIELDS])
        return self._summed[after, until]

    def ends(self, after: int, until: int) -> NDArray[np.int64]:
        """The ends of the held buckets with after < end <= until."""
        if self.newest is None or self.forgotten is None:
            return np.empty(0, dtype=np.int64)
        first = self.ceil(max(after, self.forgotten) + 1)
        return np.arange(first, min(until, self.newest) + 1, self.seconds, dtype=np.int64)

    def column(self, name: str, column: int, ends: NDArray[np.int64]) -> NDArray[np.float64]:
        """(T,) a field of one SLO at these ends, which are held."""
        values: NDArray[np.float64] = self._tables[name][self._row(ends), column].astype(np.float64)
        return values

    def cells(self, name: str, columns: NDArray[np.intp], ends: NDArray[np.int64]) -> NDArray[np.float64]:
        """(T, N) a field at these ends of the SLOs in these columns (-1: none); 0 at ends that are not held."""
        found = np.zeros((len(ends), len(columns)), dtype=np.float64)
        if self.newest is not None and self.forgotten is not None:
            rows = np.flatnonzero((ends > self.forgotten) & (ends <= self.newest))
            known = np.flatnonzero(columns >= 0)
            found[np.ix_(rows, known)] = self._tables[name][np.ix_(self._row(ends[rows]), columns[known])]
        return found

    def _row(self, ends: NDArray[np.int64]) -> NDArray[np.int64]:
        return (ends - self._origin) // self.seconds % self._rows

    def _slices(self, after: int, until: int) -> Iterator[slice]:
        """The rows of the buckets with after < end <= until, in one or two runs."""
        first, last = self.ceil(after + 1), self.floor(until)
        if first > last:
            return
        start, stop = (int(row) for row in self._row(np.array([first, last])))
        if start <= stop:
            yield slice(start, stop + 1)
        else:
            yield slice(start, self._rows)
            yield slice(0, stop + 1)


def _run(positions: NDArray[np.int64] | NDArray[np.intp]) -> slice | NDArray[np.int64] | NDArray[np.intp]:
    """A slice where there are no gaps: assigning to one is several times as fast."""
    if len(positions) and bool((np.diff(positions) == 1).all()):
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return positions
