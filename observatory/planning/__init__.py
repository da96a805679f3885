"""Catalog and time to PromQL: the only author of PromQL, one query for many SLOs."""

from observatory.planning.fusing import plan
from observatory.planning.promql import ALIVE
from observatory.planning.queries import (
    Blend,
    CounterQuery,
    Feeds,
    GaugeQuery,
    Plan,
    Query,
    SharedQuery,
    WrittenQuery,
)
from observatory.planning.series import PART, Dialect

__all__ = [
    "ALIVE",
    "PART",
    "Blend",
    "CounterQuery",
    "Dialect",
    "Feeds",
    "GaugeQuery",
    "Plan",
    "Query",
    "SharedQuery",
    "WrittenQuery",
    "plan",
]
