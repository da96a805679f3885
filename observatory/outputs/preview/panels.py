"""One panel as SVG: its figures, its words, its states, its rows."""

import re
from collections.abc import Sequence

from observatory.measurement import Answer
from observatory.outputs.preview import drawing
from observatory.outputs.preview.drawing import QUIET, TEXT, box, ink, text
from observatory.outputs.preview.marks import Marked
from observatory.outputs.preview.reading import PanelView, Style, TimeRange
from observatory.outputs.preview.series import Cell, Line, lines_of, rows_of
from observatory.outputs.preview.timeseries import chart
from observatory.outputs.preview.units import written

_LINE = 22
_LINK = re.compile(r"\[([^]]*)]\([^)]*\)")
_MARKS = re.compile(r"\*\*|`")
Size = tuple[float, float]


def body(
    panel: PanelView,
    answers: Sequence[Answer],
    span: TimeRange,
    size: Size,
    *,
    marks: Sequence[Marked] = (),
) -> str:
    """What is below a panel's title, in a box of this size; `marks` are drawn on charts over time."""
    if panel.kind == "text":
        return _words(panel, size)
    if panel.kind == "table":
        return _table(panel, answers, size)
    lines = lines_of(panel, answers)
    return _drawn(panel, lines, span, size, marks) if lines else _nothing(panel, size)


def _nothing(panel: PanelView, size: Size) -> str:
    return text((size[0] / 2, size[1] / 2), panel.no_value, color=QUIET, size=14, anchor="middle")


def _drawn(
    panel: PanelView, lines: Sequence[Line], span: TimeRange, size: Size, marks: Sequence[Marked]
) -> str:
    match panel.kind:
        case "stat" | "gauge":
            return _stat(panel, lines, size)
        case "state-timeline":
            return _timeline(panel, lines, span, size)
        case "timeseries":
            return chart(panel, lines, span, size, marks)
        case kind:
            return text((0, 20), f"no preview of {kind} panels", color=QUIET)


def _stat(panel: PanelView, lines: Sequence[Line], size: Size) -> str:
    """A tile a series, side by side."""
    wide = size[0] / len(lines)
    return "".join(
        f'<g transform="translate({number * wide:.1f},0)">{_tile(panel, line, (wide, size[1]))}</g>'
        for number, line in enumerate(lines)
    )


def _tile(panel: PanelView, line: Line, size: Size) -> str:
    style = panel.overrides.get(line.name, panel.style)
    shown, color = shown_as(style, line.last)
    parts = [line.name.replace("_", " ")] if panel.shows_names else []
    parts += [shown] if panel.shows_values else []
    front, back = color, ""
    if panel.fills_background:
        front, back = drawing.PAGE, box((2, 0), (size[0] - 4, size[1]), color, round_=3)
    room, tall = size[0] - 12, size[1] / len(parts) * 0.62
    large = min(30.0, tall, *(room / max(drawing.width_of(part, 1), 0.1) for part in parts))
    step = size[1] / len(parts)
    return back + "".join(
        text(
            (size[0] / 2, step * (number + 0.5) + large * 0.35),
            part,
            size=large,
            color=front,
            anchor="middle",
            bold=True,
        )
        for number, part in enumerate(parts)
    )


def shown_as(style: Style, value: float) -> tuple[str, str]:
    """The text and the colour of a value."""
    for mapped in style.mappings:
        if mapped.low <= value <= mapped.high:
            return mapped.text, ink(mapped.color)
    return written(value, style.unit, style.decimals), ink(style.fixed_color or style.color(value))


def _timeline(panel: PanelView, lines: Sequence[Line], span: TimeRange, size: Size) -> str:
    """A band a series; where nothing was measured, the panel shows through."""
    names = min(180.0, max(drawing.width_of(line.name, 11) for line in lines) + 12)
    room, foot = size[0] - names, 18.0
    tall = min(24.0, (size[1] - foot) / len(lines))
    scale = room / max(span.end - span.start, 1)
    parts = []
    for number, line in enumerate(lines):
        top = number * tall
        parts.append(text((names - 8, top + tall / 2 + 4), line.name, size=11, anchor="end", room=names - 10))
        for start, end, value in _segments(line, span.step):
            left = names + (max(start, span.start) - span.start) * scale
            wide = (min(end, span.end) - max(start, span.start)) * scale
            parts.append(box((left, top + 2), (wide, tall - 4), shown_as(panel.style, value)[1]))
    legend = {shown_as(panel.style, value) for line in lines for _, value in line.points}
    left = names
    for label, color in sorted(legend):
        parts.append(box((left, size[1] - 11), (10, 4), color))
        parts.append(text((left + 14, size[1] - 5), label, size=11, color=QUIET))
        left += drawing.width_of(label, 11) + 34
    return "".join(parts)


def _segments(line: Line, step: int) -> list[tuple[int, int, float]]:
    """Spans of one value: start, end, value; a gap of more than a step ends one."""
    found: list[tuple[int, int, float]] = []
    for time, value in line.points:
        if found and found[-1][2] == value and time - found[-1][1] <= step:
            found[-1] = (found[-1][0], time + step, value)
        else:
            found.append((time, time + step, value))
    return found


def _words(panel: PanelView, size: Size) -> str:
    """Markdown, without its marks."""
    plain = [_MARKS.sub("", _LINK.sub(r"\1", line)) for line in panel.content.split("\n") if line]
    return "".join(
        text(
            (4, 16 + number * _LINE),
            ("•  " + line[2:]) if line.startswith("- ") else line,
            size=13,
            room=size[0] - 8,
        )
        for number, line in enumerate(plain)
        if 16 + number * _LINE < size[1]
    )


def _table(panel: PanelView, answers: Sequence[Answer], size: Size) -> str:
    headings, rows = rows_of(panel, answers)
    if not rows:
        return _nothing(panel, size)
    wide = size[0] / len(headings)
    parts = [
        text((number * wide + 6, 15), heading, size=12, color=drawing.PALETTE[5], bold=True, room=wide - 10)
        for number, heading in enumerate(headings)
    ]
    fitting = max(1, int((size[1] - _LINE) / _LINE))
    for number, row in enumerate(rows[:fitting]):
        base = _LINE * (number + 2) - 7
        parts.append(box((0, base - 16), (size[0], 1), drawing.GRID))
        for column, (heading, value) in enumerate(zip(headings, row, strict=True)):
            shown, color = _cell_as(panel.overrides.get(heading, panel.style), value)
            parts.append(text((column * wide + 6, base), shown, size=12, color=color, room=wide - 10))
    if len(rows) > fitting:
        more = f"{len(rows) - fitting} more rows: Grafana scrolls"
        parts.append(text((size[0], size[1] + 6), more, size=10, color=QUIET, anchor="end"))
    return "".join(parts)


def _cell_as(style: Style, value: Cell | None) -> tuple[str, str]:
    match value:
        case None:
            return "", TEXT
        case str():
            shown, color = style.texts.get(value, (value, "text"))
            return shown, ink(color)
        case _:
            shown, color = shown_as(style, value)
            return shown, color if style.is_colored else TEXT
