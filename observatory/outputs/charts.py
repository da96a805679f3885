"""Charts: one Vega-Lite specification each, drawn to SVG for pages and to PNG for Slack, without a browser or network."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import altair as alt
import vl_convert

from observatory.evaluation import BudgetPoint

_HOUR = timedelta(hours=1)
_NARROW = 480
_LABELS = (52, 36)
"""Room for the labels of both axes, within the asked width and height."""


class Scheme(StrEnum):
    """What the chart will lie on."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of a scheme."""

    paper: str
    text: str
    grid: str
    line: str
    ideal: str
    overspent: str
    missing: str


_INKS = {
    Scheme.LIGHT: Ink("#ffffff", "#4d5663", "#e4e8ee", "#2456c7", "#626c7a", "#b91c1c", "#d5dae1"),
    Scheme.DARK: Ink("#171d25", "#b3bdca", "#2b333e", "#8ab4ff", "#9aa4b2", "#ff8a80", "#37404c"),
}
LIGHT = _INKS[Scheme.LIGHT]
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


def burn_down_svg(
    points: Sequence[BudgetPoint],
    *,
    ends: datetime | None = None,
    scheme: Scheme = Scheme.LIGHT,
    width: int = 760,
    height: int = 240,
) -> str:
    """The budget of one window as it was spent, as an SVG of about this size in CSS pixels.

    Args:
        points: not empty.
        ends: of a calendar window under way: when it ends, and even spending too.
        scheme: the colours.
        width: CSS pixels.
        height: CSS pixels.
    """
    return str(vl_convert.vegalite_to_svg(_specification(points, _INKS[scheme], width, height, ends=ends)))


def burn_down_png(points: Sequence[BudgetPoint], *, title: str, width: int = 720, height: int = 260) -> bytes:
    """The same as a PNG of twice this size, on white and with a title: Slack shows it without its surroundings."""
    specification = _specification(points, LIGHT, width, height, title=title)
    return bytes(vl_convert.vegalite_to_png(specification, scale=2))


def _specification(
    points: Sequence[BudgetPoint],
    ink: Ink,
    width: int,
    height: int,
    *,
    title: str = "",
    ends: datetime | None = None,
) -> dict[str, Any]:
    """Vega-Lite's JSON. Not validated here: that takes five times as long as all the rest, and a test does it."""
    chart = _burn_down(points, ink, width=width, height=height, ends=ends)
    if title:
        chart = chart.properties(title=title)
    return dict(chart.to_dict(validate=False))


def _burn_down(
    points: Sequence[BudgetPoint], ink: Ink, *, width: int, height: int, ends: datetime | None
) -> alt.LayerChart:
    lowest = min((point.remaining for point in points if point.remaining is not None), default=0.0)
    x = alt.X(
        "at:T",
        title=None,
        axis=alt.Axis(format="%-d %b", tickCount=max(3, width // 110), labelFlush=True, grid=False),
    )
    y = alt.Y(
        "remaining:Q",
        title=None,
        scale=alt.Scale(domain=[min(0.0, lowest * 1.08), 1.0], nice=False),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    layers = [
        *_missing(points, ink),
        *_ideal((points[0].at - _HOUR, ends or points[-1].at), ink, x, y, labelled=width > _NARROW),
        over([{"remaining": 0}]).mark_rule(color=ink.overspent, strokeWidth=1).encode(y=y),
        *_spent(points, ink, x, y),
    ]
    side, foot = _LABELS
    return alt.LayerChart(
        layer=layers, width=width - side, height=height - foot, config=alt.Config(**chart_config(ink))
    )


def chart_config(ink: Ink) -> dict[str, Any]:
    """What all charts look like."""
    return {
        "background": ink.paper,
        "font": _FONT,
        "axis": {
            "labelColor": ink.text,
            "labelFontSize": 12,
            "labelPadding": 6,
            "gridColor": ink.grid,
            "domain": False,
            "ticks": False,
        },
        "view": {"stroke": None},
        "title": {"color": ink.text, "anchor": "start", "fontSize": 14},
        "padding": 4,
    }


def _spent(points: Sequence[BudgetPoint], ink: Ink, x: alt.X, y: alt.Y) -> Iterator[alt.Chart]:
    """The line with what lies between it and zero, once above zero and once below, and a point where it ends."""
    rows: list[tuple[str, float | None]] = [(moment_text(points[0].at - _HOUR), 1.0)]
    rows += [(moment_text(point.at), point.remaining) for point in points]
    for sign, colour in ((1, ink.line), (-1, ink.overspent)):
        drawn = [{"at": at, "remaining": _one_side(left, sign)} for at, left in rows]
        if any(row["remaining"] is not None for row in drawn):
            area = over(drawn).mark_area(
                color=colour,
                opacity=0.12,
                line={"color": colour, "strokeWidth": 2, "opacity": 1},
                interpolate="step-before",
                invalid="break-paths-show-domains",
            )
            yield area.encode(x=x, y=y, y2=alt.datum(0))
    at, left = next((at, left) for at, left in reversed(rows) if left is not None)
    colour = ink.overspent if left < 0 else ink.line
    yield (
        over([{"at": at, "remaining": left}]).mark_circle(color=colour, size=55, opacity=1).encode(x=x, y=y)
    )


def _one_side(left: float | None, sign: int) -> float | None:
    return None if left is None or left * sign < 0 else left


def _ideal(
    window: tuple[datetime, datetime], ink: Ink, x: alt.X, y: alt.Y, *, labelled: bool
) -> Iterator[alt.Chart]:
    """Spending evenly: the whole budget at the start of the window, none at its end."""
    start, end = window
    ends = [{"at": moment_text(start), "remaining": 1.0}, {"at": moment_text(end), "remaining": 0.0}]
    yield over(ends).mark_line(color=ink.ideal, strokeDash=[5, 4], strokeWidth=1.3).encode(x=x, y=y)
    if labelled:
        third = [{"at": moment_text(start + (end - start) * 0.7), "remaining": 0.3}]
        text = over(third).mark_text(
            text="even spending", color=ink.ideal, align="left", dx=8, dy=-8, fontSize=12
        )
        yield text.encode(x=x, y=y)


def _missing(points: Sequence[BudgetPoint], ink: Ink) -> Iterator[alt.Chart]:
    """Grey where nothing was measured."""
    spans: list[tuple[datetime, datetime]] = []
    for point in points:
        start = point.at - _HOUR
        if point.remaining is not None:
            continue
        if spans and spans[-1][1] == start:
            start = spans.pop()[0]
        spans.append((start, point.at))
    if spans:
        rows = [{"from": moment_text(start), "to": moment_text(end)} for start, end in spans]
        grey = over(rows).mark_rect(color=ink.missing, opacity=0.7)
        yield grey.encode(x=alt.X("from:T", title=None), x2="to:T")


def over(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """A chart over these rows."""
    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]  # altair leaves its schema classes untyped


def moment_text(moment: datetime) -> str:
    """In UTC but without a zone: Vega would turn it into the zone of the machine that draws."""
    return moment.replace(tzinfo=None).isoformat()
