"""Events tick by tick to slices of time, for SLOs whose budget is a time.

Slices are counted as events are: a column of its own, in which a slice is one event in the tick that it ends with, bad
or good as a whole or in part. So everything that is made of counts is made of slices in the same way.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from observatory.catalog import InSlices, RatioTimeslices, ServiceSlo
from observatory.catalog.durations import duration_text
from observatory.measurement.buckets import FIELDS, Buckets
from observatory.measurement.history import History
from observatory.measurement.rollup import rows
from observatory.measurement.selecting import covered

Floats = NDArray[np.float64]
_NOISE = 1e-12
"""Less than two different ratios of counts can be apart; minutes of a gauge are no whole numbers."""


class _Column(NamedTuple):
    """A column of slices, and whose events they are made of."""

    slo: str
    name: str
    allowed: float | None
    """The share of a slice's events that may be bad; None: a slice is as bad as its events are."""


class Slices:
    """The columns of slices that some SLOs need."""

    def __init__(self, entries: Sequence[ServiceSlo], *, tick: int) -> None:
        """For these SLOs, of which most need none; `tick` in seconds."""
        self._tick = tick
        self._columns: dict[int, list[_Column]] = defaultdict(list)
        """By the length of a slice, seconds."""
        failures = {}
        for entry in entries:
            method = entry.slo.method
            if not isinstance(method, InSlices):
                continue
            seconds = int(method.slice.total_seconds())
            if seconds % tick:
                length = duration_text(method.slice)
                failures[entry.id] = (
                    f"its slices of {length} are no whole number of ticks, which are {tick} s"
                )
            else:
                allowed = None if isinstance(method, RatioTimeslices) else float(method.allowed)
                self._columns[seconds].append(_Column(entry.id, entry.column, allowed))
        self.failures: Mapping[str, str] = failures
        """By SLO id: why it has no slices."""

    @property
    def columns(self) -> Sequence[str]:
        """Their names."""
        return [column.name for every in self._columns.values() for column in every]

    def with_slices(self, ticks: Buckets, history: History) -> Iterator[Buckets]:
        """The ticks, and beside them the slices of their SLOs; then slices that end after the last of these ticks.

        A slice is summed from these ticks, and where it has more from those that `history` holds. It counts when it is
        over, and is judged by what was seen of it: good when that is no event at all, missing when nothing was seen.
        """
        known = set(ticks.slos)
        later: list[Buckets] = []
        beside = [ticks]
        for seconds, every in self._columns.items():
            columns = [column for column in every if column.slo in known]
            if columns and len(ticks.ends):
                found = self._slices(ticks, columns, history, seconds=seconds)
                after = found.ends > ticks.ends[-1]
                beside.append(rows(found, ~after))
                later += [rows(found, after)] if after.any() else []
        yield _beside(beside)
        yield from later

    def _slices(
        self, ticks: Buckets, columns: Sequence[_Column], history: History, *, seconds: int
    ) -> Buckets:
        """From the first of these ticks to the end of the slice that the last lies in, or to the newest tick."""
        first, last = int(ticks.ends[0]), int(ticks.ends[-1])
        start = (first - self._tick) // seconds * seconds
        end = max(last, min(-(-last // seconds) * seconds, history.newest or last))
        whole = _between(ticks, [column.slo for column in columns], history, after=start, until=end)
        slices = _cut(whole, seconds, np.array([np.nan if c.allowed is None else c.allowed for c in columns]))
        named = Buckets(
            slices.seconds, slices.ends, tuple(column.name for column in columns), **_fields(slices)
        )
        return rows(named, named.ends >= first)


def _between(ticks: Buckets, slos: Sequence[str], history: History, *, after: int, until: int) -> Buckets:
    """Ticks of these SLOs with after < end <= until: those given, and around them those that are held."""
    ends = np.arange(after + ticks.seconds, until + 1, ticks.seconds, dtype=np.int64)
    held = history.held(slos, seconds=ticks.seconds, ends=ends)
    places = {slo: place for place, slo in enumerate(ticks.slos)}
    columns = np.array([places[slo] for slo in slos], dtype=np.intp)
    at = np.searchsorted(ends, ticks.ends)
    tables = _fields(held)
    for name, table in tables.items():
        table[at] = getattr(ticks, name)[:, columns]
    return Buckets(ticks.seconds, ends, tuple(slos), **tables)


def _cut(ticks: Buckets, seconds: int, allowed: Floats) -> Buckets:
    """Ticks (T, N), the first of which begins a slice, to slices, each in the tick that it ends with.

    Args:
        ticks: what was counted.
        seconds: the length of a slice.
        allowed: (N,) the share of a slice's events that may be bad; NaN: a slice is as bad as its events are.
    """
    each = seconds // ticks.seconds
    over = np.arange(each - 1, len(ticks.ends), each)
    shape = (len(over), each, len(ticks.slos))
    bad, total, seen = (
        table[: len(over) * each].reshape(shape).sum(axis=1)
        for table in (ticks.bad, ticks.total, covered(ticks))
    )
    loss = np.minimum(np.divide(bad, total, out=np.zeros_like(bad), where=total > 0), 1)
    spent = np.where(np.isnan(allowed), loss, loss > np.nan_to_num(allowed) + _NOISE)
    counted = {"total": (total > 0) | (seen > 0), "bad": spent, "bad_ticks": spent > 0, "clumping": spent**2}
    tables = {name: np.zeros(ticks.bad.shape) for name in counted}
    for name, table in tables.items():
        table[over] = counted[name]
    return Buckets(ticks.seconds, ticks.ends, ticks.slos, measured=ticks.measured, idle=ticks.idle, **tables)


def _beside(tables: Sequence[Buckets]) -> Buckets:
    """Tables of the same ticks as one."""
    if len(tables) == 1:
        return tables[0]
    fields = {name: np.concatenate([getattr(table, name) for table in tables], axis=1) for name in FIELDS}
    slos = tuple(slo for table in tables for slo in table.slos)
    return Buckets(tables[0].seconds, tables[0].ends, slos, **fields)


def _fields(buckets: Buckets) -> dict[str, Floats]:
    return {name: getattr(buckets, name) for name in FIELDS}
