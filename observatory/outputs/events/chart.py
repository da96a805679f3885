"""The picture of an event's report: what came, what was expected, and what of it went wrong, five minutes by five minutes."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt
import vl_convert

from observatory.outputs.charts import LIGHT, chart_config, moment_text, over
from observatory.outputs.events.model import Paced

_WIDTH, _TRAFFIC, _BAD = 900, 190, 80


def pace_svg(paced: Sequence[Paced], *, expected: float | None, timezone: str) -> str:
    """An SVG on white.

    Args:
        paced: not empty.
        expected: events a minute in the busiest five; None: nobody knows.
        timezone: of the clock below it.
    """
    return str(vl_convert.vegalite_to_svg(specification(paced, expected=expected, timezone=timezone)))


def specification(paced: Sequence[Paced], *, expected: float | None, timezone: str) -> dict[str, Any]:
    """Vega-Lite's JSON: the traffic, and below it the bad events on a scale of their own."""
    zone = ZoneInfo(timezone)
    rows = [
        {
            "from": moment_text((one.until - timedelta(minutes=5)).astimezone(zone)),
            "to": moment_text(one.until.astimezone(zone)),
            "traffic": one.total,
            "bad": one.bad,
        }
        for one in paced
    ]
    traffic = alt.LayerChart(
        layer=[_bars(rows, "traffic", "events a minute", LIGHT.line), *_expected(expected)],
        width=_WIDTH,
        height=_TRAFFIC,
    )
    bad = _bars(rows, "bad", "bad a minute", LIGHT.overspent).properties(width=_WIDTH, height=_BAD)
    chart = alt.vconcat(traffic, bad, spacing=12).configure(**chart_config(LIGHT))
    return dict(chart.to_dict(validate=False))


def _bars(rows: Sequence[dict[str, Any]], field: str, title: str, colour: str) -> alt.Chart:
    axis = alt.Axis(format="%H:%M", grid=False, labelFlush=True)
    scale = alt.Axis(format="~s", tickCount=4, titleColor=LIGHT.text)
    x, y = alt.X("from:T", title=None, axis=axis), alt.Y(f"{field}:Q", title=title, axis=scale)
    drawn: alt.Chart = over(rows).mark_rect(color=colour).encode(x=x, x2="to:T", y=y, y2=alt.datum(0))
    return drawn


def _expected(expected: float | None) -> Iterator[alt.Chart]:
    if expected is None:
        return
    row = [{"expected": expected}]
    y = alt.Y("expected:Q")
    yield over(row).mark_rule(color=LIGHT.ideal, strokeDash=[5, 4], strokeWidth=1.5).encode(y=y)
    text = over(row).mark_text(text="expected", color=LIGHT.ideal, align="right", dy=-8, fontSize=12)
    yield text.encode(y=y, x=alt.value(_WIDTH))
