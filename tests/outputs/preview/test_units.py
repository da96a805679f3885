import pytest

from observatory.outputs.preview.units import ticks, written


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (0.99891, "percentunit", 3, "99.891%"),
        (0.5, "percentunit", None, "50%"),
        (-0.09, "percentunit", None, "-9%"),
        (0.0032, "s", None, "3.2 ms"),
        (0, "s", None, "0 s"),
        (90, "s", None, "1.5 mins"),
        (3 * 86_400 + 4 * 3_600, "dtdurations", 0, "3 d 04 h"),
        (2_900, "dtdurations", 0, "48 m"),
        (14.4, "suffix:×", 1, "14.4×"),
        (5_280, "cpm", None, "5.28 K c/m"),
        (5_000, "short", 0, "5 K"),
        (12, "short", 0, "12"),
        (64 * 1024 * 1024, "bytes", None, "64 MiB"),
        (2048, "Bps", None, "2 KiB/s"),
        (float("inf"), "suffix:×", 1, "∞"),
    ],
)
def test_values_are_written_as_grafana_does(value, unit, decimals, text):
    assert written(value, unit, decimals) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "marks"),
    [
        (0, 1.06, "percentunit", [0, 0.5, 1.0]),
        (0, 21, "short", [0, 10, 20]),
        (0, 0.21, "s", [0, 0.1, 0.2]),
        (0, 150 * 2**20, "bytes", [0, 50 * 2**20, 100 * 2**20, 150 * 2**20]),
        (3, 3, "short", [3]),
    ],
)
def test_marks_of_an_axis_are_round_in_the_unit(low, high, unit, marks):
    assert ticks(low, high, unit) == pytest.approx(marks)
