"""What SLOs counted over a span of the past, tick by tick, and in the hours before it that its windows reach into."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from observatory.application.measure import Measure
from observatory.application.planner import Planner
from observatory.application.ports import HistoryStore, MetricsSource
from observatory.application.steps import HOUR, REACH, Step, steps
from observatory.application.stored_past import edges, stored_hours
from observatory.catalog import Calendar, ServiceSlo
from observatory.errors import DefinitionError
from observatory.evaluation import (
    LEARNT_FROM,
    LEFT_OUT,
    Moments,
    dispersion_over_time,
    evaluate_moments,
    windows_for,
)
from observatory.evaluation.exclusions import Asking, Reach
from observatory.evaluation.left_out import LeftOut
from observatory.measurement import Buckets, History, RunningSums, Slices, coarser, without
from observatory.planning import ALIVE, Plan

_PATIENCE = timedelta(seconds=10)
_NEAR = REACH + HOUR
"""Seconds before a span in which its windows begin at a tick or at five minutes; earlier ones at an hour."""


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open span (after, until], Unix seconds, beginning on a whole hour."""

    after: int
    until: int

    @classmethod
    def ending(cls, until: datetime, *, length: timedelta) -> "Span":
        """The span of this length, rounded to whole hours, that ends with the last whole hour.

        Raises:
            DefinitionError: it is shorter than an hour.
        """
        end = int(until.timestamp()) // HOUR * HOUR
        seconds = int(length.total_seconds()) // HOUR * HOUR
        if seconds <= 0:
            raise DefinitionError(f"a span of {length}: it is at least an hour, such as 30d")
        return cls(end - seconds, end)


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found of some SLOs."""

    sums: Mapping[str, RunningSums]
    """By column of the history; those of SLOs whose queries failed are missing."""
    failures: Mapping[str, str]
    """By SLO id: Prometheus's words."""
    parts: Sequence[Buckets] = ()
    """What the sums are made of."""

    def without(self, asked: Asking | None) -> LeftOut | None:
        """What events leave out of an SLO; None: nothing."""
        return None if asked is None else LeftOut.of(asked, self.parts, like=self.sums[asked.entry.column])


@dataclass(frozen=True, slots=True)
class Past:
    """Asks Prometheus, and the store of a service where there is one."""

    measure: Measure
    tick: int
    """Seconds."""
    store: HistoryStore | None = None
    """Its hours serve before the span, where it has them: Prometheus may have forgotten them, and is slower."""
    source: MetricsSource | None = None
    """Asked first whether anybody answers at all."""

    def __call__(
        self,
        entries: Sequence[ServiceSlo],
        span: Span,
        *,
        lead: int,
        fine: Collection[Reach] = (),
        tell: Callable[[float], object] = id,
    ) -> Counted:
        """Count all that these SLOs need to be evaluated at every tick of the span; an SLO whose query fails is named.

        Args:
            entries: the SLOs.
            span: of interest.
            lead: seconds before the span that matter too (`lead_of`).
            fine: the spans that begin or end within an hour and have to be known nevertheless.
            tell: told the share that is done, 0 to 1.

        Raises:
            Unavailable: the store can't be reached, or Prometheus.
            Refused: Prometheus does not answer us.
        """
        if self.source is not None:
            self.source.query_range(ALIVE, start=span.until, end=span.until, step=1, timeout=_PATIENCE)
        begin = span.after - lead
        border = max(begin, span.after - _NEAR)
        parts: list[Buckets] = []
        slices, queries = Slices(entries, tick=self.tick), Planner(self.tick)
        failures: dict[str, str] = {**slices.failures}
        stored = self._stored(entries, begin, border, parts, edges(fine))
        calendars = any(isinstance(entry.slo.window, Calendar) for entry in entries)
        # Only what begins with an hour may be summed by the hour; a month in India doesn't, nor does every maintenance.
        early = self.tick if calendars or fine else HOUR
        for first, last, kept in ((border, span.until, self.tick), (begin, border, early)):
            wanted = [entry for entry in entries if first == border or entry.id not in stored]
            for step in steps(first, last, limit=last, slos=len(wanted), tick=self.tick):
                if able := [entry for entry in wanted if entry.id not in failures]:
                    ticks = self._ask(queries(able), step, failures)
                    parts += [coarser(part, kept) for part in slices.with_slices(ticks, self._empty())]
                tell((span.until - step.after) / (span.until - begin))
        seen = [entry for entry in entries if entry.id not in failures]
        columns = {column for entry in seen for column in (entry.id, entry.column)}
        sums = {
            column: RunningSums.of(column, parts, after=begin, until=span.until, tick=self.tick)
            for column in columns
        }
        return Counted(sums, failures, parts)

    def _stored(
        self,
        entries: Sequence[ServiceSlo],
        begin: int,
        border: int,
        parts: list[Buckets],
        cut: frozenset[int],
    ) -> frozenset[str]:
        """The SLOs whose hours up to `border` are in the store; they are added to the parts."""
        if self.store is None:
            return frozenset()
        covered = self.store.covered_from()
        known = [entry for entry in entries if covered.get(entry.column, border) < border]
        columns = frozenset(column for entry in known for column in (entry.id, entry.column))
        found = list(stored_hours(self.store, columns, after=begin, until=border, cut=cut)) if known else []
        parts += found
        return frozenset(entry.id for entry in known) if found else frozenset()

    def _empty(self) -> History:
        """What lies around the ticks of a step: nothing that matters, since steps are whole hours, and so are slices."""
        return History(tick=self.tick)

    def _ask(self, queries: Plan, step: Step, failures: dict[str, str]) -> Buckets:
        measurement = self.measure(queries, after=step.after, until=step.until)
        failed = {slo: failure.message for failure in measurement.failures for slo in failure.slos}
        failures |= failed
        return without(measurement.buckets, failed)


def at_every_tick(
    entry: ServiceSlo, counted: RunningSums, span: Span, *, left_out: LeftOut | None = None
) -> Moments:
    """An SLO's numbers at every tick of the span, as a service that had run all the time would have had them."""
    ends = np.arange(span.after + counted.tick, span.until + 1, counted.tick, dtype=np.int64)
    hours = np.unique(ends // HOUR * HOUR)
    first = -(-counted.after // HOUR) * HOUR + HOUR
    learnt_from = counted.hours(np.arange(first, span.until + 1, HOUR, dtype=np.int64))
    phi = dispersion_over_time(entry, learnt_from, hours, tick=counted.tick)
    known = np.searchsorted(hours, ends // HOUR * HOUR)
    return evaluate_moments(
        entry, counted, ends, since=counted.since, dispersion=phi[known], left_out=left_out
    )


def lead_of(entries: Iterable[ServiceSlo]) -> int:
    """Seconds before a span that evaluations look at: the longest window, and what is learnt from."""
    windows = windows_for(entries).values()
    longest = max(window.longest if isinstance(window, Calendar) else window for window in windows)
    return max(int(longest.total_seconds()), (LEARNT_FROM + LEFT_OUT) * HOUR) // HOUR * HOUR + HOUR
