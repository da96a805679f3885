"""The sums over windows without the times that events leave out, and which SLOs that concerns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from observatory.application.events.counting import Counting
from observatory.catalog import Calendar, Catalog, ServiceSlo
from observatory.evaluation.exclusions import Counted, Exclusion, WindowSums, exclusions, leave_out
from observatory.measurement import FIELDS, History

Windows = Mapping[str, timedelta | Calendar]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Sums without the times that are left out."""

    sums: WindowSums
    exclusions: Mapping[str, Exclusion] = field(default_factory=dict)
    """By SLO id; those that were refused among them."""


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Call it with the sums of a moment."""

    counting: Counting

    def __call__(
        self,
        catalog: Catalog,
        entries: Sequence[ServiceSlo],
        sums: WindowSums,
        windows: Windows,
        *,
        at: int,
    ) -> LeftOut:
        """The sums to evaluate.

        Raises:
            Unavailable: the store can't be reached.
        """
        if not any(event.mode == "exclude" for event in catalog.events.values()):
            return LeftOut(sums)
        starts = window_starts(windows, self.counting.recorder.history, at=at)
        found = {one.slo: one for one in exclusions(catalog, starts, at=at)}
        granted = {slo: one for slo, one in found.items() if not one.refused}
        columns = {
            column: granted[entry.id]
            for entry in entries
            if entry.id in granted
            for column in (entry.id, entry.column)
            if column in sums.index
        }
        if not columns:
            return LeftOut(sums, found)
        return LeftOut(leave_out(sums, self._counted(columns, starts)), found)

    def _counted(self, columns: Mapping[str, Exclusion], starts: Mapping[str, int]) -> Counted:
        """What was counted in the excluded part of each window; columns with the same spans are summed together."""
        alike: dict[tuple[tuple[int, int], ...], list[str]] = {}
        for column, exclusion in columns.items():
            alike.setdefault(exclusion.spans, []).append(column)
        names = [column for group in alike.values() for column in group]
        counted = np.zeros((len(names), len(starts), len(FIELDS)))
        seconds = np.zeros((len(names), len(starts)))
        row = 0
        for spans, group in alike.items():
            rows = slice(row, row + len(group))
            for number, start in enumerate(starts.values()):
                for after, until in ((max(after, start), until) for after, until in spans if until > start):
                    counted[rows, number] += self.counting.between(group, after, until).T
                    seconds[rows, number] += until - after
            row += len(group)
        return Counted(names, tuple(starts), counted, seconds)


def window_starts(windows: Windows, history: History, *, at: int) -> Mapping[str, int]:
    """By the label of each window: where it begins, as `History.sums` takes it; Unix seconds."""
    moment = datetime.fromtimestamp(at, UTC)
    return {
        label: int(window.period(moment).starts.timestamp())
        if isinstance(window, Calendar)
        else history.start(window, now=at)
        for label, window in windows.items()
    }
