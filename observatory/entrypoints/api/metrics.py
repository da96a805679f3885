"""/metrics: how Observatory itself is, and every SLO's numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import StreamingResponse

from observatory import __version__
from observatory.alerting import Priority
from observatory.alerting.model import Origin
from observatory.application.delivery import DeliveryState, Tally
from observatory.application.snapshot import Views
from observatory.entrypoints.api.behaviours import behaviour_families
from observatory.entrypoints.api.event_metrics import event_families
from observatory.entrypoints.api.exposition import CONTENT_TYPE, incident_family, slo_families
from observatory.entrypoints.api.squads import OPEN
from observatory.errors import Unavailable
from observatory.settings import Settings

RECENT = 200


class OwnHealth(Collector):
    """Our own health, read from the board and the outbox at every scrape."""

    def __init__(self, views: Views, settings: Settings) -> None:
        self._views = views
        self._settings = settings

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not ask the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every family; the outbox's are missing while the database does not answer."""
        yield InfoMetricFamily("observatory_build", "What runs here.", {"version": __version__})
        yield from self._ticks()
        yield from self._life()
        yield from event_families(self._views.board.snapshot, self._views.clock.now())
        yield from behaviour_families(self._views.board.snapshot)
        try:
            outbox = list(self._outbox())
        except Unavailable:
            outbox = [_gauge("observatory_database_up", "1 when the database answers.", 0)]
        yield from outbox

    def _ticks(self) -> Iterator[Metric]:
        health = self._views.board.health
        ready = health.unready(self._views.clock.now(), tick=self._settings.tick) is None
        yield CounterMetricFamily("observatory_ticks", "Evaluations that ended.", health.ticks)
        yield CounterMetricFamily("observatory_failed_ticks", "Evaluations that failed.", health.failed_ticks)
        yield _gauge(
            "observatory_failed_queries", "Queries of the last tick without an answer.", health.failed_queries
        )
        yield _gauge("observatory_ready", "1 when the numbers are complete and fresh.", ready)
        yield _gauge("observatory_backfilled", "1 when the history is complete.", health.backfilled)
        if health.last_tick_seconds is not None:
            yield _gauge("observatory_tick_seconds", "Duration of the last tick.", health.last_tick_seconds)
        moments = (
            ("observatory_start_timestamp_seconds", "Start of the process.", health.started_at),
            ("observatory_last_tick_timestamp_seconds", "End of the last tick.", health.last_tick_at),
            (
                "observatory_measured_until_timestamp_seconds",
                "End of the newest bucket.",
                health.measured_until,
            ),
        )
        for name, text, moment in moments:
            if moment is not None:
                yield _gauge(name, text, moment.timestamp())

    def _life(self) -> Iterator[Metric]:
        vitals = self._views.vitals
        yield _gauge("observatory_leader", "1 on the replica that evaluates.", vitals.leads())
        if vitals.loop_at is not None:
            yield _gauge(
                "observatory_heartbeat_timestamp_seconds",
                "When a whole loop was done last: measured, decided, delivered.",
                vitals.loop_at.timestamp(),
            )
        if vitals.listens is not None:
            yield _gauge(
                "observatory_socket_mode_connected", "1 while Slack can tell of presses.", vitals.listens()
            )
        if (test := vitals.self_test) is not None:
            yield _gauge(
                "observatory_canary_timestamp_seconds",
                "When the newest self-test began.",
                test.at.timestamp(),
            )
            yield _gauge("observatory_canary_up", "1 when the self-test arrived.", test.problem is None)
            if test.latency is not None:
                yield _gauge(
                    "observatory_canary_latency_seconds",
                    "How long Slack took to take and show it.",
                    test.latency.total_seconds(),
                )

    def _outbox(self) -> Iterator[Metric]:
        alerts = self._views.alerts
        states = Counter(delivery.state for delivery in alerts.deliveries(limit=RECENT))
        recent = GaugeMetricFamily(
            "observatory_recent_deliveries", f"The newest {RECENT} deliveries, by state.", labels=["state"]
        )
        for state in DeliveryState:
            recent.add_metric([state], states[state])
        yield recent
        overdue = len(alerts.overdue(now=self._views.clock.now()))
        yield _gauge(
            "observatory_overdue_deliveries", "Deliveries past their deadline and not made.", overdue
        )
        yield from _proof(alerts.tallies())
        watchdogs = GaugeMetricFamily(
            "observatory_watchdog_timestamp_seconds", "When a watchdog was heard last.", labels=["source"]
        )
        for source, last in self._views.vitals.heard().items():
            watchdogs.add_metric([source], last.timestamp())
        yield watchdogs
        yield _gauge("observatory_database_up", "1 when the database answers.", 1)


def _proof(tallies: Sequence[Tally]) -> Iterator[Metric]:
    """What became of every delivery: kept in the database, so that neither a restart nor pruning loses count."""
    labels = ["state", "kind", "priority"]
    ended = CounterMetricFamily("observatory_deliveries", "Deliveries that ended, by how.", labels=labels)
    seconds = CounterMetricFamily(
        "observatory_delivery_seconds",
        "From when sent deliveries were due until Slack had them, summed.",
        labels=labels[1:],
    )
    for tally in tallies:
        priority = Priority(tally.priority).name.lower()
        ended.add_metric([tally.state, tally.kind, priority], tally.count)
        if tally.state is DeliveryState.SENT:
            seconds.add_metric([tally.kind, priority], tally.seconds)
    yield ended
    yield seconds


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, float(value))


def metrics_router(views: Views, settings: Settings) -> APIRouter:
    """The route, with a registry of its own: two applications in one process do not meet."""
    registry = CollectorRegistry()
    registry.register(OwnHealth(views, settings))
    registry.register(ProcessCollector(registry=None))
    router = APIRouter(tags=["probes"])

    @router.get("/metrics", response_class=StreamingResponse)
    def metrics() -> StreamingResponse:
        """Prometheus's text format."""
        return StreamingResponse(_text(views, registry), media_type=CONTENT_TYPE)

    return router


def _text(views: Views, registry: CollectorRegistry) -> Iterator[bytes]:
    """Family by family, so that ten thousand SLOs never stand in memory as one text."""
    yield generate_latest(registry)
    for family in slo_families(views.board.snapshot):
        yield family.encode()
    try:
        incidents = views.alerts.incidents(states=OPEN)
    except Unavailable:
        return  # observatory_database_up says so
    yield incident_family(one for one in incidents if one.origin is not Origin.DRILL).encode()
