"""The timeline of a backtest: what would have been told and when, beside what people remember."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import altair as alt
import vl_convert

from observatory.alerting import Alarm, Replayed
from observatory.catalog.behaviours import is_behaviour
from observatory.evaluation import Severity
from observatory.outputs.backtest.model import Backtested
from observatory.outputs.backtest.remarks import plural
from observatory.outputs.slack import numbers

WIDTH, TICKS = 900, 12
_LANE, _BUDGET = 26, 56
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_WORDS = {
    "page": "page",
    "ticket": "ticket",
    "incident": "remembered",
    "left out": "left out",
}
_LEFT_OUT = "left out"
_LEAST = 0.006
"""Of the width: what is shorter is drawn this long, so that it can be seen."""
_QUIET = 0.35
"""Opacity of what a silence would have kept quiet."""


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of a scheme: those of the portal."""

    paper: str
    text: str
    quiet: str
    grid: str
    line: str
    gone: str
    bars: Mapping[str, str]


LIGHT = Ink(
    "#ffffff",
    "#1f2733",
    "#5b6675",
    "#e4e8ee",
    "#2456c7",
    "#b91c1c",
    {"page": "#c62828", "ticket": "#f0a020", "incident": "#8a95a5", "left out": "#b9a3e3"},
)
DARK = Ink(
    "#171d25",
    "#e6ebf2",
    "#b3bdca",
    "#2b333e",
    "#8ab4ff",
    "#ff8a80",
    {"page": "#ff6b60", "ticket": "#f0b040", "incident": "#7d8897", "left out": "#8f78c9"},
)


def timeline_png(result: Backtested) -> bytes:
    """The picture, at twice the size of a screen's points."""
    return bytes(vl_convert.vegalite_to_png(specification(result, title=True), scale=2))


def specification(result: Backtested, *, ink: Ink = LIGHT, title: bool = False) -> dict[str, Any]:
    """Vega-Lite's JSON: for each SLO its lanes above the budget that was left."""
    slos = sorted({replayed.entry.id for side in result.sides for replayed in side.replays})
    charts = [_Panel(result, slo, ink).drawn(last=slo == slos[-1]) for slo in slos]
    chart = alt.vconcat(*charts, spacing=10).resolve_scale(color="shared")
    if title:
        chart = chart.properties(title=alt.TitleParams(TITLE, subtitle=subtitle(result)))
    return dict(chart.configure(**_config(ink)).to_dict(validate=False))


TITLE = "What would have been told"


def subtitle(result: Backtested) -> list[str]:
    """Of which time, how much, and what the lines are."""
    counts = [
        f"{side.name}: {plural(side.count(Severity.PAGE), 'page')}, {plural(side.count(Severity.TICKET), 'ticket')}"
        for side in result.sides
    ]
    lines = [f"{result.after:%-d %b %Y %H:%M} to {result.until:%-d %b %Y %H:%M} UTC", " · ".join(counts)]
    if result.against is not None:
        lines.append(f"Budget left: {result.now.name} blue, {result.against.name} grey")
    if any(replayed.adjustment for replayed in result.now.replays):
        lines.append("Dotted: the budget with what events leave out")
    return lines


@dataclass(frozen=True, slots=True)
class _Panel:
    """One SLO."""

    result: Backtested
    slo: str
    ink: Ink

    def drawn(self, *, last: bool) -> alt.VConcatChart:
        """The lanes, and the budget below."""
        replayed = [one for side in self.result.sides for one in side.replays if one.entry.id == self.slo]
        lanes = [
            *(["remembered"] if self.result.remembered is not None else []),
            *([_LEFT_OUT] if any(one.adjustment for one in replayed) else []),
            *(side.name for side in self.result.sides),
        ]
        x = _time_axis(self.result, labels=last)
        told = self._told(lanes, x)
        head = alt.TitleParams(self.slo, anchor="start", fontSize=13, color=self.ink.text, offset=4)
        of = "of what is usual" if any(is_behaviour(one.entry) for one in replayed) else "budget left"
        return alt.vconcat(
            told.properties(width=WIDTH, height=_LANE * len(lanes), title=head),
            self._budget(x, title=of).properties(width=WIDTH, height=_BUDGET),
            spacing=2,
        )

    def _told(self, lanes: Sequence[str], x: alt.X) -> Any:  # altair leaves its marks untyped
        # What is drawn later lies above: a page is short, and a ticket often begins where it ends.
        rows = sorted(bars(self.result, self.slo), key=lambda bar: bar["what"] == _WORDS["page"])
        kinds = [kind for kind in self.ink.bars if kind in kinds_of(self.result)]
        colours = alt.Scale(
            domain=[_WORDS[kind] for kind in kinds], range=[self.ink.bars[kind] for kind in kinds]
        )
        bar = _over(rows).mark_bar(cornerRadius=2, height=_LANE * 0.6, clip=True)
        return bar.encode(
            x=x.axis(None),
            x2="end:T",
            y=alt.Y(
                "lane:N", title=None, sort=lanes, scale=alt.Scale(domain=lanes), axis=alt.Axis(grid=True)
            ),
            color=alt.Color("what:N", title=None, scale=colours, legend=alt.Legend(orient="top", columns=2)),
            opacity=alt.Opacity("strength:Q", scale=None, legend=None),
            tooltip=["title:N", "from:N", "detail:N"],
        )

    def _budget(self, x: alt.X, *, title: str) -> alt.LayerChart:
        """The budget left of each version, the older one thin and grey; dotted, what it would be with what is left out."""
        y = alt.Y("remaining:Q", title=title, axis=alt.Axis(format=".0%", tickCount=3))
        zero = _over([{"remaining": 0}]).mark_rule(color=self.ink.gone, strokeWidth=1).encode(y=y)
        layers = [zero]
        for side in self.result.sides:
            colour = self.ink.line if side is self.result.now else self.ink.quiet
            for replayed in side.replays:
                if replayed.entry.id != self.slo:
                    continue
                width = 1.6 if side is self.result.now else 1.1
                layers.append(_line(replayed, colour, strokeWidth=width).encode(x=x, y=y))
                if replayed.adjustment is not None and side is self.result.now:
                    without = replayed.adjustment.unadjusted
                    layers.append(_line(without, colour, strokeWidth=1, strokeDash=[2, 3]).encode(x=x, y=y))
        return alt.LayerChart(layer=layers)


