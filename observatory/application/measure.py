"""Ask a plan's queries and put the answers together; what can't be asked fails alone."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from observatory.application.ports import Clock, MetricsSource
from observatory.application.rounds import Limits, Round
from observatory.errors import Refused
from observatory.measurement import Answer, Measurement, QueryFailure, Reading, assemble, blended
from observatory.planning import Dialect, Plan

USUAL = ""
"""The name of the server that has the series of all services that name none."""


class Measure:
    """Measure all SLOs of a plan over a span of time."""

    def __init__(
        self,
        source: MetricsSource,
        clock: Clock,
        *,
        limits: Limits | None = None,
        servers: Mapping[str, MetricsSource] | None = None,
    ) -> None:
        """Ask `source`, and of the services that name a server, that one of `servers`."""
        self._sources = {USUAL: source, **(servers or {})}
        self._clock = clock
        self._limits = limits or Limits()

    def __call__(self, plan: Plan, *, after: int, until: int) -> Measurement:
        """Buckets of one tick each, with after < end <= until, ends at after + tick, after + 2 ticks, ….

        A query that is refused is halved until the culprit stands alone; its SLOs are the failure, with Prometheus's
        words, and all others are measured. A query that can't be answered now fails with all its SLOs. No server waits
        for another.
        """
        ends = np.arange(after + plan.tick, until + 1, plan.tick, dtype=np.int64)
        if not len(ends) or not plan.queries:
            return blended(plan, assemble(plan, (), ends=ends))
        now = self._clock.now
        deadline = now() + self._limits.round
        servers = plan.servers()
        rounds = {
            server: Round(plan, self._source(server), self._limits, now, deadline) for server in servers
        }
        with ThreadPoolExecutor(len(servers), thread_name_prefix="measure") as pool:
            asked = pool.map(lambda server: rounds[server].ask(servers[server], ends), servers)
            outcomes = [outcome for answers in asked for outcome in answers]
        readings = [outcome for outcome in outcomes if isinstance(outcome, Reading)]
        failures = [outcome for outcome in outcomes if isinstance(outcome, QueryFailure)]
        measurement = assemble(plan, readings, failures, ends=ends)
        unbounded = [
            failure
            for reading in readings
            for failure in rounds[reading.query.server].without_bucket(reading, measurement)
        ]
        if unbounded:
            measurement = assemble(plan, readings, failures + unbounded, ends=ends)
        return blended(plan, measurement)

    def _source(self, server: str) -> MetricsSource:
        return self._sources.get(server) or _Unknown(server, [name for name in self._sources if name])


@dataclass(frozen=True, slots=True)
class _Unknown:
    """The server that a service names and nobody knows: it refuses everything."""

    name: str
    known: Sequence[str]

    def query_range(self, promql: str, *, start: int, end: int, step: int, timeout: timedelta) -> Answer:  # noqa: ARG002 - the port's
        raise self._refusal()

    def dialect(self, *, timeout: timedelta) -> Dialect:  # noqa: ARG002 - the port's
        raise self._refusal()

    def _refusal(self) -> Refused:
        there = f"there are {', '.join(self.known)}" if self.known else "there is none besides the usual one"
        return Refused(
            f"no Prometheus server is called {self.name}: {there} (OBSERVATORY_PROMETHEUS_SERVERS)",
            code="404",
        )
