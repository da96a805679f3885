"""What was counted in the times that are left out, summed while a past goes by that nobody keeps."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from observatory.application.events.exclusions import Windows, window_starts
from observatory.application.steps import HOUR
from observatory.catalog import ServiceSlo
from observatory.evaluation.exclusions import Counted, Exclusion, WindowSums, leave_out
from observatory.measurement import FIELDS, Buckets, History


class LeftOutTicks:
    """Takes ticks as they are measured, in any order, each once."""

    def __init__(self, entries: Sequence[ServiceSlo], found: Iterable[Exclusion]) -> None:
        granted = {one.slo: one.spans for one in found if not one.refused}
        self._spans = {
            column: granted[entry.id]
            for entry in entries
            if entry.id in granted
            for column in (entry.id, entry.column)
        }
        self._taken: dict[str, list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = {}

    def take(self, buckets: Buckets) -> None:
        """Remember of these ticks what lies in a time that is left out."""
        for column, slo in enumerate(buckets.slos):
            for after, until in self._spans.get(slo, ()):
                rows = (buckets.ends > after) & (buckets.ends <= until)
                if rows.any():
                    cells = np.array([getattr(buckets, name)[rows, column] for name in FIELDS])
                    self._taken.setdefault(slo, []).append((buckets.ends[rows], cells))

    def of_hours(
        self, column: str, ends: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(T,) bad and all events of the hours with these ends that are left out."""
        out = np.zeros((2, len(ends)))
        for taken, cells in self._taken.get(column, ()):
            rows = np.searchsorted(ends, taken)
            held = (rows < len(ends)) & (taken > ends[0] - HOUR)
            for number, name in enumerate(("bad", "total")):
                np.add.at(out[number], rows[held], cells[FIELDS.index(name), held])
        return out[0], out[1]

    def without(self, sums: WindowSums, windows: Windows, history: History, *, at: int) -> WindowSums:
        """The sums without all that."""
        columns = [column for column in self._spans if column in sums.index]
        if not columns:
            return sums
        starts = window_starts(windows, history, at=at)
        counted = np.array(
            [[self._counted(column, start) for start in starts.values()] for column in columns]
        )
        seconds = np.array(
            [[self._seconds(column, start) for start in starts.values()] for column in columns]
        )
        return leave_out(sums, Counted(columns, tuple(starts), counted, seconds))

    def _counted(self, column: str, start: int) -> NDArray[np.float64]:
        found = np.zeros(len(FIELDS))
        for ends, cells in self._taken.get(column, ()):
            found += cells[:, ends > start].sum(axis=1)
        return found

    def _seconds(self, column: str, start: int) -> float:
        return float(sum(max(0, until - max(after, start)) for after, until in self._spans[column]))
