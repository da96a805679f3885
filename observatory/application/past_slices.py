"""What protected events spent of their slices, tick by tick over a span of the past."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from observatory.application.events.occasions import AFTERWARDS
from observatory.application.past import Span
from observatory.catalog import Catalog, Event, ServiceSlo
from observatory.evaluation import Moments, SloStatus
from observatory.evaluation.slices import Counted, Slice, slice_status
from observatory.measurement import RunningSums

Ends = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spent:
    """One SLO's part in an event, at every tick at which it was looked at: in the event, and for an hour after it."""

    slices: Sequence[Slice]
    """One for each time that it takes place; alike but for that."""
    ends: Ends
    time: NDArray[np.intp]
    """(T,) which of the times each tick belongs to."""
    counted: Floats
    """(3, T) bad, total and covered seconds since the event began."""
    budget: Floats
    """(T,) of the whole SLO; NaN where it is unknown."""

    @property
    def entry(self) -> ServiceSlo:
        """The promise of the event."""
        return self.slices[0].entry

    def firing(self) -> NDArray[np.bool_]:
        """(T,) whether an alert of the slice fires."""
        fires = (any(tier.firing for tier in self.status(row).tiers) for row in range(len(self.ends)))
        return np.fromiter(fires, dtype=np.bool_, count=len(self.ends))

    def known(self) -> NDArray[np.bool_]:
        """(T,) whether anything was counted."""
        return np.asarray(self.counted[1] > 0)

    def remaining(self) -> Floats:
        """(T,) share of the slice that was left; NaN where it is unknown."""
        event = self.slices[0].event
        return np.asarray(1 - self.counted[0] / (self.budget * float(event.budget or 0)))

    def burning(self, window: str) -> NDArray[np.bool_]:  # noqa: ARG002 - there is but one
        """(T,) whether anything of it was spent already."""
        return np.asarray(self.counted[0] > 0)

    def status(self, row: int) -> SloStatus:
        """What a tick would have said."""
        bad, total, covered = self.counted[:, row].tolist()
        budget = float(self.budget[row])
        at = datetime.fromtimestamp(int(self.ends[row]), UTC)
        known = None if np.isnan(budget) else budget
        return slice_status(self.slices[self.time[row]], Counted(bad, total, covered), known, at=at)


def spent(moments: Moments, counted: RunningSums, span: Span, catalog: Catalog) -> Iterator[Spent]:
    """Every slice of an SLO's budget that events had in a span.

    Args:
        moments: the SLO at every tick of the span.
        counted: its events, or its slices of time where the budget is made of them.
        span: of the past.
        catalog: with the events.
    """
    for event in catalog.events.values():
        if event.mode == "protect" and any(one.id == moments.entry.id for one in catalog.affected(event)):
            found = _spent(event, moments, counted, span, catalog)
            if found is not None:
                yield found


def _spent(
    event: Event, moments: Moments, counted: RunningSums, span: Span, catalog: Catalog
) -> Spent | None:
    first, last = (datetime.fromtimestamp(at, UTC) for at in (span.after, span.until))
    owner = catalog.squads[event.squad]
    slices = [
        Slice(event, moments.entry, one, owner) for one in event.schedule.spans(first - AFTERWARDS, last)
    ]
    looked = [_looked_at(one, moments.ends) for one in slices]
    if not slices or not sum(map(len, looked)):
        return None
    rows = np.concatenate(looked)
    time = np.repeat(np.arange(len(slices)), [len(one) for one in looked])
    ends = moments.ends[rows]
    begins, stops = (
        np.array([int(moment.timestamp()) for moment in of], dtype=np.int64)[time]
        for of in ([one.span.start for one in slices], [one.span.end for one in slices])
    )
    until = np.maximum(np.minimum(ends, stops), begins)
    bad, total, measured, idle = (
        counted.between(name, begins, until) for name in ("bad", "total", "measured", "idle")
    )
    budget = moments.column("slo", "budget")[rows]
    return Spent(slices, ends, time, np.array([bad, total, measured + idle]), budget)


def _looked_at(one: Slice, ends: Ends) -> NDArray[np.intp]:
    """The rows of the ticks at which it was looked at."""
    begins, stops = one.span.start.timestamp(), (one.span.end + AFTERWARDS).timestamp()
    return np.flatnonzero((ends > begins) & (ends < stops))
