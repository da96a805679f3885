"""The demo services, live: simulated users drive real prometheus-client metrics, served over HTTP on a port each."""

import threading
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from socketserver import ThreadingMixIn
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import make_wsgi_app

from observatory.application.ports import Clock
from observatory.sandbox.demo import traffic
from observatory.sandbox.demo.organisation import BUCKETS, SERVICES, DemoService, service_named
from observatory.sandbox.demo.traffic import Condition, RouteTraffic
from observatory.sandbox.demo.trouble import Trouble, condition_of

_STEP = 0.25
_STOPS_WITHIN = 0.05


class LiveService:
    """One service's metrics, and whether it answers at all."""

    def __init__(self, spec: DemoService, *, started: datetime) -> None:
        self.spec = spec
        self.registry = CollectorRegistry()
        self.up = True
        self._requests = Counter(
            "http_requests",
            "Requests by route and status.",
            ["method", "route", "code"],
            registry=self.registry,
        )
        self._durations = Histogram(
            "http_request_duration_seconds",
            "Time to answer, seconds.",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._behaviour = Counter(spec.behaviour, "What users do.", registry=self.registry)
        self._started = Gauge(
            "process_start_time_seconds", "Start of this process, Unix seconds.", registry=self.registry
        )
        self.restart(now=started)

    def restart(self, *, now: datetime) -> None:
        """What a new process begins with: every counter at zero."""
        self._requests.clear()
        self._durations.clear()
        self._behaviour.reset()
        self._started.set(now.timestamp())
        for route in self.spec.routes:
            self._durations.labels(route.path)

    def serve(self, parts: Iterable[RouteTraffic], condition: Condition, rng: np.random.Generator) -> None:
        """Count what users got at one moment."""
        for number, part in enumerate(parts):
            for code, counts in part.by_code.items():
                if counts[0]:
                    self._requests.labels(part.route.method, part.route.path, code).inc(float(counts[0]))
            median = np.log(part.route.median * condition.slowdown[0])
            durations = self._durations.labels(part.route.path)
            for seconds in rng.lognormal(median, traffic.SPREAD, int(part.requests[0])):
                durations.observe(seconds)
            if number == 0:
                self._behaviour.inc(float(part.succeeded[0]))


class Simulation:
    """Every service, its users, and what is broken just now. The same seed and steps give the same counts."""

    def __init__(self, *, started: datetime, seed: int) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.services = {spec.name: LiveService(spec, started=started) for spec in SERVICES}
        self._troubles: dict[str, Trouble] = {}
        self._random = {spec.name: np.random.default_rng([seed, *spec.name.encode(), 1]) for spec in SERVICES}

    @property
    def troubles(self) -> Mapping[str, Trouble]:
        """What is broken, by service."""
        return dict(self._troubles)

    def break_service(self, name: str, trouble: Trouble) -> None:
        """Break it from the next step on, in place of what was broken about it before."""
        self._troubles = {**self._troubles, service_named(name).name: trouble}

    def heal_service(self, name: str) -> None:
        """Nothing is wrong with it from the next step on."""
        healthy = service_named(name).name
        self._troubles = {other: trouble for other, trouble in self._troubles.items() if other != healthy}

    def step(self, *, now: datetime, elapsed: float) -> None:
        """Let `elapsed` seconds of traffic happen."""
        troubles = self._troubles
        felt = traffic.passed_on({name: condition_of(troubles.get(name)) for name in self.services})
        for name, live in self.services.items():
            condition, rng = felt[name], self._random[name]
            back = bool(condition.up[0]) and not live.up
            live.up = bool(condition.up[0])
            if back:
                live.restart(now=now)
            expected = traffic.expected_rate(live.spec, np.array([now.timestamp()])) * elapsed
            live.serve(traffic.draw(live.spec, expected, condition, rng), condition, rng)


class MetricsServers:
    """The /metrics of every service on ports of their own, and the thread that lets their users come."""

    def __init__(self, simulation: Simulation, *, clock: Clock, host: str, ports: Mapping[str, int]) -> None:
        self._simulation = simulation
        self._clock = clock
        self._servers = {
            name: make_server(host, ports[name], _metrics_of(live), _Server, _QuietHandler)
            for name, live in simulation.services.items()
        }
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(
                target=server.serve_forever, args=[_STOPS_WITHIN], name=f"metrics-{name}", daemon=True
            )
            for name, server in self._servers.items()
        ]
        self._threads.append(threading.Thread(target=self._run, name="users", daemon=True))

    @property
    def addresses(self) -> dict[str, str]:
        """`host:port` of each service."""
        return {name: f"{s.server_address[0]!s}:{s.server_port}" for name, s in self._servers.items()}

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for server in self._servers.values():
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        last = time.monotonic()
        while not self._stopping.wait(_STEP):
            now = time.monotonic()
            self._simulation.step(now=self._clock.now(), elapsed=now - last)
            last = now


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    address_family = WSGIServer.address_family


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing: a scrape every 15 seconds is no news."""


def _metrics_of(
    live: LiveService,
) -> Any:  # Any: wsgiref's and prometheus_client's types of a WSGI app differ
    metrics = make_wsgi_app(live.registry)

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        if live.up:
            return metrics(environ, start_response)
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"down\n"]

    return app
