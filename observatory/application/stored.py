"""Evaluate what a service has measured, from its store: Prometheus is asked nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from observatory.application.judging import Judge, Judgement, patience
from observatory.application.ports import Clock, HistoryStore
from observatory.application.recorder import Recorder
from observatory.application.steps import REACH
from observatory.catalog import Catalog
from observatory.catalog.behaviours import measured
from observatory.errors import NotFound
from observatory.evaluation import Provenance, Roster


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
            NotFound: nothing was.
            Unavailable, Refused: the store can't be read.
        """
        entries, now = measured(catalog), self.clock.now()
        windows = [window.longest for entry in entries for window in entry.slo.windows]
        longest = max([timedelta(seconds=REACH), *windows])
        recorder = Recorder(self.store, tick=int(self.tick.total_seconds()), longest=longest)
        recorder.load(now=now)
        newest = recorder.history.newest
        if newest is None:
            raise NotFound("the database holds no history yet; start the service, or leave --stored out")
        recorder.fit(entries, now=now)
        provenance = Provenance(
            datetime.fromtimestamp(newest, UTC),
            now,
            recorder.failures,
            recorder.since,
            patience(self.tick, lag=self.lag),
            self.tick,
        )
        return Judge(recorder)(catalog, Roster(tuple(catalog.slos())), provenance)
