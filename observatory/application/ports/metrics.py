"""Where metrics are asked for."""

from datetime import timedelta
from typing import Protocol

from observatory.measurement import Answer
from observatory.planning import Dialect


class MetricsSource(Protocol):
    """Anything that speaks Prometheus's query API."""

    def query_range(self, promql: str, *, start: int, end: int, step: int, timeout: timedelta) -> Answer:
        """Evaluate at start, start + step, … end (Unix seconds). start == end is an instant query.

        Raises:
            Refused: Prometheus understood and said no (a bad query: 400, 422).
            Unavailable: it could not be reached, timed out, or answered 5xx or half a body.
        """
        ...

    def dialect(self, *, timeout: timedelta) -> Dialect:
        """What it takes for PromQL; asked of it once.

        Raises:
            Refused, Unavailable: as `query_range` does.
        """
        ...
