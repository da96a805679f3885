"""Evaluate what a service has measured, from its store: Prometheus is asked nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from observatory.application.burn_down import spent
from observatory.application.judging import Judge, Judgement, patience
from observatory.application.ports import Clock, HistoryStore
from observatory.application.recorder import Recorder
from observatory.application.steps import REACH
from observatory.catalog import Catalog
from observatory.catalog.behaviours import measured
from observatory.errors import NotFound
from observatory.evaluation import Provenance, Roster
from observatory.evaluation.forecast import Forecast, forecast
from observatory.evaluation.states import LITTLE


@dataclass(frozen=True, slots=True)
class StoredStatus:
    """Call it with a catalog; as the service's own portal would, it shows the newest tick."""

    store: HistoryStore
    """Only read."""
    clock: Clock
    tick: timedelta
    lag: timedelta

    def __call__(self, catalog: Catalog) -> Judgement:
        """Evaluate at the newest tick that was kept.

        Raises:
            NotFound: nothing was, as long as the windows are.
            Unavailable, Refused: the store can't be read.
        """
        entries, now = measured(catalog), self.clock.now()
        windows = [window.longest for entry in catalog.slos() for window in entry.slo.windows]
        longest = max([timedelta(seconds=REACH), *windows])
        recorder = Recorder(self.store, tick=int(self.tick.total_seconds()), longest=longest)
        recorder.load(now=now)
        newest = recorder.history.newest
        if newest is None:
            span = f"the last {longest.days} days"
            raise NotFound(f"the database holds nothing of {span}; start the service, or leave --stored out")
        recorder.fit(entries, now=now)
        provenance = Provenance(
            datetime.fromtimestamp(newest, UTC),
            now,
            recorder.failures,
            recorder.since,
            patience(self.tick, lag=self.lag),
            self.tick,
        )
        judgement = Judge(recorder)(catalog, Roster(tuple(catalog.slos())), provenance)
        return replace(judgement, forecasts=_ahead(recorder, judgement))


def _ahead(recorder: Recorder, judgement: Judgement) -> Mapping[str, Forecast]:
    """What lies ahead of each SLO; how its budget went is looked at where it has something to get back."""
    found = {}
    for slo, status in judgement.evaluation.statuses().items():
        short = status.remaining is not None and status.remaining < LITTLE
        hours = spent(recorder, status, judgement.adjustments.get(slo)) if short else ()
        found[slo] = forecast(status, hours)
    return found
