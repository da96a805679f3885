"""/api/v1/incidents: what burns, what burned, and how far people are with it."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import JSONResponse

from observatory.alerting import Incident, IncidentState
from observatory.application.delivery import Delivery
from observatory.entrypoints.api.problems import not_found
from observatory.entrypoints.api.schema import DeliveryShape, IncidentShape, Problem
from observatory.entrypoints.api.squads import find_squad
from observatory.entrypoints.api.state import Configured, LookedAt
from observatory.settings import Settings

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])

MOST = 1000


@router.get(
    "",
    response_model=list[IncidentShape],
    responses={404: {"model": Problem}, 422: {"model": Problem}, 503: {"model": Problem}},
)
def incidents(
    views: LookedAt,
    settings: Configured,
    squad: Annotated[str | None, Query(description="Only this squad's.")] = None,
    state: Annotated[
        list[IncidentState] | None, Query(description="Only those in this state; may be given several times.")
    ] = None,
    since: Annotated[
        AwareDatetime | None,
        Query(description="Only those changed since, with a zone: 2026-03-18T02:47:00Z."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> JSONResponse:
    """Incidents, newest first."""
    found = views.alerts.incidents(states=state, squad=squad, since=since, limit=limit)
    if squad is not None and not found:  # a squad that is gone keeps its incidents
        find_squad(views.board.snapshot, squad)
    return JSONResponse([shape(incident, settings) for incident in found])


@router.get(
    "/{incident_id}",
    response_model=IncidentShape,
    responses={404: {"model": Problem}, 503: {"model": Problem}},
)
def one_incident(views: LookedAt, settings: Configured, incident_id: str) -> JSONResponse:
    """One incident."""
    incident = views.alerts.incident(incident_id)
    if incident is None:
        raise not_found("incident", incident_id, ())
    return JSONResponse(shape(incident, settings))


@router.get(
    "/{incident_id}/deliveries",
    response_model=list[DeliveryShape],
    responses={404: {"model": Problem}, 503: {"model": Problem}},
)
def deliveries(views: LookedAt, incident_id: str) -> JSONResponse:
    """Who was told of an incident, and the proof: newest first."""
    if views.alerts.incident(incident_id) is None:
        raise not_found("incident", incident_id, ())
    return JSONResponse([_delivery(one) for one in views.alerts.deliveries(incident=incident_id, limit=MOST)])


def _delivery(delivery: Delivery) -> dict[str, Any]:
    told = delivery.notification
    return {
        "id": told.delivery_id,
        "destination": told.destination,
        "kind": told.kind.value,
        "revision": told.revision,
        "state": delivery.state.value,
        "attempts": delivery.attempt,
        "due_at": told.not_before.isoformat(),
        "deadline": told.deadline.isoformat(),
        "sent_at": delivery.sent_at.isoformat() if delivery.sent_at else None,
        "channel": delivery.channel,
        "ts": delivery.ts,
        "permalink": delivery.permalink,
        "error": delivery.last_error,
    }


def shape(incident: Incident, settings: Settings) -> dict[str, Any]:
    """An incident as the API shows it."""
    return {
        "id": incident.id,
        "squad": incident.squad,
        "service": incident.service,
        "slo": own_name(incident.slo),
        "severity": incident.severity.value,
        "state": incident.state.value,
        "tiers": list(incident.tiers),
        "opened_at": incident.opened_at.isoformat(),
        "updated_at": incident.updated_at.isoformat(),
        "resolved_at": incident.resolved_at.isoformat() if incident.resolved_at else None,
        "reopened": incident.reopened,
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged_at": incident.acknowledged_at.isoformat() if incident.acknowledged_at else None,
        "silence": incident.silence.id if incident.silence else None,
        "joined": incident.joined,
        "causes": list(incident.causes),
        "url": f"{(settings.public_url or '').rstrip('/')}/incidents/{quote(incident.id, safe='')}",
    }


def own_name(slo: str) -> str:
    """The SLO's name without its service: `playlist/availability` gives `availability`."""
    return slo.partition("/")[2]
