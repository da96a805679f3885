"""`observatory backtest`: definitions replayed over the past, through the evaluation and the decisions of a tick."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from observatory.alerting import Adjusted, Alarm, Replayed, Silence, covering, replay
from observatory.application.choosing import Chosen
from observatory.application.events.occasions import AFTERWARDS
from observatory.application.past import Counted, Past, Span, at_every_tick, lead_of
from observatory.application.past_behaviours import LEAD, judge_past
from observatory.application.past_slices import spent
from observatory.application.steps import HOUR
from observatory.catalog import Catalog, JourneySlo, Service, ServiceSlo, Slo
from observatory.evaluation import Severity
from observatory.evaluation.exclusions import Reach, asking
from observatory.evaluation.left_out import LeftOut

_TOGETHER = 24
"""SLOs whose ticks are held at once: two months of one are 4 MB."""


@dataclass(frozen=True, slots=True)
class Version:
    """What promises would have done as one version of the catalog defines them."""

    replays: list[Replayed] = field(default_factory=list)
    """Of each SLO, and then of its part in each protected event; behaviours last."""
    failures: dict[str, str] = field(default_factory=dict)
    """By SLO id: why it could not be measured, in Prometheus's words."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """Call it with versions of some definitions, and a span."""

    past: Past
    lag: timedelta
    """How long after its end a tick is looked at."""
    silences: Callable[[datetime], Sequence[Silence]] = lambda _: ()
    """Those that people had set, and that ended after a moment."""

    def __call__(
        self, versions: Sequence[Chosen], span: Span, *, tell: Callable[[float], object] = id
    ) -> tuple[Version, ...]:
        """Replay each version; SLOs that count the same in two of them are asked for once.

        Raises:
            Unavailable: a store can't be reached.
        """
        silences = self.silences(_moment(span.after))
        results = tuple(Version() for _ in versions)
        ids = sorted({entry.id for version in versions for entry in version.slos})
        behaviours = {entry.id for version in versions for entry in version.behaviours}
        whole = len(ids) + len(behaviours)
        for start in range(0, len(ids), _TOGETHER):
            batch = frozenset(ids[start : start + _TOGETHER])
            some = [
                replace(one, slos=tuple(entry for entry in one.slos if entry.id in batch)) for one in versions
            ]
            self._replay(some, span, results, tell=_part(tell, start / whole, len(batch) / whole))
        if behaviours:
            self._behaviours(
                versions, span, results, tell=_part(tell, len(ids) / whole, len(behaviours) / whole)
            )
        for result in results:
            result.replays[:] = [_with_silences(one, silences) for one in result.replays]
        return results

    def _replay(
        self,
        versions: Sequence[Chosen],
        span: Span,
        results: Sequence[Version],
        *,
        tell: Callable[[float], object],
    ) -> None:
        fine, lead = _fine(versions, span)
        known: dict[str, tuple[ServiceSlo, Counted]] = {}
        for version, result in zip(versions, results, strict=True):
            new = [
                entry
                for entry in version.slos
                if not (entry.id in known and counts_alike(entry, known[entry.id][0]))
            ]
            counted = self.past(new, span, lead=lead, fine=fine, tell=tell) if new else Counted({}, {})
            known |= {entry.id: (entry, counted) for entry in new}
            asked = asking(version.catalog, after=span.after - lead, until=span.until)
            for entry in version.slos:
                of = known[entry.id][1]
                if entry.id in of.failures:
                    result.failures[entry.id] = of.failures[entry.id]
                else:
                    left_out = of.without(asked.get(entry.id))
                    result.replays.extend(self._replayed(entry, of, left_out, version.catalog, span))

    def _replayed(
        self, entry: ServiceSlo, counted: Counted, left_out: LeftOut | None, catalog: Catalog, span: Span
    ) -> Iterator[Replayed]:
        """The SLO, and then its part in each protected event."""
        sums = counted.sums[entry.column]
        moments = at_every_tick(entry, sums, span, left_out=left_out)
        replayed = replay(moments, lag=self.lag)
        if left_out is None:
            yield replayed
        else:
            unadjusted = replay(at_every_tick(entry, sums, span), lag=self.lag)
            yield replace(replayed, adjustment=_adjusted(left_out, moments.ends, unadjusted))
        for one in spent(moments, sums, span, catalog):
            yield replay(one, lag=self.lag)

    def _behaviours(
        self,
        versions: Sequence[Chosen],
        span: Span,
        results: Sequence[Version],
        *,
        tell: Callable[[float], object],
    ) -> None:
        for version, result in zip(versions, results, strict=True):
            for start in range(0, len(version.behaviours), _TOGETHER):
                some = version.behaviours[start : start + _TOGETHER]
                counted = self.past(some, span, lead=LEAD, tell=tell)
                result.failures.update(counted.failures)
                able = [entry for entry in some if entry.id not in counted.failures]
                for entry in able:
                    judged = judge_past(entry, counted.sums[entry.column], span, version.catalog)
                    result.replays.append(replay(judged, lag=self.lag))


