"""The product wired over simulated time: a scripted Prometheus, a clock that is moved, a catalog that is edited."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.catalogs import SQUAD_YAML

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.history import MemoryHistory
from observatory.adapters.memory.messenger import MemoryMessenger
from observatory.adapters.memory.metrics import MemoryMetrics
from observatory.application.measure import Measure
from observatory.application.status import Status
from observatory.bootstrap import Observatory, build
from observatory.errors import ObservatoryError
from observatory.evaluation import Evaluation
from observatory.settings import Settings

START = datetime(2026, 3, 10, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LAG = timedelta(seconds=30)
WINDOWS = {"5m": 5 * MINUTE, "1h": HOUR, "6h": 6 * HOUR, "1d": DAY, "3d": 3 * DAY}


def seconds(moment: datetime) -> int:
    """Unix seconds."""
    return int(moment.timestamp())


def service_yaml(name: str, *, window: str = "1d", total: str = "http_requests_total") -> str:
    """A service with one availability SLO."""
    return f"""\
apiVersion: observatory/v1
kind: Service
name: {name}
squad: playlists
tier: 1
runbook: https://runbooks.example/{name}
selector: {{job: {name}}}
slos:
  - name: availability
    objective: 99.9
    window: {window}
    sli: {{events: {{total: {total}, bad: '{total}{{code=~"5.."}}'}}}}
"""


@dataclass
class Events:
    """What happened to a service: Unix second to events, and which of them went wrong."""

    good: Mapping[int, float]
    bad: Mapping[int, float] = field(default_factory=dict)

    def between(self, after: int, until: int) -> tuple[float, float]:
        """Bad and total events with after < second <= until."""
        bad, good = (
            sum(count for second, count in kind.items() if after < second <= until)
            for kind in (self.bad, self.good)
        )
        return bad, bad + good


def steadily(first: datetime, last: datetime, *, every: timedelta = 41 * MINUTE, bad_each: int = 5) -> Events:
    """One good event `every` so often and, with every `bad_each`th, a bad one."""
    moments = range(seconds(first), seconds(last), int(every.total_seconds()))
    return Events(dict.fromkeys(moments, 1.0), dict.fromkeys(moments[::bad_each], 1.0))


class Life:
    """An Observatory that lives minute by minute."""

    def __init__(self, folder: Path, *, window: str = "1d", slack: bool = True) -> None:
        self.folder = folder / "catalog"
        self.folder.mkdir()
        self.write("squad", SQUAD_YAML)
        self.write("playlist", service_yaml("playlist", window=window))
        self.clock = ManualClock(START + LAG)
        self.metrics = MemoryMetrics()
        self.metrics.failure = self._fault
        self.fault: Callable[[str], ObservatoryError | None] = lambda _: None
        """PromQL to what goes wrong with it now."""
        self.store = MemoryHistory()
        self.alerts = MemoryAlerts()
        self.messenger = MemoryMessenger() if slack else None
        self.settings = Settings(catalog=self.folder)
        self.events: dict[str, Events] = {}

    def _fault(self, promql: str) -> ObservatoryError | None:
        return self.fault(promql)

    def write(self, name: str, text: str | bytes) -> None:
        """Write a file of the catalog."""
        (self.folder / f"{name}.yml").write_bytes(text if isinstance(text, bytes) else text.encode())

    def happens(
        self,
        service: str,
        events: Events,
        *,
        first: datetime = START - 40 * DAY,
        last: datetime = START + 40 * DAY,
    ) -> None:
        """Let a service exist from `first` to `last`, with these events."""
        self.events[service] = events
        for code, kind in (("200", events.good), ("500", events.bad)):
            ends = {seconds(first): 0.0, seconds(last): 0.0}
            self.metrics.count("http_requests_total", {"job": service, "code": code}, ends | dict(kind))

    def begin(self) -> None:
        """Start, or start again with what the store holds."""
        self.observatory: Observatory = build(
            self.settings,
            source=self.metrics,
            history=self.store,
            alerts=self.alerts,
            messenger=self.messenger,
            clock=self.clock,
        )

    def minutes(self, count: int = 1, *, catch_up: bool = True) -> None:
        """Tick, and then let a minute pass, this often."""
        for _ in range(count):
            self.observatory.tick()
            if catch_up:
                self.observatory.catch_up()
            self.clock.advance(MINUTE)

    def status(self, *, at: datetime | None = None) -> Evaluation:
        """Evaluate without the service, in the minute that was ticked last."""
        measure = Measure(self.metrics, self.clock)
        ask = Status(self.metrics, measure, self.clock, self.settings.tick, self.settings.lag)
        return ask(list(self.observatory.views.board.snapshot.catalog.slos()), at=at)

    def counted(self, service: str = "playlist") -> dict[str, tuple[float, float]]:
        """By window: bad and total events, as the history has them."""
        history = self.observatory.recorder.history
        assert history.newest is not None
        row = history.sums(WINDOWS, now=history.newest).loc[f"{service}/availability"]
        return {label: (row[label, "bad"], row[label, "total"]) for label in WINDOWS}

    def happened(self, service: str = "playlist") -> dict[str, tuple[float, float]]:
        """The same from the script; long windows start at the boundary of five minutes at or before their start."""
        end = self.observatory.recorder.history.newest
        assert end is not None
        found = {}
        for label, length in WINDOWS.items():
            start = end - int(length.total_seconds())
            boundary = 60 if length <= 6 * HOUR else 300
            found[label] = self.events[service].between(start - start % boundary, end)
        return found
