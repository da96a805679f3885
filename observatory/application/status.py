"""Evaluate straight from Prometheus, with no service and no history of ours: each SLO's whole window at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from observatory.application.fill import steps
from observatory.application.holes import Hole
from observatory.application.measure import Measure
from observatory.application.ports import Clock
from observatory.application.recorder import covered, without
from observatory.catalog import ServiceSlo
from observatory.evaluation import Evaluation, Provenance, evaluate, windows_for
from observatory.measurement import History
from observatory.planning import plan


@dataclass(frozen=True, slots=True)
class Status:
    """Call it with a moment; its windows end there exactly."""

    measure: Measure
    clock: Clock
    tick: timedelta
    lag: timedelta

    def __call__(self, entries: Sequence[ServiceSlo], *, at: datetime | None = None) -> Evaluation:
        """Evaluate at a moment; None is the newest whose scrapes have landed.

        An SLO whose query fails has the state query_failed, and what Prometheus says of it.
        """
        now = self.clock.now()
        moment = at if at is not None else now - self.lag
        end = int(moment.timestamp())
        tick = int(self.tick.total_seconds())
        longest = max((entry.slo.window.length for entry in entries), default=timedelta(0))
        history = History(tick=tick, longest=max(longest, timedelta(days=3)), origin=end)
        history.track([entry.id for entry in entries])
        since: dict[str, int] = {}
        failures: dict[str, str] = {}
        left = list(entries)
        hole = Hole(end - int(longest.total_seconds()), end, tuple(entry.id for entry in entries))
        for after, until in steps(hole, until=end, slos=len(entries), tick=tick, origin=end):
            measurement = self.measure(plan(left, tick=tick), after=after, until=until)
            failures |= {slo: failure.message for failure in measurement.failures for slo in failure.slos}
            left = [entry for entry in left if entry.id not in failures]
            buckets = without(measurement.buckets, failures)
            history.append(buckets)
            seen = covered(buckets)
            for column in np.flatnonzero(seen.any(axis=0)):
                since[buckets.slos[column]] = int(buckets.ends[seen[:, column].argmax()]) - tick
            if not left:
                break
        moment = datetime.fromtimestamp(end, UTC)
        sums = history.sums(windows_for(entries), now=end)
        return evaluate(entries, sums, Provenance(moment, moment, failures, since))
