import re
import struct
import subprocess
import sys
from datetime import timedelta

import altair as alt
import pytest
from support.views import AT, hours

from observatory.evaluation import BudgetPoint
from observatory.outputs import charts
from observatory.outputs.charts import Scheme, burn_down_png, burn_down_svg

OVERSPENT = charts._INKS[Scheme.LIGHT].overspent
STEADY = hours(0.001)
TWO_DAYS = """
from datetime import UTC, datetime, timedelta
from observatory.evaluation import BudgetPoint
from observatory.outputs.charts import burn_down_svg
start = datetime(2026, 3, 1, 1, tzinfo=UTC)
points = [BudgetPoint(start + timedelta(hours=hour), 1 - hour / 100, 1, 1) for hour in range(48)]
print(burn_down_svg(points, width=600, height=240))
"""
"""A chart from midnight to midnight, so that 2 March begins in its middle."""


def specification(points):
    return charts._specification(points, charts._INKS[Scheme.LIGHT], 600, 240)


def marks(points):
    return [layer["mark"]["type"] for layer in specification(points)["layer"]]


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(STEADY[:48], id="steady"),
        pytest.param(hours(0.001, base=1.2, count=48), id="overspent"),
        pytest.param(hours(0.001, missing=range(10, 30), count=48), id="gap"),
        pytest.param(hours(0.001, missing=range(47, 48), count=48), id="newest-hour-missing"),
        pytest.param(STEADY[:1], id="one-hour"),
    ],
)
def test_what_is_drawn_is_vega_lite_as_its_schema_says(points):
    alt.LayerChart.from_dict(specification(points))
    assert burn_down_svg(points).startswith("<svg")


def test_the_line_starts_whole_an_hour_before_the_first_point_and_ends_with_the_newest():
    (area,) = [layer for layer in specification(STEADY)["layer"] if layer["mark"]["type"] == "area"]
    rows = area["data"]["values"]
    assert rows[0] == {
        "at": (STEADY[0].at - timedelta(hours=1)).replace(tzinfo=None).isoformat(),
        "remaining": 1.0,
    }
    assert rows[-1] == {"at": AT.replace(tzinfo=None).isoformat(), "remaining": STEADY[-1].remaining}


def test_even_spending_is_a_line_from_the_whole_to_nothing():
    (line,) = [layer for layer in specification(STEADY)["layer"] if layer["mark"]["type"] == "line"]
    assert [row["remaining"] for row in line["data"]["values"]] == [1.0, 0.0]


def test_hours_in_a_row_that_nobody_measured_are_one_grey_span():
    gaps = [*STEADY[:10], *(BudgetPoint(point.at, None, 0, 0) for point in STEADY[10:13]), *STEADY[13:20]]
    gaps.append(BudgetPoint(STEADY[20].at, None, 0, 0))
    (grey,) = [layer for layer in specification(gaps)["layer"] if layer["mark"]["type"] == "rect"]
    spans = [(row["from"], row["to"]) for row in grey["data"]["values"]]
    local = [point.at.replace(tzinfo=None).isoformat() for point in STEADY]
    assert spans == [(local[9], local[12]), (local[19], local[20])]
    assert "rect" not in marks(STEADY)


def test_overspending_has_its_own_colour_and_place_below_zero():
    overspent = hours(0.001, base=1.2)
    assert marks(overspent).count("area") == 2
    assert marks(STEADY).count("area") == 1
    assert burn_down_svg(overspent).count(OVERSPENT) > burn_down_svg(STEADY).count(OVERSPENT)
    assert "−20%" in burn_down_svg(overspent)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati"])
def test_times_are_utc_wherever_it_is_drawn(zone):
    drawn = subprocess.run(
        ["env", f"TZ={zone}", sys.executable, "-c", TWO_DAYS],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    (labels,) = re.findall(r"role-axis-label.*?</g></g>", drawn)[:1]
    midnight = re.search(r'transform="translate\(([\d.]+),[\d.]+\)"[^>]*>2 Mar<', labels)
    assert float(midnight[1]) == pytest.approx((600 - 52) / 2, abs=1)


def test_both_schemes_have_their_own_ground():
    light, dark = (burn_down_svg(STEADY, scheme=scheme) for scheme in Scheme)
    assert charts._INKS[Scheme.LIGHT].paper in light
    assert charts._INKS[Scheme.DARK].paper in dark
    assert charts._INKS[Scheme.LIGHT].paper not in dark


@pytest.mark.parametrize(("width", "height"), [(600, 240), (340, 210)])
def test_a_drawing_has_about_the_size_that_was_asked_for(width, height):
    drawn = re.search(r'width="(\d+)" height="(\d+)"', burn_down_svg(STEADY, width=width, height=height))
    assert abs(int(drawn[1]) - width) <= 16
    assert abs(int(drawn[2]) - height) <= 16


def test_a_drawing_needs_no_inline_style_and_nothing_from_elsewhere():
    svg = burn_down_svg(STEADY)
    assert "style=" not in svg
    assert "<script" not in svg
    assert set(re.findall(r"https?://[^\"]+", svg)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_slack_gets_a_png_of_twice_the_size_with_a_title():
    png = burn_down_png(STEADY, title="playlist/availability", width=720, height=260)
    assert png.startswith(b"\x89PNG\r\n")
    width, _ = struct.unpack(">II", png[16:24])
    assert abs(width - 2 * 720) <= 32
    assert png != burn_down_png(STEADY, title="search/latency", width=720, height=260)
