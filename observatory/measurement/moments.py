"""Window sums at many moments of the past at once: what `History.sums` says as time goes by, by differences of running sums."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from observatory.catalog import Calendar
from observatory.measurement.buckets import FIELDS, Buckets
from observatory.measurement.history import EXACT, FIVE_MINUTES, HOUR, NEAR

Ends = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RunningSums:
    """One column's fields, summed from the beginning of a span to the end of each of its ticks."""

    column: str
    """Whose counts they are (`ServiceSlo.column`)."""
    after: int
    """Where the span begins, Unix seconds."""
    tick: int
    """Seconds."""
    sums: Mapping[str, NDArray[np.float64]]
    """By field: (T + 1,), the first 0. Counts of events are whole numbers, so their differences are exact."""

    @classmethod
    def of(cls, column: str, parts: Iterable[Buckets], *, after: int, until: int, tick: int) -> "RunningSums":
        """The sums of one column from `after` to `until`, both on ticks.

        Args:
            column: its name.
            parts: what was counted, no time in two of them; in what is missing nothing was seen. Buckets of an hour may stand
                for ticks that are only looked at by the hour: each counts at its own end.
            after: Unix seconds.
            until: Unix seconds.
            tick: seconds.
        """
        counted = {name: np.zeros((until - after) // tick + 1) for name in FIELDS}
        for part in parts:
            if column not in part.slos:
                continue
            rows = (part.ends > after) & (part.ends <= until)
            at, place = (part.ends[rows] - after) // tick, part.slos.index(column)
            for name, cells in counted.items():
                cells[at] += getattr(part, name)[rows, place]
        return cls(column, after, tick, {name: cells.cumsum() for name, cells in counted.items()})

    @property
    def since(self) -> int | None:
        """From when anything was seen, Unix seconds."""
        seen = (self.sums["measured"] + self.sums["idle"]) > 0
        return self.after + (int(seen.argmax()) - 1) * self.tick if seen.any() else None

    def hours(self, ends: Ends) -> Buckets:
        """The buckets of an hour with these ends."""
        fields = {name: self.between(name, ends - HOUR, ends)[:, None] for name in FIELDS}
        return Buckets(seconds=HOUR, ends=ends, slos=(self.column,), **fields)

    def between(self, name: str, starts: Ends, ends: Ends) -> NDArray[np.float64]:
        """One field over spans (start, end], which are cut off where the sums begin."""
        sums = self.sums[name]
        return np.asarray(sums[self._row(ends)] - sums[self._row(starts)])

    def windows(self, windows: Mapping[str, timedelta | Calendar], ends: Ends) -> pd.DataFrame:
        """Every field over windows that end at `ends` (ticks, ascending), as `History.sums` has it.

        Returns:
            One row a moment, indexed by its end; columns (window label, field).
        """
        columns: dict[tuple[str, str], NDArray[np.float64]] = {}
        for label, window in windows.items():
            starts = self.starts(window, ends)
            columns |= {(label, name): self.between(name, starts, ends) for name in FIELDS}
        return pd.DataFrame(columns, index=pd.Index(ends, name="end"), copy=False)

    def starts(self, window: timedelta | Calendar, ends: Ends) -> Ends:
        """Where the windows that end at these moments begin, as `windows` takes them."""
        return self._beginnings(window, ends) if isinstance(window, Calendar) else self._starts(window, ends)

    def _row(self, times: Ends) -> NDArray[np.int64]:
        return np.maximum((times - self.after) // self.tick, 0)

    def _starts(self, length: timedelta, ends: Ends) -> Ends:
        """Where rolling windows begin: at a tick, at five minutes, or at an hour, the longer the coarser."""
        coarsest = self.tick if length <= EXACT else FIVE_MINUTES if length <= NEAR else HOUR
        starts = ends - int(length.total_seconds())
        return np.asarray(starts - starts % max(self.tick, coarsest))

    def _beginnings(self, window: Calendar, ends: Ends) -> Ends:
        """Where the calendar windows begin that are under way."""
        starts = np.empty_like(ends)
        row = 0
        while row < len(ends):
            period = window.period(datetime.fromtimestamp(int(ends[row]), UTC))
            stop = int(np.searchsorted(ends, int(period.ends.timestamp()), side="right"))
            starts[row:stop] = int(period.starts.timestamp())
            row = stop
        return starts
