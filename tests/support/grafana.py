"""What Grafana would do with a dashboard: fill in its variables and ask Prometheus every query."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from observatory.outputs.preview import TimeRange

SCRAPE_SECONDS = 15


@dataclass(frozen=True)
class View:
    """A time range of a dashboard, and the Prometheus behind it."""

    url: str
    start: float
    end: float
    scrape: int = SCRAPE_SECONDS
    pixels: int = 800

    @property
    def range(self) -> TimeRange:
        """What Grafana makes of it."""
        return TimeRange(int(self.start), int(self.end), self.scrape, self.pixels)


@dataclass(frozen=True)
class Asked:
    """One query of a panel and what came back; `error` is Prometheus's message."""

    dashboard: str
    panel: str
    expr: str
    series: list[dict[str, Any]]
    error: str = ""


def ask_every_query(dashboards: dict[str, str], view: View) -> Iterator[Asked]:
    """Run every query of every panel, and every annotation's, as the panel would."""
    for name, text in dashboards.items():
        dashboard = json.loads(text)
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                yield _ask(name, panel["title"], target["expr"], view, instant=target["instant"])
        for mark in dashboard["annotations"]["list"]:
            if "expr" not in mark:  # Grafana keeps these itself
                continue
            yield _ask(name, f"annotation {mark['name']}", mark["expr"], view, instant=False)


def _ask(dashboard: str, panel: str, expr: str, view: View, *, instant: bool) -> Asked:
    expr = view.range.filled(expr)
    form = {"query": expr}
    if instant:
        path, more = "query", {"time": view.end}
    else:
        path, more = "query_range", {"start": view.start, "end": view.end, "step": view.range.step}
    body = urllib.parse.urlencode(form | more).encode()
    try:
        with urllib.request.urlopen(f"{view.url}/api/v1/{path}", body, timeout=30) as answer:  # noqa: S310 - ours
            return Asked(dashboard, panel, expr, json.load(answer)["data"]["result"])
    except urllib.error.HTTPError as error:
        with error:
            return Asked(dashboard, panel, expr, [], json.load(error)["error"])


def ask(url: str, expr: str) -> list[dict[str, Any]]:
    """The series that an instant query finds now."""
    body = urllib.parse.urlencode({"query": expr}).encode()
    with urllib.request.urlopen(f"{url}/api/v1/query", body, timeout=30) as answer:  # noqa: S310 - ours
        found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found
