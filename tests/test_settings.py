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


def test_no_secret_shows_in_the_settings(monkeypatch):
    secret = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    for name in secret - {"prometheus_headers"}:
        monkeypatch.setenv(f"OBSERVATORY_{name.upper()}", f"sesame-{name}")
    monkeypatch.setenv("OBSERVATORY_PROMETHEUS_HEADERS", '{"X-Key": "sesame-header"}')
    monkeypatch.setenv("OBSERVATORY_PROMETHEUS_USER", "me")
    monkeypatch.setenv("OBSERVATORY_EMAIL_FROM", "me@example.com")
    monkeypatch.setenv("OBSERVATORY_EMAIL_TO", "you@example.com")

    settings = Settings()

    assert len(secret) >= 8
    assert all(getattr(settings, name) for name in secret)
    assert "sesame" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"webhook_url": "https://pager"}, "webhook_secret"),
        ({"webhook_secret": "s"}, "webhook_url"),
        ({"smtp_url": "smtp://host"}, "email_from and email_to"),
        ({"smtp_url": "smtp://host", "email_from": "a@b.c"}, "email_to"),
        ({"email_to": "a@b.c"}, "smtp_url"),
    ],
)
def test_half_a_transport_is_refused(given, missing):
    with pytest.raises(ValidationError, match=missing):
        Settings(**given)


def test_receivers_of_mail_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("OBSERVATORY_SMTP_URL", "smtp://host")
    monkeypatch.setenv("OBSERVATORY_EMAIL_FROM", "a@b.c")
    monkeypatch.setenv("OBSERVATORY_EMAIL_TO", "one@b.c, two@b.c,")
    assert Settings().email_to == ("one@b.c", "two@b.c")
