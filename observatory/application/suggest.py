"""`observatory suggest`: what to promise, from what was done."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from observatory.alerting import replay
from observatory.application.past import Past, Span, at_every_tick, lead_of
from observatory.application.ports import MetricsSource
from observatory.application.steps import HOUR
from observatory.catalog import Latency, Occurrences, ServiceSlo, Slo
from observatory.evaluation.proposal import Outlier, Proposal, achieved, outlier, propose
from observatory.measurement import RunningSums, read_bounds
from observatory.outputs.suggestion import Bound, Suggestion
from observatory.planning import CounterQuery, plan

_PATIENCE = timedelta(seconds=30)
_RECENT = 7 * 24 * HOUR
"""Seconds that buckets are compared over: each is a query of its own."""
_SHORTER = (timedelta(days=7), timedelta(days=1))
"""Windows to look at where the history does not hold the promised one."""


@dataclass(frozen=True, slots=True)
class Suggest:
    """Call it with SLOs and a span of the past."""

    past: Past
    source: MetricsSource
    lag: timedelta

    def __call__(
        self, entries: Sequence[ServiceSlo], span: Span, *, tell: Callable[[float], object] = id
    ) -> Iterator[Suggestion]:
        """One suggestion an SLO, in their order.

        Raises:
            Unavailable, Refused: Prometheus answers nobody, or not us.
        """
        counted = self.past(entries, span, lead=lead_of(entries), tell=tell)
        for entry in entries:
            if entry.id in counted.failures:
                yield Suggestion(entry, None, failure=counted.failures[entry.id])
            else:
                yield self._suggest(entry, counted.sums[entry.column], span)

    def _suggest(self, entry: ServiceSlo, sums: RunningSums, span: Span) -> Suggestion:
        looked = _look(entry, sums, span)
        proposal = looked.proposal
        bounds = tuple(self._bounds(entry, span))
        least = float(entry.slo.objective / 100)
        found = Suggestion(
            entry,
            proposal,
            bounds=bounds,
            tightest=next((bound for bound in bounds if bound.good >= least), None),
            outlier=looked.outlier,
            outlier_ended=looked.ended,
            idle=sums.since is not None and not sums.sums["total"][-1],
        )
        if proposal is None or proposal.objective is None:
            return found
        promised = with_objective(entry, proposal.objective)
        return replace(found, replayed=replay(at_every_tick(promised, sums, span), lag=self.lag))

    def _bounds(self, entry: ServiceSlo, span: Span) -> Iterator[Bound]:
        """The share of recent events within each bucket that there is; nothing for what is no latency."""
        slo = entry.slo
        if not isinstance(slo, Slo) or not isinstance(slo.sli, Latency):
            return
        variants = {
            f"le-{number}": replace(entry, slo=_bounded(slo, slo.sli, below, name=f"le-{number}"))
            for number, below in enumerate(self._existing(entry, slo.sli, span))
        }
        recent = Span(max(span.after, span.until - _RECENT), span.until)
        counted = self.past(tuple(variants.values()), recent, lead=0)
        for variant in variants.values():
            sums = counted.sums.get(variant.column)
            if sums is None or not sums.sums["total"][-1] or not isinstance(variant.slo, Slo):
                continue
            if isinstance(sli := variant.slo.sli, Latency):
                yield Bound(sli.below, 1 - float(sums.sums["bad"][-1] / sums.sums["total"][-1]))

    def _existing(self, entry: ServiceSlo, sli: Latency, span: Span) -> Sequence[timedelta]:
        """The bounds of the histogram's buckets, lowest first, without the one that holds everything."""
        for query in plan([entry], tick=self.past.tick).queries:
            if isinstance(query, CounterQuery) and query.bound is not None:
                asked = {"start": span.until, "end": span.until, "step": 1}
                answer = self.source.query_range(query.bounds, **asked, timeout=_PATIENCE)
                found = map(float, read_bounds(query, answer).get(0, ()))
                unit = timedelta(seconds=1) if sli.unit == "s" else timedelta(milliseconds=1)
                return [bound * unit for bound in found if bound != np.inf]
        return ()


def _bounded(slo: Slo, sli: Latency, below: timedelta, *, name: str) -> Slo:
    """The same SLO with another bound, and a name that tells it apart."""
    occurrences = Occurrences()
    other = sli.model_copy(update={"below": below})
    return slo.model_copy(update={"name": name, "sli": other, "method": occurrences, "more_windows": ()})


def with_objective(entry: ServiceSlo, objective: Decimal) -> ServiceSlo:
    """The same SLO with another objective."""
    return replace(entry, slo=entry.slo.model_copy(update={"objective": objective}))


@dataclass(frozen=True, slots=True)
class _Looked:
    """What hours of history say."""

    proposal: Proposal | None
    outlier: Outlier | None = None
    ended: datetime | None = None
    """When the outlying day did."""


def _look(entry: ServiceSlo, sums: RunningSums, span: Span) -> _Looked:
    """Over the promised window where the history holds one, and else over a shorter one."""
    if sums.since is None:
        return _Looked(None)
    first = max(-(-sums.since // HOUR) * HOUR, sums.after) + HOUR
    ends = np.arange(first, span.until + 1, HOUR, dtype=np.int64)
    hours = sums.hours(ends)
    bad, total = hours.bad[:, 0], hours.total[:, 0]
    for window in (entry.slo.window.length, *_SHORTER):
        whole = timedelta(hours=window // timedelta(hours=1))
        found = achieved(bad, total, window=whole)
        if found is not None:
            proposal = propose(found)
            odd = outlier(bad, total, window=whole, proposal=proposal)
            ended = None if odd is None else datetime.fromtimestamp(int(ends[odd.hour]), UTC)
            return _Looked(proposal, odd, ended)
    return _Looked(None)
