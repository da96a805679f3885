"""The Prometheus servers, and the credentials that they and their neighbours are shown."""

from collections.abc import Mapping

from observatory.adapters.prometheus import Access, PrometheusSource
from observatory.adapters.shipping import Credentials
from observatory.application.ports import MetricsSource
from observatory.settings import PrometheusServer, Settings


def prometheus(settings: Settings) -> MetricsSource:
    """The usual Prometheus of the settings."""
    return _source(settings.prometheus)


def more_servers(settings: Settings) -> Mapping[str, MetricsSource]:
    """The others by their names."""
    return {name: _source(server) for name, server in settings.prometheus_servers.items()}


def prometheus_credentials(settings: Settings, more: Mapping[str, str] | None = None) -> Credentials:
    """What the settings have for the usual Prometheus, with more headers."""
    server = settings.prometheus
    return Credentials(
        bearer_token=_token(server),
        basic=_basic(server),
        headers=_headers(server) | dict(more or {}),
        ca_file=server.ca_file,
    )


def _source(server: PrometheusServer) -> MetricsSource:
    access = Access(
        bearer_token=_token(server), basic=_basic(server), ca_file=server.ca_file, headers=_headers(server)
    )
    return PrometheusSource(server.url, access)


def _token(server: PrometheusServer) -> str | None:
    return server.bearer_token.get_secret_value() if server.bearer_token else None


def _headers(server: PrometheusServer) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in server.headers.items()}


def _basic(server: PrometheusServer) -> tuple[str, str] | None:
    if server.user is None or server.password is None:
        return None
    return server.user, server.password.get_secret_value()
