from datetime import timedelta

import pytest

from observatory.catalog.durations import duration_text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        ({"days": 30}, "30d"),
        ({"hours": 24}, "1d"),
        ({"hours": 36}, "36h"),
        ({"minutes": 90}, "90m"),
        ({"seconds": 300}, "5m"),
        ({"seconds": 301}, "301s"),
        ({"milliseconds": 300}, "300ms"),
        ({"milliseconds": 1500}, "1500ms"),
        ({"microseconds": 250}, "0.25ms"),
        ({}, "0ms"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_duration_is_written_in_the_largest_unit_that_divides_it(duration, text):
    assert duration_text(timedelta(**duration)) == text
