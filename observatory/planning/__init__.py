"""Catalog and time to PromQL: the only author of PromQL, one query for many SLOs."""

from observatory.planning.fusing import plan
from observatory.planning.promql import ALIVE, FRESH, PART, Dialect
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

__all__ = [
    "ALIVE",
    "FRESH",
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
