"""The pages: organisation, SLO list, squad, SLO, incident."""

from collections.abc import Sequence
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from observatory.alerting import Incident, Silence
from observatory.application.snapshot import Views
from observatory.catalog import ServiceSlo
from observatory.entrypoints.api.problems import not_found
from observatory.entrypoints.api.slos import find_slo
from observatory.entrypoints.api.squads import OPEN, find_squad
from observatory.entrypoints.api.state import LookedAt
from observatory.entrypoints.portal.drawings import SIZES, Drawings
from observatory.entrypoints.portal.rows import (
    SloRow,
    count_states,
    least_budget,
    service_rows,
    slo_rows,
    squad_rows,
)
from observatory.entrypoints.portal.session import Shown
from observatory.entrypoints.portal.silences import concerning
from observatory.entrypoints.portal.told import who_was_told
from observatory.errors import NotFound, Unavailable
from observatory.evaluation import BudgetPoint
from observatory.evaluation.forecast import forecast
from observatory.outputs.charts import Scheme
from observatory.outputs.forecast import forecast_words

router = APIRouter()

WORST = 8
LISTED = 500
PAST = 8


def _drawings(request: Request) -> Drawings:
    return cast(Drawings, request.app.state.drawings)


Drawn = Annotated[Drawings, Depends(_drawings)]


@router.get("/")
def organisation(request: Request, shown: Shown, views: LookedAt) -> Response:
    """Every squad."""
    snapshot = views.board.snapshot
    rows = slo_rows(snapshot)
    incidents = _open_incidents(views)
    worst = least_budget(rows, most=WORST)
    return shown.show(
        request,
        "organisation.html",
        states=count_states(rows),
        incidents=incidents,
        worst=worst,
        trends=_trends(views, worst),
        squads=squad_rows(snapshot, rows, incidents or ()),
    )


@router.get("/slos")
def slo_list(
    request: Request,
    shown: Shown,
    views: LookedAt,
    q: Annotated[str, Query(max_length=200)] = "",
    squad: str = "",
    state: str = "",
) -> Response:
    """Every SLO, searched and filtered."""
    snapshot = views.board.snapshot
    rows = [row for row in slo_rows(snapshot, squad=squad or None) if _matches(row, q, state)]
    return shown.show(
        request,
        "slos.html",
        rows=rows[:LISTED],
        found=len(rows),
        squads=sorted(snapshot.catalog.squads),
        q=q,
        chosen_squad=squad,
        chosen_state=state,
    )


@router.get("/squads/{squad}")
def squad_page(request: Request, shown: Shown, views: LookedAt, squad: str) -> Response:
    """One squad."""
    snapshot = views.board.snapshot
    rows = slo_rows(snapshot, squad=squad)
    return shown.show(
        request,
        "squad.html",
        squad=find_squad(snapshot, squad),
        states=count_states(rows),
        rows=rows,
        trends=_trends(views, rows[:LISTED]),
        behaviours=[one for one in snapshot.behaviours.values() if one[0].squad.name == squad],
        services=service_rows(snapshot, squad),
        incidents=_open_incidents(views, squad=squad),
        silences=_silences(views, [row.entry for row in rows]),
    )


@router.get("/slos/{service}/{slo}")
def slo_page(request: Request, shown: Shown, views: LookedAt, service: str, slo: str) -> Response:
    """One SLO."""
    snapshot = views.board.snapshot
    entry = find_slo(snapshot.catalog, service, slo)
    try:
        incidents: Sequence[Incident] | None = views.alerts.incidents(slo=entry.id, limit=PAST)
    except Unavailable:
        incidents = None
    points = views.burn_down(entry.id)
    status = snapshot.statuses.get(entry.id)
    zone = entry.squad.on_call.timezone
    return shown.show(
        request,
        "slo.html",
        row=SloRow(entry, status),
        ahead=[] if status is None else forecast_words(forecast(status, points), status, zone=zone),
        adjustment=snapshot.adjustments.get(entry.id),
        components=snapshot.contributions.get(entry.id, ()),
        incidents=incidents,
        seen_hours=_seen(points),
        hours=len(points),
    )


@router.get("/slos/{service}/{slo}/burn-down.svg")
def burn_down(
    views: LookedAt, drawn: Drawn, service: str, slo: str, scheme: Scheme = Scheme.LIGHT, size: str = "wide"
) -> Response:
    """The SLO's budget over its window, drawn."""
    snapshot = views.board.snapshot
    entry = find_slo(snapshot.catalog, service, slo)
    if size not in SIZES:
        raise not_found("chart size", size, SIZES)
    points = views.burn_down(entry.id)
    if not _seen(points):
        raise NotFound(f"There is nothing to draw yet: {entry.id} was not measured in its window.")
    status = snapshot.statuses.get(entry.id)
    ends = status.resets if status else None
    svg = drawn.burn_down(entry.id, points, at=snapshot.at, ends=ends, scheme=scheme, size=size)
    return Response(svg, media_type="image/svg+xml")


@router.get("/incidents/{incident_id}")
def incident_page(request: Request, shown: Shown, views: LookedAt, incident_id: str) -> Response:
    """One incident."""
    incident = views.alerts.incident(incident_id)
    if incident is None:
        raise NotFound(f'There is no incident "{incident_id}"; it may be older than what is kept.')
    snapshot = views.board.snapshot
    rows = [row for row in slo_rows(snapshot) if row.entry.id == incident.slo]
    owner = snapshot.catalog.squads.get(incident.squad)
    points = views.burn_down(incident.slo) if rows else ()
    return shown.show(
        request,
        "incident.html",
        incident=incident,
        event=incident.service if incident.service in snapshot.catalog.events else None,
        row=rows[0] if rows else None,
        behaviour=snapshot.behaviours.get(incident.slo),
        zone=owner.on_call.timezone if owner else "UTC",
        deliveries=who_was_told(views.alerts, incident),
        deeds=views.alerts.audit(subject=incident_id),
        seen_hours=_seen(points),
        hours=len(points),
    )


def _open_incidents(views: Views, *, squad: str | None = None) -> Sequence[Incident] | None:
    """None when the database does not answer: the numbers are worth showing without it."""
    try:
        return views.alerts.incidents(states=OPEN, squad=squad)
    except Unavailable:
        return None


def _silences(views: Views, entries: Sequence[ServiceSlo]) -> Sequence[tuple[Silence, bool]]:
    """Nothing is shown when the database does not answer: the incidents beside them say so."""
    now = views.clock.now()
    try:
        return concerning(views.alerts.silences(ending_after=now), entries, now=now)
    except Unavailable:
        return ()


def _trends(views: Views, rows: Sequence[SloRow]) -> dict[str, Sequence[BudgetPoint]]:
    return {row.entry.id: views.burn_down(row.entry.id) for row in rows}


def _seen(points: Sequence[BudgetPoint]) -> int:
    return sum(point.remaining is not None for point in points)


def _matches(row: SloRow, query: str, state: str) -> bool:
    entry = row.entry
    text = f"{entry.id} {entry.squad.name} {entry.slo.description} {entry.service.description}".lower()
    return all(word in text for word in query.lower().split()) and state in ("", row.state)
