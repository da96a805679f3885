"""Templates and their filters: everything that turns a page's values into HTML."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from observatory.application.snapshot import Views
from observatory.entrypoints.api.state import base_path
from observatory.entrypoints.portal import figures, words
from observatory.outputs.events import beyond_words
from observatory.outputs.links import dashboard_url, service_uid, squad_uid
from observatory.outputs.slack import numbers
from observatory.outputs.slack.shortfall import came
from observatory.settings import Settings

_ASSETS = ("portal.css", "refresh.js", "icon.svg")


class Pages:
    """Renders the templates for one application."""

    def __init__(self, views: Views, settings: Settings) -> None:
        self._views = views
        self._settings = settings
        self._environment = Environment(
            loader=PackageLoader("observatory.entrypoints.portal"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= _FILTERS
        self._environment.globals |= {
            "base": base_path(settings),
            "assets": {name: _stamp(name) for name in _ASSETS},
            "looks": words.LOOKS,
            "incident_looks": words.INCIDENT_LOOKS,
            "grafana_url": (settings.grafana_url or "").rstrip("/"),
            "signed": settings.token is not None,
            "refresh_seconds": max(15, int(settings.tick.total_seconds())),
            "sparkline": figures.sparkline,
            "spark_size": figures.SPARK,
            "burn_bar": figures.burn_bar,
            "came": came,
            "explain": words.explain,
            "budget_words": words.budget_words,
            "burn_words": words.burn_words,
            "service_dashboard": lambda name: dashboard_url(service_uid(name), settings.grafana_url),
            "squad_dashboard": lambda name: dashboard_url(squad_uid(name), settings.grafana_url),
            "span_words": words.span_words,
            "window_words": words.window_words,
            "counted_words": words.counted_words,
            "method_words": words.method_words,
        }

    def show(self, request: Request, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
        """One page; `values` are the template's."""
        now = self._views.clock.now()
        health = self._views.board.health
        html = self._environment.get_template(template).render(
            now=now,
            here=request.url.path,
            measured_until=self._views.board.snapshot.at,
            unready=health.unready(now, tick=self._settings.tick),
            **values,
        )
        return HTMLResponse(html, status)

    def error(
        self, request: Request, status: int, detail: str, *, headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """A page that says what went wrong."""
        page = self.show(request, "error.html", status=status, title=HTTPStatus(status).phrase, detail=detail)
        page.headers.update(headers or {})
        return page


def _stamp(asset: str) -> str:
    """Changes with the file, so that browsers may keep what they have."""
    content = (files("observatory.entrypoints.portal") / "static" / asset).read_bytes()
    return hashlib.blake2b(content, digest_size=6).hexdigest()


def _utc(moment: datetime, now: datetime) -> str:
    """`02:47 UTC`, with the day when it isn't today."""
    return numbers.clock_time(moment, "UTC", now=now)


def _zoned(moment: datetime, zone: str, now: datetime) -> str:
    """The same moment in a squad's zone."""
    return numbers.clock_time(moment, zone, now=now)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _web_address(text: str | None) -> str:
    """The text when it is an address that a link may open, else nothing."""
    return text if text and text.lower().startswith(("https://", "http://")) else ""


_FILTERS: Mapping[str, Any] = {
    "share": figures.share,
    "beyond": beyond_words,
    "good_share": figures.good_share,
    "burn_rate": figures.burn_rate,
    "events": figures.events,
    "bar": figures.ratio_bar,
    "span": numbers.span,
    "about": numbers.about,
    "utc": _utc,
    "zoned": _zoned,
    "iso": _iso,
    "path": lambda text: quote(text, safe=""),
    "web_address": _web_address,
}
