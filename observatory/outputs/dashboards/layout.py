"""Sections of panels, laid out on Grafana's grid of 24 columns; where a panel stands is never written by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from observatory.outputs.dashboards import grafana
from observatory.outputs.dashboards.panels import Panel

COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its panels, in reading order; without a title, just the panels."""

    slug: str
    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Page:
    """A dashboard before it is written down."""

    head: grafana.Head
    sections: Sequence[Section]
    links: Sequence[tuple[str, str]] = ()
    """Titles and URLs."""
    annotations: Sequence[grafana.Json] = ()


def page_json(page: Page) -> str:
    """The text of a page's file."""
    return grafana.dashboard_json(
        page.head,
        links=page.links,
        annotations=page.annotations,
        panels=list(_placed(page)),
    )


def _placed(page: Page) -> Iterable[Any]:
    top = 0
    for section in page.sections:
        if section.title:
            heading = grafana.Row(title=section.title)
            yield grafana.place(
                heading, dashboard=page.head.uid, slug=section.slug, at=(0, top), size=(COLUMNS, 1)
            )
            top += 1
        for line in _lines(section.panels):
            left = 0
            for panel in line:
                yield grafana.place(
                    panel.content,
                    dashboard=page.head.uid,
                    slug=f"{section.slug}/{panel.slug}",
                    at=(left, top),
                    size=(panel.width, panel.height),
                )
                left += panel.width
            top += max(panel.height for panel in line)


def _lines(panels: Iterable[Panel]) -> Iterable[list[Panel]]:
    """Panels side by side until the next one would not fit."""
    line: list[Panel] = []
    for panel in panels:
        if sum(other.width for other in line) + panel.width > COLUMNS:
            yield line
            line = []
        line.append(panel)
    if line:
        yield line
