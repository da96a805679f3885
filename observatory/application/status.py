"""Evaluate straight from Prometheus, with no service and no history of ours: each SLO's whole window at one moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from observatory.application.clumps import learn
from observatory.application.measure import Measure
from observatory.application.ports import Clock, MetricsSource
from observatory.application.steps import REACH, Step, steps
from observatory.catalog import ServiceSlo
from observatory.evaluation import Evaluation, Provenance, evaluate, windows_for
from observatory.measurement import History, coarser, first_seen, without
from observatory.planning import ALIVE, plan

_SHORTEST = timedelta(seconds=REACH)
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
        """Evaluate at a moment; None is the newest whose scrapes have landed.

        An SLO whose query fails has the state query_failed, and what Prometheus says of it.

        Raises:
            Unavailable, Refused: Prometheus answers nobody, or not us.
        """
        moment = at if at is not None else self.clock.now() - self.lag
        end = int(moment.timestamp())
        self.source.query_range(ALIVE, start=end, end=end, step=1, timeout=_PATIENCE)
        longest = max([_length(entry) for entry in entries], default=_SHORTEST)
        tick = int(self.tick.total_seconds())
        seen = _Seen(History(tick=tick, longest=longest, origin=end))
        seen.history.track([entry.id for entry in entries])
        after = end - int(longest.total_seconds())
        for step in steps(after, end, limit=end, slos=len(entries), tick=tick, origin=end):
            self._ask(step, list(_reaching(entries, end - step.until)), seen)
        moment = datetime.fromtimestamp(end, UTC)
        sums = seen.history.sums(windows_for(entries), now=end)
        provenance = Provenance(moment, moment, seen.failures, seen.since)
        clumps = learn(entries, seen.history, tick=tick, until=end)
        return evaluate(entries, sums, provenance, dispersion=clumps)

    def _ask(self, step: Step, entries: Sequence[ServiceSlo], seen: "_Seen") -> None:
        """Measure a step; what failed in a newer one is not asked again."""
        able = [entry for entry in entries if entry.id not in seen.failures]
        if not able:
            return
        measurement = self.measure(
            plan(able, tick=int(self.tick.total_seconds())), after=step.after, until=step.until
        )
        failed = {slo: failure.message for failure in measurement.failures for slo in failure.slos}
        buckets = without(measurement.buckets, failed)
        seen.history.append(coarser(buckets, step.seconds))
        seen.since.update(first_seen(buckets))
        seen.failures.update(failed)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the steps so far found, the newest first."""

    history: History
    since: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def _length(entry: ServiceSlo) -> timedelta:
    return max(entry.slo.window.length, _SHORTEST)


def _reaching(entries: Sequence[ServiceSlo], age: int) -> Iterator[ServiceSlo]:
    """The SLOs of which more than the newest `age` seconds matter."""
    return (entry for entry in entries if _length(entry).total_seconds() > age)
