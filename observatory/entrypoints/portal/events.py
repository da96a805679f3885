"""The pages of events: when they come, whether they may, how they go and how they went."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from observatory.application.audit import AuditEntry
from observatory.application.snapshot import Views
from observatory.catalog import Event, Span
from observatory.catalog.freezes import frozen_services, last_time, next_time
from observatory.entrypoints.api.events import find_event
from observatory.entrypoints.api.state import LookedAt
from observatory.entrypoints.portal.session import Shown
from observatory.entrypoints.portal.words import Look, Tone
from observatory.errors import NotFound, Unavailable
from observatory.outputs.events import EventReport, Grade, Readiness

router = APIRouter()

GRADES = {
    Grade.OK: Look("Ready", Tone.GOOD, "check"),
    Grade.WARN: Look("Reservations", Tone.WARN, "warning"),
    Grade.UNKNOWN: Look("Unknown", Tone.UNKNOWN, "question"),
    Grade.FAIL: Look("Not ready", Tone.BAD, "cross"),
}


_SPENT = (
    (1.0, Look("Over its slice", Tone.BAD, "cross")),
    (0.5, Look("Half its slice is gone", Tone.WARN, "warning")),
    (0.0, Look("Going well", Tone.GOOD, "check")),
)
"""How an event goes, by the share that is gone of the slice of which most is."""


@router.get("/events")
def event_list(request: Request, shown: Shown, views: LookedAt) -> Response:
    """Every event, the next one first."""
    now, catalog = views.clock.now(), views.board.snapshot.catalog
    timed = [(event, next_time(event, at=now)) for event in catalog.events.values()]
    timed.sort(key=lambda pair: (pair[1] is None, pair[1].start if pair[1] else now, pair[0].name))
    return shown.show(request, "events.html", events=timed, affected=_affected(views))


@router.get("/events/{event}")
def event_page(request: Request, shown: Shown, views: LookedAt, event: str) -> Response:
    """One event."""
    now, snapshot = views.clock.now(), views.board.snapshot
    found = find_event(snapshot, event)
    coming = next_time(found, at=now)
    under_way = coming is not None and coming.contains(now)
    readiness, report = _readiness(views, found, coming), _report(views, found)
    return shown.show(
        request,
        "event.html",
        event=found,
        coming=coming,
        under_way=under_way,
        affected=catalog_ids(views, found),
        frozen=frozen_services(found, snapshot.catalog) if found.freeze else (),
        grades=GRADES,
        verdict=_going(report) if under_way and report else GRADES[readiness.grade] if readiness else None,
        readiness=readiness,
        report=report,
        deeds=_deeds(views, found),
    )


def catalog_ids(views: Views, event: Event) -> Sequence[str]:
    """The ids of the SLOs that an event is about."""
    return [entry.id for entry in views.board.snapshot.catalog.affected(event)]


def _deeds(views: Views, event: Event) -> Sequence[AuditEntry]:
    """Who left time out of the numbers, and when, newest first; nothing while the database does not answer."""
    try:
        return views.alerts.audit(subject=f"event/{event.name}") if event.mode == "exclude" else ()
    except Unavailable:
        return ()


def _affected(views: Views) -> dict[str, int]:
    events = views.board.snapshot.catalog.events.values()
    return {event.name: len(catalog_ids(views, event)) for event in events}


def _going(report: EventReport) -> Look | None:
    """In the middle of an event to protect; None for the others."""
    spent = [line.bad / line.slice for line in report.lines if line.slice]
    return next((look for least, look in _SPENT if max(spent) >= least), None) if spent else None


def _readiness(views: Views, event: Event, coming: Span | None) -> Readiness | None:
    """Of events to protect that are still to come; None while the database does not answer."""
    if views.reports is None or coming is None or event.mode != "protect":
        return None
    try:
        return views.reports.readiness(event.name)
    except Unavailable:
        return None


def _report(views: Views, event: Event) -> EventReport | None:
    """On the newest time; None while there was none, or the database does not answer."""
    if views.reports is None or last_time(event, at=views.clock.now()) is None:
        return None
    try:
        return views.reports.report(event.name)
    except (NotFound, Unavailable):
        return None
