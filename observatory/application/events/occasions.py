"""The events that are under way or just over: what they spent, and whether those came who were expected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from observatory.application.events.counting import Counting
from observatory.application.steps import FIVE_MINUTES, HOUR
from observatory.catalog import Catalog, Event, ServiceSlo, Span
from observatory.evaluation import SloStatus
from observatory.evaluation.occasions import Occasion, TrafficSeen
from observatory.evaluation.slices import Counted, Slice, slice_status
from observatory.measurement import FIELDS

AFTERWARDS = timedelta(hours=1)
"""How long an event is looked at when it is over: its incidents are resolved in that time."""
BASELINE = timedelta(days=28)
"""Before an event: what its traffic is compared with."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Call it at every tick."""

    counting: Counting

    def __call__(
        self, catalog: Catalog, statuses: Mapping[str, SloStatus], *, at: datetime
    ) -> Sequence[Occasion]:
        """The occasions that are under way at a moment, or ended in the hour before; the one that began first first."""
        found = [
            self.look(event, span, catalog, statuses, at=at)
            for event in catalog.events.values()
            for span in event.schedule.spans(at - AFTERWARDS, at)
        ]
        return sorted(found, key=lambda one: (one.span.start, one.event.name))

    def look(
        self,
        event: Event,
        span: Span,
        catalog: Catalog,
        statuses: Mapping[str, SloStatus],
        *,
        at: datetime,
    ) -> Occasion:
        """One occasion as it is, or was.

        Args:
            event: the event.
            span: when it takes place.
            catalog: every definition.
            statuses: by SLO id, with the budgets that slices are parts of.
            at: the end of the newest bucket.
        """
        affected = catalog.affected(event)
        counted = self._counted(affected, span, at)
        slices = {
            one.id: (one, slice_status(one, counted[one.protected.id], _budget(statuses, one), at=at))
            for one in _slices(event, span, affected, catalog)
        }
        return Occasion(event, span, affected, slices, counted, self.traffic(event, span, catalog, at=at))

    def traffic(self, event: Event, span: Span, catalog: Catalog, *, at: datetime) -> TrafficSeen | None:
        """Whether those came who were expected; None where nothing was."""
        wanted = event.traffic
        if wanted is None:
            return None
        usual = self._usual(wanted.slo, span, catalog)
        if wanted.per_minute is not None:
            expected: float | None = float(wanted.per_minute)
        else:
            expected = None if usual is None else usual * float(wanted.peak_factor or 1)
        after, until = (
            _seconds(span.start),
            min(_seconds(at), _seconds(span.end)) // FIVE_MINUTES * FIVE_MINUTES,
        )
        known = wanted.slo in self.counting.recorder.history.slos
        if not known or until <= after:
            return TrafficSeen(wanted.slo, expected, usual, None, None)
        totals = self.counting.five_minutes(wanted.slo, after, until).total[:, 0] / (FIVE_MINUTES / 60)
        return TrafficSeen(wanted.slo, expected, usual, float(totals.max()), float(totals[-1]))

    def _counted(self, affected: Sequence[ServiceSlo], span: Span, at: datetime) -> Mapping[str, Counted]:
        """By SLO id: events, or slices of time where the budget is made of them."""
        after, until = _seconds(span.start), min(_seconds(at), _seconds(span.end))
        if until <= after or not affected:
            return {entry.id: Counted(0.0, 0.0, 0.0) for entry in affected}
        columns = [entry.column for entry in affected]
        sums = dict(zip(FIELDS, self.counting.between(columns, after, until), strict=True))
        covered = sums["measured"] + sums["idle"]
        return {
            entry.id: Counted(float(sums["bad"][n]), float(sums["total"][n]), float(covered[n]))
            for n, entry in enumerate(affected)
        }

    def _usual(self, slo: str, span: Span, catalog: Catalog) -> float | None:
        """Events a minute in the busiest hour before, hours of events left out."""
        history = self.counting.recorder.history
        until = _seconds(span.start) // HOUR * HOUR
        ends = np.arange(until - _length(BASELINE) + HOUR, until + 1, HOUR, dtype=np.int64)
        totals = history.held([slo], seconds=HOUR, ends=ends).total[:, 0]
        quiet = np.ones(len(ends), dtype=bool)
        for one in catalog.events.values():
            for other in one.schedule.spans(_moment(int(ends[0]) - HOUR), _moment(until)):
                quiet &= (ends <= _seconds(other.start)) | (ends - HOUR >= _seconds(other.end))
        busiest = float(totals[quiet].max(initial=0.0))
        return busiest / 60 if busiest else None


def _slices(event: Event, span: Span, affected: Sequence[ServiceSlo], catalog: Catalog) -> Iterator[Slice]:
    if event.mode == "protect":
        yield from (Slice(event, entry, span, catalog.squads[event.squad]) for entry in affected)


def _budget(statuses: Mapping[str, SloStatus], one: Slice) -> float | None:
    status = statuses.get(one.protected.id)
    return None if status is None else status.budget


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _length(length: timedelta) -> int:
    return int(length.total_seconds())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
