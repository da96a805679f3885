"""A dashboard's annotations: when something was so, drawn behind every chart over time."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from observatory.measurement import Answer
from observatory.outputs.preview import drawing
from observatory.outputs.preview.drawing import QUIET, box, ink, text


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation that asks Prometheus."""

    name: str
    expr: str
    color: str
    value_is_time: bool
    """Its values are times in milliseconds; else it is so wherever it has a value."""


@dataclass(frozen=True, slots=True)
class Marked:
    """When it was so."""

    name: str
    color: str
    spans: Sequence[tuple[int, int]]
    """Unix seconds; the two are one for a moment."""


def marks_in(board: Mapping[str, Any]) -> list[Mark]:
    """The annotations of a dashboard that Prometheus answers; those that Grafana keeps itself are not there to be asked."""
    return [
        Mark(one["name"], one["expr"], one.get("iconColor", "blue"), bool(one.get("useValueForTime")))
        for one in board.get("annotations", {}).get("list", [])
        if one.get("expr")
    ]


def marked(mark: Mark, answer: Answer, *, start: int, end: int, step: int) -> Marked:
    """What the answer says of the time from `start` to `end`, asked every `step` seconds."""
    spans = _moments(answer) if mark.value_is_time else _stretches(answer, step)
    seen = sorted({span for span in spans if start <= span[1] and span[0] <= end})
    return Marked(mark.name, mark.color, [(max(since, start), min(until, end)) for since, until in seen])


def _moments(answer: Answer) -> Iterator[tuple[int, int]]:
    for value in answer.values:
        if math.isfinite(value):
            moment = int(value / 1000)
            yield moment, moment


def _stretches(answer: Answer, step: int) -> Iterator[tuple[int, int]]:
    begun: tuple[int, int, int] | None = None
    for series, moment in zip(answer.series.tolist(), answer.times.tolist(), strict=True):
        if begun and begun[0] == series and moment - begun[2] <= step:
            begun = (series, begun[1], moment)
            continue
        if begun:
            yield begun[1], begun[2]
        begun = (series, moment, moment)
    if begun:
        yield begun[1], begun[2]


def layers(marks: Sequence[Marked]) -> list[dict[str, Any]]:
    """Vega-Lite: a tinted stretch, and a line where it begins."""
    return [layer for one in marks if one.spans for layer in _layers(one)]


def _layers(one: Marked) -> Iterator[dict[str, Any]]:
    rows = [{"at": _moment(since), "until": _moment(until)} for since, until in one.spans]
    at, color = {"field": "at", "type": "temporal"}, ink(one.color)
    encoding = {"x": at, "x2": {"field": "until"}, "y": None}
    yield {
        "data": {"values": rows},
        "mark": {"type": "rect", "color": color, "opacity": 0.12},
        "encoding": encoding,
    }
    yield {
        "data": {"values": rows},
        "mark": {"type": "rule", "color": color, "strokeDash": [4, 3], "opacity": 0.8, "clip": True},
        "encoding": {"x": at, "y": None},
    }


def legend(marks: Sequence[Marked], *, right: float, base: float) -> str:
    """The names in their colours, ending at `right`."""
    parts = []
    for one in reversed([one for one in marks if one.spans]):
        parts.append(text((right, base), one.name, size=12, color=QUIET, anchor="end"))
        right -= drawing.width_of(one.name, 12) + 12
        parts.append(box((right, base - 9), (10, 10), ink(one.color), round_=2))
        right -= 16
    return "".join(parts)


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
