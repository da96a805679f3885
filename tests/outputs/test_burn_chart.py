from datetime import UTC, datetime, timedelta

import pytest

from observatory.outputs.burn_chart import BurnPoint, Marks, burn_png

AT = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)


def points(*rates):
    return [BurnPoint(AT + timedelta(minutes=5 * number), rate) for number, rate in enumerate(rates)]


def size_of(png):
    assert png.startswith(b"\x89PNG")
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


@pytest.mark.parametrize(
    "rates",
    [
        pytest.param([0.5, 2.0, 14.4, 30.0], id="rising"),
        pytest.param([None, None], id="nothing counted"),
        pytest.param([1.0], id="one point"),
        pytest.param([0.0, 0.0], id="flat"),
        pytest.param([1.0, None, 1000.0], id="a gap and all failing"),
    ],
)
def test_whatever_was_counted_there_is_a_picture_of_the_same_size(rates):
    marks = Marks(AT + timedelta(minutes=2), 14.4, "Europe/Stockholm")
    wide, high = size_of(burn_png(points(*rates), marks, title="playlist/availability: burn rate"))
    assert 1500 < wide < 1700  # what Vega can't draw has no axis: it is logged, and the picture is narrower
    assert 450 < high < 650


def test_the_picture_shows_what_happened():
    marks = Marks(AT, 14.4, "UTC")
    calm, burning = (
        burn_png(points(*rates), marks, title="x") for rates in ([0.1] * 12, [0.1] * 6 + [20.0] * 6)
    )
    assert calm != burning
