"""The only place that names adapters.

Each argument of `build` that is left out is the real thing; tests put in the in-memory ones.
"""

from observatory.bootstrap.insight import build_backtest, build_past, build_suggest, load_catalog_at
from observatory.bootstrap.metrics import more_servers, prometheus
from observatory.bootstrap.product import Observatory, build, build_status, build_stored_status
from observatory.bootstrap.routing import channel_reach, folder_of_definitions, owner_rules
from observatory.bootstrap.tools import (
    around_alertmanager,
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
    "around_alertmanager",
    "build",
    "build_backtest",
    "build_past",
    "build_status",
    "build_stored_status",
    "build_suggest",
    "channel_reach",
    "folder",
    "folder_of_definitions",
    "grafana",
    "load_catalog",
    "load_catalog_at",
    "more_servers",
    "owner_rules",
    "prometheus",
    "promtool",
    "read_catalog",
    "revisions",
    "rule_loader",
    "ruler",
    "system_clock",
]
