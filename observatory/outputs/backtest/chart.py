"""The timeline of a backtest: what would have been told and when, beside what people remember; as a page and as a picture."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import altair as alt
import vl_convert

from observatory.evaluation import Severity
from observatory.outputs.backtest.model import Backtested, Side
from observatory.outputs.slack import numbers

_WIDTH, _LANE, _BUDGET = 900, 26, 56
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_TEXT, _QUIET, _GRID, _LINE, _GONE = "#1f2733", "#5b6675", "#e4e8ee", "#2456c7", "#b91c1c"
_COLOURS = {"page": "#c62828", "ticket": "#f0a020", "incident": "#8a95a5"}
_WORDS = {"page": "page", "ticket": "ticket", "incident": "remembered incident"}
_LEAST = 0.0025
"""Of the width: what is shorter is drawn this long, so that it can be seen."""


def timeline_html(result: Backtested) -> str:
    """A page that stands alone and needs no network; what the pointer is over is explained."""
    return str(vl_convert.vegalite_to_html(specification(result), bundle=True))


def timeline_png(result: Backtested) -> bytes:
    """The picture, at twice the size of a screen's points."""
    return bytes(vl_convert.vegalite_to_png(specification(result), scale=2))


def specification(result: Backtested) -> dict[str, Any]:
    """Vega-Lite's JSON: for each SLO its lanes above the budget that was left."""
    slos = sorted({replayed.entry.id for side in result.sides for replayed in side.replays})
    charts = [_slo(result, slo, last=slo == slos[-1]) for slo in slos]
    chart = alt.vconcat(*charts, spacing=10).resolve_scale(color="shared").properties(title=_title(result))
    return dict(chart.configure(**_config()).to_dict(validate=False))


def _title(result: Backtested) -> alt.TitleParams:
    counts = [
        f"{side.name}: {side.count(Severity.PAGE)} pages, {side.count(Severity.TICKET)} tickets"
        for side in result.sides
    ]
    span = f"{result.after:%-d %b %Y %H:%M} to {result.until:%-d %b %Y %H:%M} UTC"
    lines = [span, " · ".join(counts)]
    if result.against is not None:
        lines.append(f"Budget left: {result.now.name} blue, {result.against.name} grey")
    return alt.TitleParams("What would have been told", subtitle=lines)


def _slo(result: Backtested, slo: str, *, last: bool) -> alt.VConcatChart:
    """The lanes of one SLO, and its budget below."""
    lanes = [
        *(["remembered"] if result.remembered is not None else []),
        *(side.name for side in result.sides),
    ]
    x = _time_axis(result, labels=last)
    # What is drawn later lies above: a page is short, and a ticket often begins where it ends.
    rows = sorted(_bars(result, slo), key=lambda bar: bar["what"] == _WORDS["page"])
    bars = _over(rows).mark_bar(cornerRadius=2, height=_LANE * 0.6)
    told = bars.encode(
        x=x.axis(None),
        x2="end:T",
        y=alt.Y("lane:N", title=None, sort=lanes, scale=alt.Scale(domain=lanes), axis=alt.Axis(grid=True)),
        color=alt.Color(
            "what:N",
            title=None,
            scale=alt.Scale(domain=[*_WORDS.values()], range=[*_COLOURS.values()]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=["title:N", "from:N", "detail:N"],
    )
    budget = _budget(result, slo, x)
    head = alt.TitleParams(slo, anchor="start", fontSize=13, color=_TEXT, offset=4)
    return alt.vconcat(
        told.properties(width=_WIDTH, height=_LANE * len(lanes), title=head),
        budget.properties(width=_WIDTH, height=_BUDGET),
        spacing=2,
    )


def _time_axis(result: Backtested, *, labels: bool) -> alt.X:
    domain = [_moment(result.after), _moment(result.until)]
    axis = alt.Axis(format="%-d %b", tickCount=12, labels=labels, grid=True)
    return alt.X("start:T", title=None, scale=alt.Scale(domain=domain), axis=axis)


def _bars(result: Backtested, slo: str) -> Iterator[dict[str, str]]:
    least = (result.until - result.after) * _LEAST
    service, _, name = slo.partition("/")
    for incident in result.remembered or ():
        if incident.service != service or incident.slo not in (None, name):
            continue
        start, end = max(incident.start, result.after), min(incident.end, result.until)
        if start < end:
            length = numbers.span(incident.end - incident.start)
            words = {"what": _WORDS["incident"], "title": incident.title or "incident", "detail": length}
            yield _bar("remembered", start, max(end, start + least), words)
    for side in result.sides:
        for replayed, alarm in side.alarms():
            if replayed.entry.id == slo:
                end = max(alarm.resolved_at or result.until, alarm.told_at + least)
                gone = (
                    ""
                    if alarm.consumed is None
                    else f", {numbers.percent(alarm.consumed)} of the budget gone"
                )
                words = {
                    "what": _WORDS[alarm.severity.value],
                    "title": f"{alarm.severity.value}: {', '.join(alarm.tiers)}",
                    "detail": f"told after {numbers.span(alarm.delay)}{gone}",
                }
                yield _bar(side.name, alarm.told_at, end, words)


def _bar(lane: str, start: datetime, end: datetime, words: Mapping[str, str]) -> dict[str, str]:
    when = f"{start:%-d %b %H:%M} UTC"
    return {"lane": lane, "start": _moment(start), "end": _moment(end), "from": when, **words}


def _budget(result: Backtested, slo: str, x: alt.X) -> alt.LayerChart:
    """The budget left of each version; the older one thin and grey."""
    y = alt.Y("remaining:Q", title="budget left", axis=alt.Axis(format=".0%", tickCount=3))
    zero = _over([{"remaining": 0}]).mark_rule(color=_GONE, strokeWidth=1).encode(y=y)
    lines = [
        _over([*_left(side, slo)])
        .mark_line(
            color=_LINE if side is result.now else _QUIET,
            strokeWidth=1.6 if side is result.now else 1.1,
            interpolate="step-after",
            invalid="break-paths-show-domains",
        )
        .encode(x=x, y=y)
        for side in result.sides
    ]
    return alt.LayerChart(layer=[zero, *lines])


def _left(side: Side, slo: str) -> Iterator[dict[str, Any]]:
    for replayed in side.replays:
        if replayed.entry.id == slo:
            for mark in replayed.budget:
                yield {"start": _moment(mark.at), "remaining": mark.remaining}


def _config() -> dict[str, Any]:
    return {
        "background": "#ffffff",
        "font": _FONT,
        "axis": {
            "labelColor": _QUIET,
            "labelFontSize": 11,
            "gridColor": _GRID,
            "domain": False,
            "ticks": False,
            "labelLimit": 140,
            "titleColor": _QUIET,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
        },
        "axisY": {"minExtent": 90, "maxExtent": 90},
        "legend": {"labelColor": _TEXT, "labelFontSize": 12, "symbolType": "square"},
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "color": _TEXT,
            "fontSize": 17,
            "subtitleColor": _QUIET,
            "subtitleFontSize": 12,
            "offset": 8,
        },
        "padding": 12,
    }


def _over(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]  # altair leaves its schema classes untyped


def _moment(moment: datetime) -> str:
    """In UTC but without a zone: Vega would turn it into the zone of the machine that draws."""
    return moment.replace(tzinfo=None).isoformat()
