"""Prometheus, and the credentials that it and its neighbours are shown."""

from collections.abc import Mapping

from observatory.adapters.prometheus import Access, PrometheusSource
from observatory.adapters.shipping import Credentials
from observatory.application.ports import MetricsSource
from observatory.settings import Settings


def prometheus(settings: Settings) -> MetricsSource:
    """The Prometheus of the settings."""
    token = settings.prometheus_bearer_token
    access = Access(
        bearer_token=token.get_secret_value() if token else None,
        basic=_basic(settings),
        ca_file=settings.prometheus_ca_file,
        headers={name: value.get_secret_value() for name, value in settings.prometheus_headers.items()},
    )
    return PrometheusSource(settings.prometheus_url, access)


def prometheus_credentials(settings: Settings, more: Mapping[str, str] | None = None) -> Credentials:
    """What the settings have for Prometheus, with more headers."""
    token = settings.prometheus_bearer_token
    headers = {name: value.get_secret_value() for name, value in settings.prometheus_headers.items()}
    return Credentials(
        bearer_token=token.get_secret_value() if token else None,
        basic=_basic(settings),
        headers=headers | dict(more or {}),
        ca_file=settings.prometheus_ca_file,
    )


def _basic(settings: Settings) -> tuple[str, str] | None:
    if settings.prometheus_user is None or settings.prometheus_password is None:
        return None
    return settings.prometheus_user, settings.prometheus_password.get_secret_value()
