"""Evaluate straight from Prometheus, with no service and no history of ours: each SLO's whole window at one moment."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from observatory.application.burn_down import points
from observatory.application.clumps import learn
from observatory.application.events.exclusions import window_starts
from observatory.application.events.ticks import LeftOutTicks
from observatory.application.fill import reach_of
from observatory.application.judging import Judgement
from observatory.application.measure import Measure
from observatory.application.past import Past, Span
from observatory.application.past_behaviours import LEAD, judge_past, not_measured
from observatory.application.planner import Planner
from observatory.application.ports import Clock, MetricsSource
from observatory.application.recorder import beginnings
from observatory.application.steps import FIVE_MINUTES, HOUR, REACH, Step, steps
from observatory.catalog import Calendar, Catalog, InSlices, ServiceSlo
from observatory.catalog.behaviours import behaviours
from observatory.evaluation import Evaluation, Provenance, SloStatus, evaluate, windows_for
from observatory.evaluation.exclusions import Adjustment, exclusions
from observatory.evaluation.forecast import Forecast, forecast
from observatory.evaluation.journeys import contributions
from observatory.evaluation.states import LITTLE
from observatory.measurement import Coverage, History, Slices, coarser, without
from observatory.planning import ALIVE

_PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Status:
    """Call it with a moment; its windows end there exactly."""

    source: MetricsSource
    measure: Measure
    clock: Clock
    tick: timedelta
    lag: timedelta

    def __call__(self, entries: Sequence[ServiceSlo], *, at: datetime | None = None) -> Evaluation:
        """Evaluate as if there were no events: see `judge`."""
        return self.judge(entries, Catalog(), at=at).evaluation

    def judge(
        self,
        entries: Sequence[ServiceSlo],
        catalog: Catalog,
        *,
        at: datetime | None = None,
        tell: Callable[[float], object] = id,
    ) -> Judgement:
        """Evaluate at a moment, without what the catalog's events leave out; None is the newest whose scrapes have landed.

        Where windows begin on a calendar, or budgets are made of slices, the moment is the last that fits them: ticks
        are then counted on the clock, and not back from the moment.

        An SLO whose query fails has the state query_failed, and what Prometheus says of it. `tell` is told the share of
        the past that was asked, 0 to 1.

        Raises:
            Unavailable, Refused: Prometheus answers nobody, or not us.
        """
        moment = at if at is not None else self.clock.now() - self.lag
        tick = int(self.tick.total_seconds())
        end = int(moment.timestamp())
        end -= end % _grid(entries, tick=tick)
        self.source.query_range(ALIVE, start=end, end=end, step=1, timeout=_PATIENCE)
        longest = max([reach_of(entry, until=end) for entry in entries], default=REACH)
        slices = Slices(entries, tick=tick)
        history = History(tick=tick, longest=timedelta(seconds=longest), origin=end)
        history.track([*(entry.id for entry in entries), *slices.columns])
        windows = windows_for(entries)
        moment = datetime.fromtimestamp(end, UTC)
        history.begin_at(beginnings(windows.values(), now=moment))
        found = exclusions(catalog, window_starts(windows, history, at=end), at=end)
        seen = _Seen(history, slices, LeftOutTicks(entries, found), Planner(tick))
        after = end - longest
        for step in steps(after, end, limit=end, slos=len(entries), tick=tick, origin=end):
            self._ask(step, list(_reaching(entries, step.until, end=end)), seen)
            tell((end - step.after) / longest)
        sums = history.sums(windows, now=end)
        failures = {**slices.failures, **seen.failures}
        provenance = Provenance(moment, moment, failures, seen.since, tick=self.tick)
        clumps = learn(entries, history, tick=tick, until=end)
        adjusted = seen.left_out.without(sums, windows, history, at=end)
        evaluation = evaluate(entries, adjusted, provenance, dispersion=clumps)
        touched = {one.slo: one for one in found}
        plain = evaluate(
            [entry for entry in entries if entry.id in touched], sums, provenance, dispersion=clumps
        )
        adjustments = {slo: Adjustment(touched[slo], status) for slo, status in plain.statuses().items()}
        made_of = {entry.id: contributions(entry, sums) for entry in entries if entry.parts}
        return Judgement(
            evaluation,
            adjustments,
            contributions=made_of,
            behaviours=self._behaviours(catalog, end),
            forecasts={slo: _ahead(status, seen) for slo, status in evaluation.statuses().items()},
        )

    def _behaviours(self, catalog: Catalog, end: int) -> Mapping[str, tuple[ServiceSlo, SloStatus]]:
        """What users did in the last hour, to five minutes; the weeks before are asked of Prometheus, too."""
        entries = tuple(behaviours(catalog))
        if not entries:
            return {}
        tick = int(self.tick.total_seconds())
        until = end // FIVE_MINUTES * FIVE_MINUTES
        span = Span(until // HOUR * HOUR - HOUR, until)
        counted = Past(self.measure, tick)(entries, span, lead=LEAD)
        at = datetime.fromtimestamp(until, UTC)
        return {
            entry.id: (entry, judge_past(entry, counted.sums[entry.column], span, catalog).status(-1))
            if entry.id not in counted.failures
            else (entry, not_measured(entry, counted.failures[entry.id], at=at))
            for entry in entries
        }

    def _ask(self, step: Step, entries: Sequence[ServiceSlo], seen: "_Seen") -> None:
        """Measure a step; what failed in a newer one is not asked again."""
        able = [entry for entry in entries if entry.id not in seen.failures]
        if not able:
            return
        measurement = self.measure(seen.plan(able), after=step.after, until=step.until)
        failed = {slo: failure.message for failure in measurement.failures for slo in failure.slos}
        for buckets in seen.slices.with_slices(without(measurement.buckets, failed), seen.history):
            seen.history.append(coarser(buckets, step.seconds))
            seen.history.recall(buckets)
            seen.left_out.take(buckets)
            seen.since.update(Coverage.of(buckets).first_seen())
        seen.failures.update(failed)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the steps so far found, the newest first."""

    history: History
    slices: Slices
    left_out: LeftOutTicks
    plan: Planner
    since: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def _ahead(status: SloStatus, seen: _Seen) -> Forecast:
    """What lies ahead of one SLO; its hours are looked at where it has something to get back."""
    if status.remaining is None or status.remaining >= LITTLE:
        return forecast(status, ())
    column, until = status.column or status.slo, int(status.at.timestamp())
    after = int(((status.resets or status.at) - status.window).timestamp())
    hours = seen.history.series(column, seconds=HOUR, after=after, until=until)
    bad, total = seen.left_out.of_hours(column, hours.ends)
    return forecast(status, points(status, hours, hours.bad[:, 0] - bad, hours.total[:, 0] - total))


def _reaching(entries: Sequence[ServiceSlo], until: int, *, end: int) -> Iterator[ServiceSlo]:
    """The SLOs to which what was before `until` matters."""
    return (entry for entry in entries if reach_of(entry, until=end) > end - until)


def _grid(entries: Sequence[ServiceSlo], *, tick: int) -> int:
    """What the moment of evaluation is a multiple of, seconds: of every slice, or of the tick, or of nothing."""
    if any(isinstance(entry.slo.method, InSlices) for entry in entries):
        return FIVE_MINUTES
    calendars = any(isinstance(window, Calendar) for entry in entries for window in entry.slo.windows)
    return tick if calendars else 1
