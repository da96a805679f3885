"""/api/v1/drills: a marked test alert on the way that a page takes, and the proof that it arrived."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import Field

from observatory.application.delivery import DeliveryState
from observatory.application.drill import Proof
from observatory.entrypoints.api.actors import Allowed, By, actor
from observatory.entrypoints.api.schema import Problem, Shape

router = APIRouter(prefix="/api/v1/drills", tags=["drills"])


class DrillRequest(Shape):
    """Whose way to test, and who asks for it."""

    squad: str = Field(max_length=200, examples=["playlists"])
    by: By = Field(examples=["anna"])


class HopShape(Shape):
    """A channel on the way."""

    channel: str
    state: DeliveryState
    error: str | None


class DrillShape(Shape):
    """How far a drill has come."""

    id: str
    squad: str
    began_at: datetime
    arrived: bool
    route: list[HopShape] = Field(description="The squad's own channel, then wherever it was sent on to.")
    permalink: str | None
    latency_seconds: float | None = Field(description="From the alert until Slack had the message.")


@router.post(
    "",
    status_code=201,
    responses={404: {"model": Problem}, 422: {"model": Problem}, 503: {"model": Problem}},
)
def begin(request: Request, allowed: Allowed, wanted: DrillRequest) -> DrillShape:
    """Send a squad a test alert. It mentions nobody, and is closed in its thread when it has arrived."""
    incident = allowed.drills.begin(wanted.squad, actor=actor(request, wanted.by))
    return _shape(allowed.drills.look(incident.id))


@router.get("/{drill_id}", responses={404: {"model": Problem}, 503: {"model": Problem}})
def look(allowed: Allowed, drill_id: str) -> DrillShape:
    """How far it has come."""
    return _shape(allowed.drills.look(drill_id))


def _shape(proof: Proof) -> DrillShape:
    latency = proof.latency
    return DrillShape(
        id=proof.incident.id,
        squad=proof.incident.squad,
        began_at=proof.incident.opened_at,
        arrived=proof.arrived,
        route=[HopShape(channel=hop.channel, state=hop.state, error=hop.error) for hop in proof.route],
        permalink=proof.permalink,
        latency_seconds=None if latency is None else latency.total_seconds(),
    )
