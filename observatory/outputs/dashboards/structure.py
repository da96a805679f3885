"""What Grafana accepts in silence and people stumble over: the structure of a dashboard's JSON, checked."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from observatory.outputs.dashboards.layout import COLUMNS

_UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")
_WITHOUT_QUERIES = ("row", "text")


def structural_problems(dashboard: dict[str, Any]) -> list[str]:
    """Every problem in a sentence that begins with the panel it is about; empty when there is none.

    Args:
        dashboard: The parsed JSON of one dashboard, in the classic schema.
    """
    panels = list(_panels(dashboard))
    return [
        *_identity(dashboard, panels),
        *_overlaps(panels),
        *(problem for panel in panels for problem in _panel(panel)),
        *_nulls(dashboard, "dashboard"),
    ]


def _panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panel.get("panels", [])


def _identity(dashboard: dict[str, Any], panels: Iterable[dict[str, Any]]) -> Iterator[str]:
    if not _UID.fullmatch(dashboard.get("uid") or ""):
        yield "dashboard: uid must be 1 to 40 letters, digits, hyphens or underscores"
    for identity, count in Counter(panel.get("id") for panel in panels).items():
        if count > 1 or identity is None:
            yield f"dashboard: {count} panels have the id {identity}"


def _overlaps(panels: Iterable[dict[str, Any]]) -> Iterator[str]:
    taken: dict[tuple[int, int], str] = {}
    for panel in panels:
        place = panel.get("gridPos")
        if not place or not 0 <= place["x"] <= place["x"] + place["w"] <= COLUMNS:
            yield f"{_name(panel)}: gridPos must lie within {COLUMNS} columns"
            continue
        columns = range(place["x"], place["x"] + place["w"])
        cells = [(column, place["y"] + row) for row in range(place["h"]) for column in columns]
        for other in dict.fromkeys(taken[cell] for cell in cells if cell in taken):
            yield f"{_name(panel)}: overlaps {other}"
        taken |= dict.fromkeys(cells, _name(panel))


def _panel(panel: dict[str, Any]) -> Iterator[str]:
    name = _name(panel)
    if not panel.get("title"):
        yield f"{name}: has no title"
    if panel["type"] == "row":
        return
    if not panel.get("description"):
        yield f"{name}: has no description"
    for dead in ("maxDataPoints", "intervalFactor"):
        if dead in panel:
            yield f"{name}: {dead} hides data; leave it out"
    if panel["type"] not in _WITHOUT_QUERIES:
        yield from _queries(panel)
        yield from _field(panel)


def _queries(panel: dict[str, Any]) -> Iterator[str]:
    name, targets = _name(panel), panel.get("targets", [])
    if not targets:
        yield f"{name}: has no query"
    references = [target.get("refId") for target in targets]
    if len({*references}) < len(references) or not all(references):
        yield f"{name}: refIds must be unique and not empty, not {references}"
    for part in (panel, *targets):
        source = part.get("datasource")
        if not isinstance(source, dict) or not str(source.get("uid", "")).startswith("$"):
            yield f"{name}: datasource must be an object that names a variable, not {source!r}"


def _field(panel: dict[str, Any]) -> Iterator[str]:
    name, defaults = _name(panel), panel.get("fieldConfig", {}).get("defaults", {})
    if not defaults.get("unit"):
        yield f"{name}: has no unit"
    overrides = panel.get("fieldConfig", {}).get("overrides", [])
    thresholds = [defaults.get("thresholds", {})] + [
        item["value"]
        for override in overrides
        for item in override["properties"]
        if item["id"] == "thresholds"
    ]
    for threshold in thresholds:
        values = [step["value"] for step in threshold.get("steps", [])]
        if not values or values[0] is not None or values[1:] != sorted({*values[1:]}):
            yield f"{name}: thresholds must begin with null and ascend, not {values}"


def _nulls(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if item is None and not (key == "value" and "color" in value):
                yield f"{path}.{key}: is null"
            yield from _nulls(item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _nulls(item, f"{path}[{number}]")


def _name(panel: dict[str, Any]) -> str:
    return f'panel "{panel.get("title", panel.get("id"))}"'
