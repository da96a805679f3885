from datetime import timedelta

import pytest
from pydantic import ValidationError

from observatory.settings import Settings


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("5", 5, id="a number"),
        pytest.param("1.5", 1.5, id="a fraction"),
        pytest.param("PT2M", 120, id="ISO 8601"),
    ],
)
def test_lengths_of_time_are_seconds_in_the_environment(monkeypatch, text, seconds):
    monkeypatch.setenv("OBSERVATORY_LAG", text)
    monkeypatch.setenv("OBSERVATORY_PROMETHEUS_TIMEOUT", text)

    settings = Settings()

    assert settings.lag == settings.prometheus_timeout == timedelta(seconds=seconds)


@pytest.mark.parametrize("tick", ["7", "0.5", "600", "soon", "nan", ""])
def test_a_tick_that_does_not_divide_five_minutes_is_refused(monkeypatch, tick):
    monkeypatch.setenv("OBSERVATORY_TICK", tick)

    with pytest.raises(ValidationError, match="tick"):
        Settings()
