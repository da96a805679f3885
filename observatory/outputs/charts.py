"""Charts: one Vega-Lite specification each, drawn to SVG for pages and to PNG for Slack, without a browser or network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import altair as alt
import vl_convert

from observatory.evaluation import BudgetPoint

HOUR = timedelta(hours=1)


class Scheme(StrEnum):
    """What the chart will lie on."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class _Ink:
    paper: str
    text: str
    grid: str
    line: str
    ideal: str
    spent: str
    missing: str


_INKS = {
    Scheme.LIGHT: _Ink("#ffffff", "#4d5663", "#e4e8ee", "#2456c7", "#626c7a", "#c62828", "#d5dae1"),
    Scheme.DARK: _Ink("#171d25", "#b3bdca", "#2b333e", "#8ab4ff", "#9aa4b2", "#ff8a80", "#37404c"),
}
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


def burn_down_svg(
    points: Sequence[BudgetPoint], *, scheme: Scheme = Scheme.LIGHT, width: int = 760, height: int = 240
) -> str:
    """The budget of one window as it was spent, as an SVG of about this size in CSS pixels; `points` is not empty."""
    return str(vl_convert.vegalite_to_svg(_burn_down(points, _INKS[scheme], width, height).to_json()))


def burn_down_png(points: Sequence[BudgetPoint], *, title: str, width: int = 720, height: int = 220) -> bytes:
    """The same as a PNG at twice this size, on white, with a title: Slack shows a file without its surroundings."""
    chart = _burn_down(points, _INKS[Scheme.LIGHT], width, height).properties(title=title)
    return bytes(vl_convert.vegalite_to_png(chart.to_json(), scale=2))


def _burn_down(points: Sequence[BudgetPoint], ink: _Ink, width: int, height: int) -> alt.LayerChart:
    lowest = min((point.remaining for point in points if point.remaining is not None), default=0.0)
    x = alt.X(
        "at:T", title=None, axis=alt.Axis(format="%-d %b", tickCount=max(3, width // 110), labelFlush=True)
    )
    y = alt.Y(
        "remaining:Q",
        title=None,
        scale=alt.Scale(domain=[min(0.0, lowest * 1.08), 1.0], nice=False),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    layers = [
        *_missing(points, ink),
        _ideal(points, ink, x, y, with_label=width > _NARROW),
        alt.Chart(alt.Data(values=[{"remaining": 0}])).mark_rule(color=ink.spent, strokeWidth=1).encode(y=y),
        *_spent(points, ink, x, y),
    ]
    return alt.layer(*layers).properties(width=width - 48, height=height - 32).configure(**_config(ink))


_NARROW = 480


def _config(ink: _Ink) -> dict[str, Any]:
    axis = {
        "labelColor": ink.text,
        "gridColor": ink.grid,
        "domain": False,
        "ticks": False,
        "labelFontSize": 12,
    }
    return {
        "background": ink.paper,
        "font": _FONT,
        "axis": axis | {"labelPadding": 6},
        "axisX": {"grid": False},
        "view": {"stroke": None},
        "title": {"color": ink.text, "anchor": "start", "fontSize": 14},
        "padding": 4,
    }


def _spent(points: Sequence[BudgetPoint], ink: _Ink, x: alt.X, y: alt.Y) -> Iterator[alt.Chart]:
    """The line, what lies between it and zero, and how much is left at its end."""
    start = {"at": _moment(points[0], before=HOUR), "remaining": 1.0}
    rows = [start, *({"at": _moment(point), "remaining": point.remaining} for point in points)]
    data = alt.Data(values=rows)
    below = "datum.remaining !== null && datum.remaining < 0"
    area = alt.Chart(data).mark_area(color=ink.line, opacity=0.12, interpolate="step-after")
    yield area.encode(x=x, y=y, y2=alt.datum(0))
    line = alt.Chart(data).mark_line(
        strokeWidth=2, interpolate="step-after", invalid="break-paths-show-domains"
    )
    yield line.encode(x=x, y=y, color=alt.value(ink.line))
    overspent = alt.Chart(data).transform_calculate(remaining=f"{below} ? datum.remaining : null")
    yield overspent.mark_line(strokeWidth=2.5, interpolate="step-after").encode(
        x=x, y=y, color=alt.value(ink.spent)
    )
    known = [row for row in rows if row["remaining"] is not None]
    end = alt.Chart(alt.Data(values=known[-1:]))
    colour = alt.condition("datum.remaining < 0", alt.value(ink.spent), alt.value(ink.line))
    yield end.mark_point(filled=True, size=50, opacity=1).encode(x=x, y=y, color=colour)


def _ideal(
    points: Sequence[BudgetPoint], ink: _Ink, x: alt.X, y: alt.Y, *, with_label: bool
) -> alt.LayerChart:
    """Spending evenly: the whole budget at the start of the window, none at its end."""
    ends = [
        {"at": _moment(points[0], before=HOUR), "remaining": 1.0},
        {"at": _moment(points[-1]), "remaining": 0.0},
    ]
    line = alt.Chart(alt.Data(values=ends)).mark_line(color=ink.ideal, strokeDash=[5, 4], strokeWidth=1.3)
    if not with_label:
        return alt.layer(line.encode(x=x, y=y))
    middle = points[0].at + (points[-1].at - points[0].at) * 0.5
    label = alt.Chart(alt.Data(values=[{"at": middle.replace(tzinfo=None).isoformat(), "remaining": 0.5}]))
    text = label.mark_text(text="even spending", color=ink.ideal, align="right", dx=-8, dy=8, fontSize=12)
    return alt.layer(line.encode(x=x, y=y), text.encode(x=x, y=y))


def _missing(points: Sequence[BudgetPoint], ink: _Ink) -> Iterator[alt.Chart]:
    """Grey where nothing was measured."""
    spans: list[dict[str, str]] = []
    for before, point in zip((None, *points), points, strict=False):
        if point.remaining is not None:
            continue
        if before is not None and before.remaining is None:
            spans[-1]["to"] = _moment(point)
        else:
            spans.append({"from": _moment(point, before=HOUR), "to": _moment(point)})
    if spans:
        grey = alt.Chart(alt.Data(values=spans)).mark_rect(color=ink.missing, opacity=0.7)
        yield grey.encode(x=alt.X("from:T", title=None), x2="to:T")


def _moment(point: BudgetPoint, *, before: timedelta = timedelta(0)) -> str:
    """Without its zone, which is UTC: Vega would turn it into the zone of the machine that draws."""
    return (point.at - before).replace(tzinfo=None).isoformat()
