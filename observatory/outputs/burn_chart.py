"""The chart below an incident's message: how fast the budget has burned in the last hours, against what fires."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import altair as alt
import vl_convert

from observatory.outputs.charts import LIGHT, chart_config, moment_text, over

_WIDTH, _HEIGHT = 720, 230
_STEPS, _LABELS = (1, 2, 5, 10, 15, 30, 60), 8


@dataclass(frozen=True, slots=True)
class BurnPoint:
    """The burn rate of the five minutes before `at`."""

    at: datetime
    rate: float | None
    """1 spends the budget exactly within the window. None: nothing was counted."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is drawn besides the burn."""

    opened_at: datetime
    threshold: float
    """The burn rate that the incident's tier stands for."""
    zone: str


def burn_png(points: Sequence[BurnPoint], marks: Marks, *, title: str) -> bytes:
    """A PNG, twice 720 by 230 pixels, on white: it lies in dark and light Slacks; times are the zone's; `points` is not empty."""
    zone = ZoneInfo(marks.zone)
    chart = alt.LayerChart(
        layer=list(_layers(points, marks, zone)),
        width=_WIDTH,
        height=_HEIGHT,
        title=title,
        config=alt.Config(**chart_config(LIGHT)),
    )
    return bytes(vl_convert.vegalite_to_png(chart.to_dict(validate=False), scale=2))


def _layers(points: Sequence[BurnPoint], marks: Marks, zone: ZoneInfo) -> Iterator[alt.Chart]:
    rows = [{"at": _local(point.at, zone), "rate": point.rate} for point in points]
    highest = max([marks.threshold * 1.3, *(point.rate for point in points if point.rate is not None)])
    times = [_clock(moment, zone) for moment in _times(points, zone)]
    x = alt.X("at:T", title=None, axis=alt.Axis(format="%H:%M", values=times, grid=False))
    scale = alt.Scale(domain=[0, highest * 1.05], nice=False)
    y = alt.Y("rate:Q", title=None, scale=scale, axis=alt.Axis(labelExpr="datum.label + '×'", tickCount=5))
    area = over(rows).mark_area(
        color=LIGHT.line,
        opacity=0.14,
        line={"color": LIGHT.line, "strokeWidth": 2, "opacity": 1},
        interpolate="linear",
        invalid="break-paths-show-domains",
    )
    yield area.encode(x=x, y=y)
    yield from _threshold(points, marks, zone, x, y)
    is_late = marks.opened_at - points[0].at > (points[-1].at - points[0].at) / 2
    yield from _opening(marks, zone, highest, x, y, align="right" if is_late else "left")


def _times(points: Sequence[BurnPoint], zone: ZoneInfo) -> Iterator[datetime]:
    """What is written below the chart: whole steps by the clock on the wall, never so close that two read the same."""
    first, last = points[0].at.astimezone(zone), points[-1].at.astimezone(zone)
    minutes = (last - first) / timedelta(minutes=1)
    step = timedelta(minutes=next((one for one in _STEPS if minutes <= one * _LABELS), _STEPS[-1]))
    moment = first.replace(hour=0, minute=0, second=0, microsecond=0)
    moment += -(-(first - moment) // step) * step
    while moment <= last:
        yield moment
        moment += step


def _clock(moment: datetime, zone: ZoneInfo) -> alt.DateTime:
    """A moment as Vega takes it: without a zone, on the machine's own clock, as the rows are."""
    local = moment.astimezone(zone)
    return alt.DateTime(
        year=local.year, month=local.month, date=local.day, hours=local.hour, minutes=local.minute
    )


def _threshold(
    points: Sequence[BurnPoint], marks: Marks, zone: ZoneInfo, x: alt.X, y: alt.Y
) -> Iterator[alt.Chart]:
    row = {"at": _local(points[0].at, zone), "rate": marks.threshold}
    yield over([row]).mark_rule(color=LIGHT.overspent, strokeDash=[5, 4]).encode(y=y)
    text = over([row]).mark_text(
        text=f"fires at {marks.threshold:g}×", color=LIGHT.overspent, align="left", dx=4, dy=-7, fontSize=12
    )
    yield text.encode(x=x, y=y)


def _opening(
    marks: Marks, zone: ZoneInfo, highest: float, x: alt.X, y: alt.Y, *, align: Literal["left", "right"]
) -> Iterator[alt.Chart]:
    local = marks.opened_at.astimezone(zone)
    row = {"at": _local(marks.opened_at, zone), "rate": highest}
    yield over([row]).mark_rule(color=LIGHT.text, strokeWidth=1.3).encode(x=x)
    text = over([row]).mark_text(
        text=f"opened {local:%H:%M %Z}",
        color=LIGHT.text,
        align=align,
        dx=-6 if align == "right" else 6,
        dy=4,
        fontSize=12,
    )
    yield text.encode(x=x, y=y)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment_text(moment.astimezone(zone))
