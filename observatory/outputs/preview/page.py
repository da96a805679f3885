"""A whole dashboard as one SVG on Grafana's grid, as a PNG of it, and as a page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

import vl_convert

from observatory.measurement import Answer
from observatory.outputs.preview import drawing
from observatory.outputs.preview.drawing import QUIET, box, text
from observatory.outputs.preview.marks import Marked, legend
from observatory.outputs.preview.panels import body
from observatory.outputs.preview.reading import Board, PanelView, TimeRange

_WIDTH, _COLUMNS, _ROW, _GAP, _HEAD = 1600.0, 24, 38.0, 8.0, 56.0
_TITLE, _EDGE = 30.0, 10.0
_TIMES = 310.0
"""Room for the times at the top right."""
_OPEN = f'<path d="M6 12h9l-4.5 6z" fill="{QUIET}"/>'
"""The mark of a row that is not folded up; as a letter it would bring another font with it."""


def picture(svg: str) -> bytes:
    """The PNG of a dashboard."""
    return bytes(vl_convert.svg_to_png(svg, scale=1))


def html(
    board: Board, answers: Sequence[Sequence[Answer]], span: TimeRange, *, marks: Sequence[Marked] = ()
) -> tuple[str, str]:
    """A page that stands alone, and the SVG on it."""
    svg = _svg(board, answers, span, marks)
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(board.title)}</title>'
    style = f"<style>body{{margin:0;background:{drawing.PAGE}}}svg{{max-width:100%;height:auto}}</style>"
    return f"{head}{style}{svg}</html>\n", svg


def _svg(board: Board, answers: Sequence[Sequence[Answer]], span: TimeRange, marks: Sequence[Marked]) -> str:
    height = (
        _HEAD + max((y + rows for _, y, _, rows in (panel.at for panel in board.panels)), default=0) * _ROW
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH:g}" height="{height + _GAP:g}" font-family="{drawing.FONT}">',
        box((0, 0), (_WIDTH, height + _GAP), drawing.PAGE),
        text((16, 34), board.title, size=20, bold=True),
        text((_WIDTH - 16, 34), f"{_time(span.start)} to {_time(span.end)} UTC", color=QUIET, anchor="end"),
        legend(marks, right=_WIDTH - _TIMES, base=34),
    ]
    parts += [_panel(panel, of, span, marks) for panel, of in zip(board.panels, answers, strict=True)]
    return "".join([*parts, "</svg>"])


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def _panel(panel: PanelView, answers: Sequence[Answer], span: TimeRange, marks: Sequence[Marked]) -> str:
    x, y, columns, rows = panel.at
    unit = _WIDTH / _COLUMNS
    at = (x * unit + _GAP / 2, _HEAD + y * _ROW)
    size = (columns * unit - _GAP, rows * _ROW - _GAP)
    move = f'<g transform="translate({at[0]:.1f},{at[1]:.1f})">'
    if panel.kind == "row":
        return f"{move}{_OPEN}{text((22, 20), panel.title, size=15, bold=True)}</g>"
    inner = (size[0] - 2 * _EDGE, size[1] - _TITLE - _EDGE)
    inside = body(panel, answers, span, inner, marks=marks)
    return (
        f"{move}{box((0, 0), size, drawing.PANEL, edge=drawing.EDGE, round_=3)}"
        f"{text((_EDGE, 20), panel.title, size=13, bold=True, room=inner[0])}"
        f'<g transform="translate({_EDGE:g},{_TITLE:g})">{inside}</g></g>'
    )
