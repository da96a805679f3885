"""Lines over time, by Vega-Lite, with a legend beside them as Grafana's table legend has it."""

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import vl_convert

from observatory.outputs.preview import drawing
from observatory.outputs.preview.drawing import PALETTE, QUIET, TEXT, box, ink, text
from observatory.outputs.preview.marks import Marked
from observatory.outputs.preview.marks import layers as behind
from observatory.outputs.preview.reading import PanelView, TimeRange
from observatory.outputs.preview.series import Line
from observatory.outputs.preview.units import ticks, written

_LEGEND_ROW = 16
_HALF = 12
"""Hours up to which an axis shows times of day alone."""
Spec = dict[str, Any]
"""Vega-Lite's JSON."""


def chart(
    panel: PanelView,
    lines: Sequence[Line],
    span: TimeRange,
    size: tuple[float, float],
    marks: Sequence[Marked],
) -> str:
    """The lines and, below them, a table of names with the last and greatest values."""
    shown = min(len(lines), max(2, int(size[1] * 0.4 / _LEGEND_ROW)))
    plot = (size[0], size[1] - _LEGEND_ROW * (shown + 1) - 4)
    svg = vl_convert.vegalite_to_svg(json.dumps(_spec(panel, lines, span, plot, marks)))
    top = size[1] - _LEGEND_ROW * shown
    return svg + _legend(panel, lines[:shown], more=len(lines) - shown, top=top, wide=size[0])


def _color(panel: PanelView, line: Line, number: int) -> str:
    style = panel.overrides.get(line.name)
    return ink(style.fixed_color) if style and style.fixed_color else PALETTE[number % len(PALETTE)]


def _legend(panel: PanelView, lines: Sequence[Line], *, more: int, top: float, wide: float) -> str:
    heads = ((wide - 90, "Last"), (wide - 6, "Max"))
    parts = [text((x, top - 4), name, size=10, color=QUIET, anchor="end") for x, name in heads]
    if more:
        parts.append(text((18, top - 4), f"and {more} more", size=10, color=QUIET))
    for number, line in enumerate(lines):
        base = top + _LEGEND_ROW * (number + 1) - 5
        most = max(value for _, value in line.points)
        parts.append(box((2, base - 6), (10, 3), _color(panel, line, number)))
        parts.append(text((18, base), line.name, size=11, room=wide - 190))
        for (x, _), value in zip(heads, (line.last, most), strict=True):
            figure = written(value, panel.style.unit, panel.style.decimals)
            parts.append(text((x, base), figure, size=11, color=TEXT, anchor="end"))
    return "".join(parts)


def _spec(
    panel: PanelView,
    lines: Sequence[Line],
    span: TimeRange,
    size: tuple[float, float],
    marks: Sequence[Marked],
) -> Spec:
    low, high = _domain(panel, lines)
    rungs = [tick for tick in _ticks(panel, low, high) if low <= tick <= high]
    labels = {f"{tick:.12g}": written(tick, panel.style.unit) for tick in rungs}
    layers = [_layer(panel, line, number, span) for number, line in enumerate(lines)]
    if panel.is_stacked:
        layers = [_stacked(panel, lines)]
    return {
        "width": size[0],
        "height": size[1],
        "autosize": {"type": "fit", "contains": "padding"},
        "background": "transparent",
        "padding": 2,
        "layer": [*behind(marks), *layers, *_thresholds(panel, low, high)],
        "encoding": {"x": _x(span), "y": _y(panel, (low, high), rungs, labels)},
        "config": {"view": {"stroke": None}, "font": drawing.FONT},
    }


def _domain(panel: PanelView, lines: Sequence[Line]) -> tuple[float, float]:
    """What the lines need, with the panel's own minimum; a flat line lies in the middle."""
    values = [value for line in lines for _, value in line.points if math.isfinite(value)] or [0.0]
    if panel.is_stacked:
        sums: dict[int, float] = {}
        for line in lines:
            for time, value in line.points:
                sums[time] = sums.get(time, 0.0) + value
        values = [0.0, *sums.values()]
    low = min(values) if panel.minimum is None else panel.minimum
    high = max(values)
    if high <= low:
        high = low + (abs(low) or 1.0)
    room = (high - low) * 0.06
    return (low - room if panel.minimum is None else low), high + room