def kinds_of(result: Backtested) -> set[str]:
    """What there is to tell apart."""
    kinds = {"page", "ticket"} | ({"incident"} if result.remembered is not None else set())
    adjusted = any(replayed.adjustment for side in result.sides for replayed in side.replays)
    return kinds | ({"left out"} if adjusted else set())


def _time_axis(result: Backtested, *, labels: bool) -> alt.X:
    domain = [_moment(result.after), _moment(result.until)]
    axis = alt.Axis(
        format="%-d %b", tickCount=TICKS, labels=labels, labelOverlap=True, labelSeparation=8, grid=True
    )
    return alt.X("start:T", title=None, scale=alt.Scale(domain=domain), axis=axis)


def bars(result: Backtested, slo: str) -> Iterator[Mapping[str, Any]]:
    """What the lanes of one SLO hold: incidents, what is left out, and alarms."""
    yield from _incidents(result, slo)
    least = (result.until - result.after) * _LEAST
    replays = [
        (side, replayed) for side in result.sides for replayed in side.replays if replayed.entry.id == slo
    ]
    for _, replayed in replays[-1:]:
        if replayed.adjustment is not None:
            for start, end in replayed.adjustment.times:
                if end > result.after:
                    words = {"what": _WORDS["left out"], "title": ", ".join(replayed.adjustment.events)}
                    shown = max(start, result.after)
                    yield _bar(
                        _LEFT_OUT,
                        shown,
                        max(end, shown + least),
                        {**words, "detail": numbers.span(end - start)},
                    )
    for side, replayed in replays:
        for alarm in replayed.alarms:
            end = max(alarm.resolved_at or result.until, alarm.told_at + least)
            quiet = alarm.silenced is not None
            yield _bar(side.name, alarm.told_at, end, _words(alarm), strength=_QUIET if quiet else 1.0)


def _incidents(result: Backtested, slo: str) -> Iterator[Mapping[str, Any]]:
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


def _words(alarm: Alarm) -> Mapping[str, str]:
    gone = "" if alarm.consumed is None else f", {numbers.percent(alarm.consumed)} of the budget gone"
    quiet = "" if alarm.silenced is None else f", silenced: {alarm.silenced.reason}"
    return {
        "what": _WORDS[alarm.severity.value],
        "title": f"{alarm.severity.value}: {', '.join(alarm.tiers)}",
        "detail": f"told after {numbers.span(alarm.delay)}{gone}{quiet}",
    }


def _bar(
    lane: str, start: datetime, end: datetime, words: Mapping[str, str], *, strength: float = 1.0
) -> Mapping[str, Any]:
    when = f"{start:%-d %b %H:%M} UTC"
    times = {"start": _moment(start), "end": _moment(end), "from": when}
    return {"lane": lane, **times, **words, "strength": strength}


def _line(replayed: Replayed, colour: str, **style: Any) -> Any:  # altair leaves its marks untyped
    """How a budget went."""
    rows = [{"start": _moment(mark.at), "remaining": mark.remaining} for mark in replayed.budget]
    return _over(rows).mark_line(
        color=colour, interpolate="step-after", invalid="break-paths-show-domains", **style
    )


def _config(ink: Ink) -> dict[str, Any]:
    return {
        "background": ink.paper,
        "font": _FONT,
        "axis": {
            "labelColor": ink.quiet,
            "labelFontSize": 11,
            "gridColor": ink.grid,
            "domain": False,
            "ticks": False,
            "labelLimit": 86,
            "titleColor": ink.quiet,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
        },
        "axisY": {"minExtent": 90, "maxExtent": 90},
        "legend": {"labelColor": ink.text, "labelFontSize": 12, "symbolType": "square"},
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "color": ink.text,
            "fontSize": 17,
            "subtitleColor": ink.quiet,
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
