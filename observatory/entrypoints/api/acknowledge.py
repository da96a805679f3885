"""POST /api/v1/incidents/{id}/acknowledge: somebody takes an incident on."""

from fastapi import APIRouter, Request
from pydantic import Field

from observatory.application.acknowledge import Answer
from observatory.entrypoints.api.actors import Allowed, By, actor
from observatory.entrypoints.api.incidents import shape
from observatory.entrypoints.api.schema import IncidentShape, Problem, Shape
from observatory.entrypoints.api.state import Configured

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])


class Acknowledgement(Shape):
    """Who takes it on."""

    by: By = Field(examples=["anna"])


class AcknowledgedShape(Shape):
    """What came of it; only `acknowledged` changed anything."""

    answer: Answer
    incident: IncidentShape


@router.post(
    "/{incident_id}/acknowledge",
    responses={404: {"model": Problem}, 422: {"model": Problem}, 503: {"model": Problem}},
)
def acknowledge(
    request: Request, allowed: Allowed, settings: Configured, incident_id: str, said: Acknowledgement
) -> AcknowledgedShape:
    """Acknowledge a firing incident: it calls nobody any more, and goes on being shown."""
    done = allowed.acknowledge(incident_id, actor=actor(request, said.by))
    return AcknowledgedShape(
        answer=done.answer, incident=IncidentShape.model_validate(shape(done.incident, settings))
    )
