"""Rules about what people read: titles, descriptions, and units that fit what is asked."""

import re
from collections.abc import Iterator

from observatory.outputs.lint.board import Board, Panel, text
from observatory.outputs.lint.registry import Defect, Rules
from observatory.outputs.lint.units import is_known

RULES: Rules[Board] = Rules()
_WITHOUT_UNITS = frozenset(
    {"logs", "nodeGraph", "traces", "flamegraph", "canvas", "geomap", "table", "state-timeline"}
)
_TIMES_100 = re.compile(r"\*\s*100\b(?![.\d])|\b100\s*\*")
_TIMES_1000 = re.compile(r"\*\s*(?:1000|1e3)\b|\b(?:1000|1e3)\s*\*")
_SECONDS = re.compile(r"[a-z]_seconds(?:_sum|_bucket)?\b")


@RULES.warning("panel-title", "Every panel has a title.")
def panel_title(board: Board) -> Iterator[Defect]:
    """Without one, nobody can speak of it."""
    for panel in board.panels:
        if not text(panel.raw.get("title")).strip() and panel.kind != "text":
            yield Defect("has no title", panel.where, panel.path)


@RULES.warning("panel-description", "Every panel with data has a description.")
def panel_description(board: Board) -> Iterator[Defect]:
    """Somebody will look at it at night for the first time."""
    for panel in board.panels:
        if panel.shows_queries and not text(panel.raw.get("description")).strip():
            fix = "the question that it answers, and what to do about the answer"
            yield Defect("has no description", panel.where, panel.path, fix)


@RULES.error("panel-unit", "Every panel with numbers has a unit, of the panel or of each field.")
def panel_unit(board: Board) -> Iterator[Defect]:
    """3 may be seconds, percent or requests."""
    for panel in board.panels:
        if panel.shows_queries and panel.kind not in _WITHOUT_UNITS and not any(panel.properties("unit")):
            at = (*panel.path, "fieldConfig", "defaults", "unit")
            yield Defect("has no unit", panel.where, at, fix="such as: percentunit, s, reqps, short")


@RULES.error(
    "unknown-unit", "Units are Grafana's own, or made up with suffix:, prefix:, si:, time: or currency:."
)
def unknown_unit(board: Board) -> Iterator[Defect]:
    """Grafana prints a misspelt unit after the number."""
    for panel in board.panels:
        for path, unit in panel.properties("unit"):
            if unit and not is_known(text(unit)):
                yield Defect(
                    f"unit {unit!r} is none of Grafana's", panel.where, path, fix="such as: percentunit"
                )


@RULES.error("unit-scale", "The unit has the scale of the query: percentunit is 0 to 1, percent 0 to 100.")
def unit_scale(board: Board) -> Iterator[Defect]:
    """95 % that is shown as 9500 %, or as 0.95 %."""
    for panel in board.panels:
        unit = text(panel.defaults.get("unit"))
        if any(path for path, _ in panel.properties("unit") if "overrides" in path):
            continue
        for target in panel.targets:
            wrong = _wrong_scale(unit, target.query.text) if target.query else ""
            if wrong:
                yield Defect(wrong, target.where, (*target.path, "expr"))


def _wrong_scale(unit: str, query: str) -> str:
    hundred, thousand = _TIMES_100.search(query), _TIMES_1000.search(query)
    seconds = _SECONDS.search(query) and "/" not in query and "_count" not in query
    if unit == "percentunit" and hundred:
        return "unit percentunit is for 0 to 1, and the query multiplies by 100"
    if unit == "percent" and re.search(r"\)\s*/", query) and not re.search(r"\b100\b", query):
        return "unit percent is for 0 to 100, and the query is a ratio"
    if unit == "ms" and seconds and not thousand:
        return "unit ms, and the query is in seconds"
    if unit == "s" and seconds and thousand:
        return "unit s, and the query is in milliseconds"
    return ""


def shown_as_ratio(panel: Panel) -> bool:
    """It shows a share of something."""
    return text(panel.defaults.get("unit")) in ("percent", "percentunit")
