"""A dashboard's JSON, read into what a picture of it needs; what Grafana would fill in, filled in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from observatory.outputs.preview.marks import Mark, marks_in


@dataclass(frozen=True, slots=True)
class TimeRange:
    """What a person looks at: Unix seconds, and what Grafana makes of them."""

    start: int
    end: int
    scrape: int = 15
    """Seconds; the data source's scrape interval."""
    pixels: int = 800

    @property
    def step(self) -> int:
        """Grafana's interval: the range over the panel's pixels, not below the scrape interval."""
        return max(self.scrape, round((self.end - self.start) / self.pixels))

    @property
    def rate_interval(self) -> int:
        """$__rate_interval = max(interval + scrape interval, 4 · scrape interval)."""
        return max(self.step + self.scrape, 4 * self.scrape)

    def filled(self, expr: str) -> str:
        """A query with Grafana's own variables filled in."""
        return expr.replace("$__rate_interval", f"{self.rate_interval}s")


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a panel."""

    ref: str
    expr: str
    legend: str
    instant: bool


@dataclass(frozen=True, slots=True)
class Mapped:
    """A value, or values from `low` to `high`, that are shown as a text."""

    text: str
    color: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Style:
    """How values look: of a whole panel, or of the series or column of a name."""

    unit: str = "short"
    decimals: int | None = None
    steps: Sequence[tuple[float | None, str]] = ()
    """Where a colour begins; the first begins nowhere."""
    fixed_color: str = ""
    mappings: Sequence[Mapped] = ()
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of values that are words: what is shown for them, and in which colour."""
    is_dashed: bool = False
    is_hidden: bool = False
    is_colored: bool = False

    def color(self, value: float) -> str:
        """By the thresholds."""
        color = ""
        for start, name in self.steps:
            if start is None or value >= start:
                color = name
        return color


@dataclass(frozen=True, slots=True)
class Columns:
    """What a table does with the labels and values it is given."""

    names: Mapping[str, str]
    order: Sequence[str]
    hidden: frozenset[str]
    sorted_by: str


@dataclass(frozen=True, slots=True)
class PanelView:
    """One panel, where it stands and what it asks."""

    title: str
    kind: str
    at: tuple[int, int, int, int]
    """Column, row, columns, rows."""
    asked: Sequence[Asked]
    style: Style
    overrides: Mapping[str, Style]
    no_value: str
    minimum: float | None
    is_stacked: bool
    is_symlog: bool
    draws_thresholds: bool
    shows_names: bool
    shows_values: bool
    fills_background: bool
    columns: Columns | None
    content: str


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard."""

    title: str
    description: str
    panels: Sequence[PanelView]
    marks: Sequence[Mark] = ()


def read(text: str) -> Board:
    """Read a generated dashboard."""
    board = json.loads(text)
    panels = [_panel(panel) for panel in board["panels"]]
    return Board(board["title"], board.get("description", ""), panels, marks_in(board))


_Json = Mapping[str, Any]


def _panel(panel: _Json) -> PanelView:
    place, options = panel["gridPos"], panel.get("options", {})
    defaults = panel.get("fieldConfig", {}).get("defaults", {})
    custom = defaults.get("custom", {})
    mode = options.get("textMode", "auto")
    return PanelView(
        title=panel["title"],
        kind=panel["type"],
        at=(place["x"], place["y"], place["w"], place["h"]),
        asked=[_asked(target) for target in panel.get("targets", [])],
        style=_style(defaults, Style()),
        overrides=_overrides(panel, _style(defaults, Style())),
        no_value=defaults.get("noValue", "no data"),
        minimum=defaults.get("min"),
        is_stacked=custom.get("stacking", {}).get("mode") == "normal",
        is_symlog=custom.get("scaleDistribution", {}).get("type") == "symlog",
        draws_thresholds=custom.get("thresholdsStyle", {}).get("mode") == "line",
        shows_names=mode in ("name", "value_and_name"),
        shows_values=mode != "name",
        fills_background=options.get("colorMode") == "background",
        columns=_columns(panel, options) if panel["type"] == "table" else None,
        content=options.get("content", ""),
    )


def _asked(target: _Json) -> Asked:
    return Asked(target["refId"], target["expr"], target["legendFormat"], target["instant"])


def _overrides(panel: _Json, style: Style) -> Mapping[str, Style]:
    found: dict[str, Style] = {}
    for override in panel.get("fieldConfig", {}).get("overrides", []):
        name = override["matcher"]["options"]
        properties = {item["id"]: item["value"] for item in override["properties"]}
        found[name] = _style(properties, found.get(name, style))
    return found


def _style(given: _Json, base: Style) -> Style:
    """Grafana's defaults of a field and the properties of an override go by the same names."""
    steps = given.get("thresholds", {}).get("steps")
    color = given.get("color", {})
    mappings = given.get("mappings")
    return Style(
        unit=given.get("unit", base.unit),
        decimals=given.get("decimals", base.decimals),
        steps=base.steps if steps is None else [(step["value"], step["color"]) for step in steps],
        fixed_color=color.get("fixedColor", base.fixed_color),
        mappings=base.mappings if mappings is None else [*_mapped(mappings)],
        texts=base.texts if mappings is None else _texts(mappings),
        is_dashed="custom.lineStyle" in given or base.is_dashed,
        is_hidden=given.get("custom.hidden", base.is_hidden),
        is_colored=given.get("custom.cellOptions", {}).get("type") == "color-text" or base.is_colored,
    )


def _mapped(mappings: Sequence[_Json]) -> list[Mapped]:
    found = []
    for mapping in mappings:
        options = mapping["options"]
        if mapping["type"] == "range":
            result = options["result"]
            found.append(Mapped(result["text"], result["color"], options["from"], options["to"]))
        if mapping["type"] == "value":
            found += [
                Mapped(result["text"], result["color"], float(value), float(value))
                for value, result in options.items()
                if value.lstrip("-").isdigit()
            ]
    return found


def _texts(mappings: Sequence[_Json]) -> Mapping[str, tuple[str, str]]:
    return {
        value: (result["text"], result["color"])
        for mapping in mappings
        if mapping["type"] == "value"
        for value, result in mapping["options"].items()
    }


def _columns(panel: _Json, options: _Json) -> Columns:
    organize: _Json = next(
        (item["options"] for item in panel.get("transformations", []) if item["id"] == "organize"), {}
    )
    index = organize.get("indexByName", {})
    return Columns(
        names=organize.get("renameByName", {}),
        order=sorted(index, key=index.__getitem__),
        hidden=frozenset(name for name, hidden in organize.get("excludeByName", {}).items() if hidden),
        sorted_by=next((item["displayName"] for item in options.get("sortBy", [])), ""),
    )
