"""Dashboards as pictures: every panel's queries asked of Prometheus, and drawn."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from observatory.application.ports import MetricsSource
from observatory.catalog import Catalog
from observatory.errors import NotFound
from observatory.measurement import Answer
from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.preview import TimeRange, html, picture, read
from observatory.outputs.preview.marks import Mark, Marked, marked
from observatory.outputs.preview.reading import Asked, PanelView

_PATIENCE = timedelta(seconds=30)
_AT_ONCE = 8
_MARKS_STEP = 60
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A dashboard, drawn."""

    path: str
    """Of the dashboard below its folder, without a suffix: playlists/playlist."""
    page: str
    """HTML that needs nothing else."""
    png: bytes


def chosen(catalog: Catalog, *, squad: str | None, service: str | None) -> dict[str, str]:
    """The dashboards of a squad, of a service, or all of them, by path.

    Raises:
        NotFound: there is no such squad or service.
    """
    named = {**catalog.services, **catalog.journeys, **catalog.events}
    for name, known, kind in ((squad, set(catalog.squads), "squad"), (service, set(named), "service")):
        if name is not None and name not in known:
            raise NotFound(f"no {kind} is called {name!r}; there are: {', '.join(sorted(known))}")
    return {
        path: text
        for path, text in dashboard_files(catalog).items()
        if (squad is None or PurePosixPath(path).parts[0] == squad)
        and (service is None or PurePosixPath(path).stem == service)
    }


def previews(
    dashboards: dict[str, str], source: MetricsSource, *, now: datetime, length: timedelta, scrape: timedelta
) -> Iterator[Preview]:
    """Draw dashboards as they look at a moment.

    Args:
        dashboards: Their JSON, by path.
        source: Where the queries go.
        now: The end of what is shown.
        length: How much time is shown.
        scrape: The data source's scrape interval, which drives `$__rate_interval`.

    Raises:
        Refused: a query is wrong.
        Unavailable: Prometheus does not answer.
    """
    end = int(now.timestamp())
    span = TimeRange(end - int(length.total_seconds()), end, int(scrape.total_seconds()))
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="preview") as pool:
        for path, text in dashboards.items():
            board = read(text)
            asked = [pool.submit(_answers, panel, source, span) for panel in board.panels]
            marks = [*pool.map(lambda mark: _marked(mark, source, span), board.marks)]
            page, svg = html(board, [answers.result() for answers in asked], span, marks=marks)
            yield Preview(path.removesuffix(".json"), page, picture(svg))


def _answers(panel: PanelView, source: MetricsSource, span: TimeRange) -> Sequence[Answer]:
    return [_answer(asked, source, span) for asked in panel.asked]


def _answer(asked: Asked, source: MetricsSource, span: TimeRange) -> Answer:
    start = span.end if asked.instant else span.start
    return source.query_range(
        span.filled(asked.expr), start=start, end=span.end, step=span.step, timeout=_PATIENCE
    )


def _marked(mark: Mark, source: MetricsSource, span: TimeRange) -> Marked:
    """As often as Grafana asks for annotations: once a minute, or once a step where that is longer."""
    step = max(span.step, _MARKS_STEP)
    answer = source.query_range(
        span.filled(mark.expr), start=span.start, end=span.end, step=step, timeout=_PATIENCE
    )
    return marked(mark, answer, start=span.start, end=span.end, step=step)
