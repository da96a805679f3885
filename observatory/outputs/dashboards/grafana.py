"""grafanalib, mended: the only module that imports it, and the only one that knows how Grafana spells a dashboard.

grafanalib 0.7.1 writes for Grafana 5 to 8. What it gets wrong for 10 to 13 is put right here:

- `maxDataPoints` 100 and `intervalFactor` 2 leave about half of a day's data unread: neither is written.
- schemaVersion 12 sets off some thirty migrations, some of which lose settings: 41 is written, in 41's own shapes.
- Data sources are objects that point at `${datasource}`; a bare string or null means "whatever the default is".
- Thresholds are steps in ascending order; its `Threshold` writes the text "null".
- Panel ids come from the panel's slug, so a new panel renumbers nothing and links to a panel stay good.
- Null is written nowhere but as the open end of a threshold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import orjson
from grafanalib import core

SCHEMA_VERSION = 41
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

_DEAD = (
    "cacheTimeout",
    "color",
    "columns",
    "editable",
    "error",
    "fontSize",
    "height",
    "hideTimeOverride",
    "mappings",
    "maxDataPoints",
    "minSpan",
    "span",
)
_DEAD_OF_DASHBOARD = ("__inputs", "gnetId", "hideControls", "rows", "sharedCrosshair", "style")
_OF_ROW = ("type", "title", "collapsed", "panels", "gridPos", "id")

Json = Any
"""What orjson writes; mypy has no recursive JSON that grafanalib's untyped classes would fit."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a dashboard is called, and how it opens."""

    uid: str
    title: str
    description: str
    tags: Sequence[str] = ()
    start: str = "now-24h"


class Target(core.Target):
    """A PromQL query of a panel: over the time range, or at its end as a table."""

    def to_json_data(self) -> Json:
        """The keys Grafana's own editor writes."""
        return {
            "datasource": DATASOURCE,
            "editorMode": "code",
            "exemplar": False,
            "expr": self.expr,
            "format": self.format,
            "instant": self.instant,
            "legendFormat": self.legendFormat or "__auto",
            "range": not self.instant,
            "refId": self.refId,
        }


class _Mended(core.Panel):
    """Comes before a panel class of grafanalib: its JSON without what Grafana no longer knows."""

    def to_json_data(self) -> Json:
        panel = super().to_json_data()
        panel = {key: value for key, value in panel.items() if key not in _DEAD}
        panel["fieldConfig"].setdefault("overrides", [])
        return panel | {"datasource": DATASOURCE}


class TimeSeries(_Mended, core.TimeSeries):
    """Lines over time."""


class Stat(_Mended, core.Stat):
    """One big figure."""

    def to_json_data(self) -> Json:
        """Options that became obligatory in Grafana 10 and 11, with Grafana's own defaults."""
        stat = super().to_json_data()
        stat["options"] |= {
            "percentChangeColorMode": "standard",
            "showPercentChange": False,
            "wideLayout": True,
        }
        return stat


class StateTimeline(_Mended, core.StateTimeline):
    """Bars that change colour with the state."""


class Table(_Mended, core.Table):
    """A row per series."""

    def to_json_data(self) -> Json:
        """`displayMode` became `cellOptions` in schema 38."""
        table = super().to_json_data()
        table["fieldConfig"]["defaults"]["custom"].pop("displayMode")
        return table


class Text(_Mended, core.Text):
    """Markdown."""


class Row(core.RowPanel):
    """A heading across the dashboard."""

    def to_json_data(self) -> Json:
        """Rows know few of a panel's keys."""
        row = super().to_json_data()
        return {key: row[key] for key in _OF_ROW}


class Dashboard(core.Dashboard):
    """A dashboard, in the shapes of schema 41."""

    def to_json_data(self) -> Json:
        """Without the keys of old schemas."""
        dashboard = super().to_json_data()
        for key in _DEAD_OF_DASHBOARD:
            del dashboard[key]
        return dashboard | {"timepicker": {}, "schemaVersion": SCHEMA_VERSION, "refresh": "1m"}


def place(panel: Any, *, dashboard: str, slug: str, at: tuple[int, int], size: tuple[int, int]) -> Any:
    """Give a panel its id and its place: `at` is (column, row), `size` is (columns, rows)."""
    panel.id = panel_id(dashboard, slug)
    panel.gridPos = core.GridPos(h=size[1], w=size[0], x=at[0], y=at[1])
    for number, target in enumerate(panel.targets):
        target.refId = chr(ord("A") + number)
    return panel


def panel_id(dashboard: str, slug: str) -> int:
    """Stable under every change but that of the dashboard's uid or the panel's slug; Grafana wants 31 bits."""
    return crc32(f"{dashboard}/{slug}".encode()) & 0x7FFF_FFFF


def datasource_variable() -> Json:
    """The variable that every query refers to: a dashboard is at home on any Prometheus."""
    return {
        "current": {"selected": False, "text": "default", "value": "default"},
        "description": "The Prometheus that the queries go to.",
        "hide": 0,
        "includeAll": False,
        "label": "Data source",
        "multi": False,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
        "type": "datasource",
    }


def annotation(name: str, expr: str, *, color: str, title: str, value_is_time: bool = False) -> Json:
    """Marks on every chart: where `expr` has a value, or at the times (ms) that its values are."""
    return {
        "datasource": DATASOURCE,
        "enable": True,
        "expr": expr,
        "hide": False,
        "iconColor": color,
        "name": name,
        "step": "60s",
        "titleFormat": title,
        "useValueForTime": value_is_time,
    }


def told(name: str, tags: Sequence[str], *, color: str) -> Json:
    """Marks that were posted to Grafana itself with all of these tags."""
    return {
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "hide": False,
        "iconColor": color,
        "name": name,
        "target": {"limit": 100, "matchAny": False, "tags": list(tags), "type": "tags"},
    }


def _link(title: str, url: str) -> core.DashboardLink:
    """A link at the top of a dashboard, which keeps the variables and the time."""
    return core.DashboardLink(
        type="link", title=title, uri=url, icon="dashboard", includeVars=True, keepTime=True
    )


def dashboard_json(
    head: Head, *, links: Sequence[tuple[str, str]], annotations: Sequence[Json], panels: Sequence[Any]
) -> str:
    """The text of a dashboard: sorted keys, two spaces, a final newline."""
    dashboard = Dashboard(
        title=head.title,
        uid=head.uid,
        description=head.description,
        tags=sorted(head.tags),
        editable=False,
        graphTooltip=core.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
        time=core.Time(head.start, "now"),
        timezone="browser",
        links=[_link(title, url) for title, url in links],
        annotations=core.Annotations(list(annotations)),
        templating=core.Templating([datasource_variable()]),
        panels=list(panels),
    )
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(_plain(dashboard), option=options).decode()


def _plain(value: Any) -> Json:
    """Objects as their JSON, nulls left out; a threshold's open end is null and stays."""
    if hasattr(value, "to_json_data"):
        return _plain(value.to_json_data())
    if isinstance(value, dict):
        return {
            key: _plain(item)
            for key, item in value.items()
            if item is not None or (key == "value" and "color" in value)
        }
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