def _ticks(panel: PanelView, low: float, high: float) -> list[float]:
    if panel.is_symlog and high >= 1:
        return [0.0, *(10.0**power for power in range(math.floor(math.log10(max(high, 10))) + 1))]
    return ticks(low, high, panel.style.unit)


def _x(span: TimeRange) -> Spec:
    form = "%H:%M" if span.end - span.start <= 2 * _HALF * 3600 else "%d %b"
    axis = {"title": None, "format": form, "grid": False, "tickCount": 6} | _AXIS
    domain = [_moment(span.start), _moment(span.end)]
    return {"field": "at", "type": "temporal", "axis": axis, "scale": {"domain": domain, "type": "utc"}}


_AXIS: Spec = {
    "labelColor": QUIET,
    "labelFontSize": 11,
    "gridColor": drawing.GRID,
    "domain": False,
    "ticks": False,
    "labelPadding": 6,
}


def _y(panel: PanelView, domain: tuple[float, float], marks: Sequence[float], labels: dict[str, str]) -> Spec:
    scale: Spec = {"domain": list(domain), "nice": False, "zero": False}
    if panel.is_symlog:
        scale |= {"type": "symlog", "constant": 1}
    expr = f"{json.dumps(list(labels.values()))}[indexof({json.dumps(list(marks))}, datum.value)]"
    axis = {"title": None, "values": list(marks), "labelExpr": expr} | _AXIS
    return {"field": "value", "type": "quantitative", "scale": scale, "axis": axis}


def _layer(panel: PanelView, line: Line, number: int, span: TimeRange) -> Spec:
    """A line that breaks where points are missing."""
    style = panel.overrides.get(line.name, panel.style)
    mark: Spec = {
        "type": "line",
        "color": _color(panel, line, number),
        "strokeWidth": 1.4,
        "clip": True,
        "invalid": "break-paths-show-domains",
    }
    if style.is_dashed:
        mark["strokeDash"] = [6, 5]
    return {"data": {"values": _broken(line, span.step)}, "mark": mark}


def _broken(line: Line, step: int) -> list[Spec]:
    rows: list[Spec] = []
    before: int | None = None
    for time, value in line.points:
        if before is not None and time - before > step:
            rows.append({"at": _moment(before + step), "value": None})
        rows.append({"at": _moment(time), "value": value if math.isfinite(value) else None})
        before = time
    return rows


def _stacked(panel: PanelView, lines: Sequence[Line]) -> Spec:
    rows = [
        {"at": _moment(time), "value": value, "name": line.name, "order": number}
        for number, line in enumerate(lines)
        for time, value in line.points
    ]
    colors = [_color(panel, line, number) for number, line in enumerate(lines)]
    scale = {"domain": [line.name for line in lines], "range": colors}
    return {
        "data": {"values": rows},
        "mark": {"type": "area", "line": {"strokeWidth": 1.2}, "fillOpacity": 0.35, "clip": True},
        "encoding": {
            "color": {"field": "name", "type": "nominal", "scale": scale, "legend": None},
            "order": {"field": "order", "type": "quantitative"},
        },
    }


def _thresholds(panel: PanelView, low: float, high: float) -> list[Spec]:
    """Lines, where they lie within what is drawn."""
    if not panel.draws_thresholds:
        return []
    return [
        {
            "data": {"values": [{"value": start}]},
            "mark": {
                "type": "rule",
                "color": ink(color),
                "strokeWidth": 1,
                "opacity": 0.9,
                "strokeDash": [2, 2],
            },
            "encoding": {"x": None, "y": {"field": "value", "type": "quantitative"}},
        }
        for start, color in panel.style.steps
        if start is not None and low <= start <= high
    ]


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
