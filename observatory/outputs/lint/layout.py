"""Rules about the shape of a dashboard's JSON: what Grafana accepts in silence and people stumble over."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from observatory.outputs.findings.model import Step
from observatory.outputs.lint.board import Board, mapping, mappings
from observatory.outputs.lint.registry import Defect, Rules

RULES: Rules[Board] = Rules()
_COLUMNS = 24
_TALLEST = 1_000
_ANGULAR = {
    "graph": "timeseries",
    "singlestat": "stat",
    "table-old": "table",
    "grafana-piechart-panel": "piechart",
    "grafana-worldmap-panel": "geomap",
    "heatmap-old": "heatmap",
    "natel-discrete-panel": "state-timeline",
    "flant-statusmap-panel": "status-history",
}
_NULL_IS_RIGHT = frozenset({"id", "gnetId"})


@RULES.error("null-value", "Null is written nowhere but as the open end of a threshold or of a range.")
def null_value(board: Board) -> Iterator[Defect]:
    """To Grafana null means "whatever the default is", which differs from version to version."""
    if "null" not in board.text:
        return
    for path in _nulls(board.raw, board.prefix):
        if not (len(path) == len(board.prefix) + 1 and path[-1] in _NULL_IS_RIGHT):
            yield Defect(f"{'.'.join(map(str, path))} is null; leave it out", path=path)


def _nulls(value: Any, path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            open_end = (key == "value" and "color" in value) or (key in ("from", "to") and "result" in value)
            if item is None and not open_end:
                yield (*path, key)
            elif isinstance(item, dict | list):
                yield from _nulls(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _nulls(item, (*path, number))


@RULES.error("dead-panel-type", "No panel is of a type that Grafana 12 removed with Angular.")
def dead_panel_type(board: Board) -> Iterator[Defect]:
    """It shows an error in the place of the data."""
    for panel in board.panels:
        if panel.kind in _ANGULAR:
            message = f"type {panel.kind} is gone since Grafana 12"
            yield Defect(message, panel.where, (*panel.path, "type"), fix=f"such as: {_ANGULAR[panel.kind]}")
        elif not panel.kind:
            yield Defect("has no type", panel.where, panel.path)


@RULES.error(
    "datasource", "Panels and queries name their data source as an object, through a declared variable."
)
def datasource(board: Board) -> Iterator[Defect]:
    """A fixed uid, a bare string or none at all ties the dashboard to one Grafana."""
    fix = 'such as: {"type": "prometheus", "uid": "${datasource}"}'
    for panel in board.panels:
        if not panel.shows_queries or not panel.targets:
            continue
        parts = [(panel.raw, panel.where, panel.path), *((t.raw, t.where, t.path) for t in panel.targets)]
        for raw, where, path in parts:
            source = raw.get("datasource")
            if not board.is_declared(source):
                said = "has no data source" if source is None else f"data source is {source!r}"
                yield Defect(f"{said}, not a declared variable", where, (*path, "datasource"), fix)


@RULES.error("thresholds", "Thresholds begin with null and ascend.")
def thresholds(board: Board) -> Iterator[Defect]:
    """Out of order, the last that fits wins, and the colour lies."""
    for panel in board.panels:
        for path, value in panel.properties("thresholds") if panel.shows_queries else ():
            steps = [step.get("value") for _, step in mappings(mapping(value).get("steps"))]
            if not steps or steps[0] is not None or not _ascend(steps[1:]):
                message = f"thresholds are {steps}; they begin with null and ascend"
                yield Defect(message, panel.where, path)


def _ascend(values: list[Any]) -> bool:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return len(numbers) == len(values) and all(one < other for one, other in pairwise(numbers))


@RULES.error("blind-chart", "Neither maxDataPoints nor intervalFactor is set.")
def blind_chart(board: Board) -> Iterator[Defect]:
    """With 100 points and a factor of 2, half of a day is never read: short outages are not on the chart."""
    for panel in board.panels:
        if panel.raw.get("maxDataPoints") is not None and panel.shows_queries:
            at = (*panel.path, "maxDataPoints")
            yield Defect("maxDataPoints hides data between the points; leave it out", panel.where, at)
        for target in panel.targets:
            if target.raw.get("intervalFactor") not in (None, 1):
                at = (*target.path, "intervalFactor")
                yield Defect("intervalFactor leaves data unread; leave it out", target.where, at)


@RULES.error("grid", "Every panel lies within the 24 columns, and on no other.")
def grid(board: Board) -> Iterator[Defect]:
    """Grafana moves panels that overlap, differently in every version."""
    taken: dict[tuple[int, int], str] = {}
    rows: dict[tuple[object, ...], dict[tuple[int, int], str]] = {}
    for panel in board.panels:
        place = mapping(panel.raw.get("gridPos"))
        at = (*panel.path, "gridPos")
        box = [place.get(key) for key in "xywh"]
        if not all(type(side) is int and 0 <= side <= _TALLEST for side in box):
            yield Defect("gridPos needs x, y, w and h as whole numbers", panel.where, at)
            continue
        x, y, w, h = (int(side or 0) for side in box)
        if not (w and h) or x + w > _COLUMNS:
            yield Defect(f"gridPos must lie within {_COLUMNS} columns", panel.where, at)
            continue
        cells = [(column, row) for row in range(y, y + h) for column in range(x, x + w)]
        inside = len(panel.path) > len(board.prefix) + 2
        area = rows.setdefault(panel.path[:-2], {}) if inside else taken
        for other in dict.fromkeys(area[cell] for cell in cells if cell in area):
            yield Defect(f"overlaps {other}", panel.where, at)
        area.update(dict.fromkeys(cells, panel.where))


@RULES.warning("row", "An open row holds no panels; a collapsed one holds its own.")
def row(board: Board) -> Iterator[Defect]:
    """Panels inside an open row are not shown."""
    for panel in board.panels:
        if panel.kind == "row" and panel.raw.get("panels") and not panel.raw.get("collapsed"):
            yield Defect("is open, so the panels inside it are not shown", panel.where, panel.path)