def _fine(versions: Sequence[Chosen], span: Span) -> tuple[Collection[Reach], int]:
    """Spans of events that matter, and the seconds before the span of interest that do."""
    lead = lead_of(entry for version in versions for entry in version.slos)
    first, last = _moment(span.after), _moment(span.until)
    catalogs = {id(version.catalog): version.catalog for version in versions}.values()
    protected = [
        (int(time.start.timestamp()), int(time.end.timestamp()))
        for catalog in catalogs
        for event in catalog.events.values()
        if event.mode == "protect"
        for time in event.schedule.spans(first - AFTERWARDS, last)
    ]
    earliest = min((after for after, _ in protected), default=span.after)
    lead = max(lead, -(-(span.after - earliest) // HOUR) * HOUR)
    excluded = [
        reach
        for catalog in catalogs
        for one in asking(catalog, after=span.after - lead, until=span.until).values()
        for reach in one.spans
    ]
    return {*protected, *excluded}, lead


def _adjusted(left_out: LeftOut, ends: NDArray[np.int64], unadjusted: Replayed) -> Adjusted:
    times = tuple((_moment(after), _moment(until)) for after, until in left_out.spans)
    refused = bool(left_out.at(ends).refused.any())
    return Adjusted(left_out.events, times, refused, unadjusted)


def counts_alike(one: ServiceSlo, other: ServiceSlo) -> bool:
    """Whether both count the same events, whatever they promise of them."""
    return _what_counts(one) == _what_counts(other)


def _what_counts(entry: ServiceSlo) -> tuple[object, ...]:
    match entry.service, entry.slo:
        case Service(selector=selector), Slo(sli=sli):
            return entry.column, selector, sli
        case _, JourneySlo(combine=combine):
            return entry.column, combine, [(part, _what_counts(of)) for part, of in entry.parts]
        case _:
            raise TypeError(f"{entry.id} is of no service and no journey")


def _with_silences(replayed: Replayed, silences: Sequence[Silence]) -> Replayed:
    """The same, each alarm with the silence that held when people would have been told."""
    if not silences:
        return replayed
    alarms = (
        replace(alarm, silenced=covering(silences, _Subject.of(replayed.entry, alarm), now=alarm.told_at))
        for alarm in replayed.alarms
    )
    return replace(replayed, alarms=tuple(alarms))


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a silence looks at."""

    squad: str
    service: str
    slo: str
    severity: Severity

    @classmethod
    def of(cls, entry: ServiceSlo, alarm: Alarm) -> "_Subject":
        return cls(entry.squad.name, entry.service.name, entry.id, alarm.severity)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _part(tell: Callable[[float], object], begin: float, size: float) -> Callable[[float], object]:
    """Told shares of a part, tells shares of the whole."""
    return lambda share: tell(begin + share * size)
