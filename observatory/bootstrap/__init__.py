"""The only place that names adapters.

Each argument of `build` that is left out is the real thing; tests put in the in-memory ones.
"""

from observatory.bootstrap.metrics import prometheus
from observatory.bootstrap.product import Observatory, build, build_status
from observatory.bootstrap.tools import (
    folder,
    grafana,
    load_catalog,
    promtool,
    read_catalog,
    revisions,
    rule_loader,
    ruler,
    system_clock,
)

__all__ = [
    "Observatory",
    "build",
    "build_status",
    "folder",
    "grafana",
    "load_catalog",
    "prometheus",
    "promtool",
    "read_catalog",
    "revisions",
    "rule_loader",
    "ruler",
    "system_clock",
]
