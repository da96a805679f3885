"""/api/v1/events and /api/v1/freezes: launches, maintenance, and what is not to be changed meanwhile."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from observatory.application.snapshot import EventReports, Snapshot, Views
from observatory.catalog import Event
from observatory.catalog.freezes import freezes, next_time
from observatory.entrypoints.api.problems import not_found
from observatory.entrypoints.api.schema import EventShape, FreezeShape, Problem
from observatory.entrypoints.api.state import LookedAt
from observatory.errors import Unavailable
from observatory.outputs.events import (
    POLICY,
    Format,
    event_json,
    freeze_json,
    occasion_json,
    readiness_json,
    readiness_text,
    report_json,
    report_text,
)

router = APIRouter(prefix="/api/v1", tags=["events"])
Form = Annotated[Format, Query(alias="format", description="How the report is written.")]
_ERRORS: dict[int | str, dict[str, Any]] = {404: {"model": Problem}, 503: {"model": Problem}}


@router.get("/events", response_model=list[EventShape])
def events(views: LookedAt) -> JSONResponse:
    """Every event of the catalog, the one that comes first first; those without a time to come last."""
    snapshot, now = views.board.snapshot, views.clock.now()
    timed = [(next_time(event, at=now), event) for event in snapshot.catalog.events.values()]
    timed.sort(key=lambda pair: (pair[0] is None, pair[0].start if pair[0] else now, pair[1].name))
    return JSONResponse([_event(snapshot, event, now) for _, event in timed])


@router.get("/events/{event}", response_model=EventShape, responses={404: {"model": Problem}})
def one_event(views: LookedAt, event: str) -> JSONResponse:
    """One event, and how it goes."""
    snapshot = views.board.snapshot
    return JSONResponse(_event(snapshot, find_event(snapshot, event), views.clock.now()))


@router.get("/events/{event}/readiness", responses=_ERRORS)
def readiness(views: LookedAt, event: str, form: Form = Format.JSON) -> Response:
    """Whether everything is ready for the next time of an event."""
    find_event(views.board.snapshot, event)
    found = reports(views).readiness(event)
    return (
        JSONResponse(readiness_json(found))
        if form is Format.JSON
        else _text(readiness_text(found, form), form)
    )


@router.get("/events/{event}/report", responses=_ERRORS)
def report(
    views: LookedAt,
    event: str,
    form: Form = Format.JSON,
    start: Annotated[AwareDatetime | None, Query(description="When it began; else the newest time.")] = None,
) -> Response:
    """How an event went, or how it goes."""
    find_event(views.board.snapshot, event)
    found = reports(views).report(event, start=start)
    return JSONResponse(report_json(found)) if form is Format.JSON else _text(report_text(found, form), form)


@router.get("/freezes", response_model=FreezeShape, responses={404: {"model": Problem}})
def frozen(
    views: LookedAt,
    service: Annotated[str | None, Query(description="Only what concerns this service.")] = None,
    at: Annotated[AwareDatetime | None, Query(description="At this moment; else now.")] = None,
) -> JSONResponse:
    """Whether services are not to be changed now: what a deployment asks before it begins."""
    catalog = views.board.snapshot.catalog
    if service is not None and service not in catalog.services:
        raise not_found("service", service, catalog.services)
    moment = at or views.clock.now()
    return JSONResponse(freeze_json(freezes(catalog, at=moment, service=service), at=moment, service=service))


def find_event(snapshot: Snapshot, name: str) -> Event:
    """The event of this name.

    Raises:
        NotFound: names the nearest event that there is.
    """
    if name not in snapshot.catalog.events:
        raise not_found("event", name, snapshot.catalog.events)
    return snapshot.catalog.events[name]


def reports(views: Views) -> EventReports:
    """What makes reports.

    Raises:
        Unavailable: there is no history here.
    """
    if views.reports is None:
        raise Unavailable("Reports need the history, and there is none here.")
    return views.reports


def _event(snapshot: Snapshot, event: Event, now: datetime) -> dict[str, Any]:
    under_way = (one for one in snapshot.occasions if one.event.name == event.name)
    newest = max(under_way, key=lambda one: one.span.start, default=None)
    written = event_json(event, next_time(event, at=now), snapshot.catalog)
    return {**written, "now": None if newest is None else occasion_json(newest)}


def _text(text: str, form: Format) -> Response:
    if form is Format.HTML:
        return HTMLResponse(text, headers={"Content-Security-Policy": POLICY})
    return PlainTextResponse(text, media_type="text/markdown")
