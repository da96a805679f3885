"""/api/v1/watchdogs: whoever has to give signs of life gives them here; silence pages the platform squad.

What comes is Alertmanager's webhook (version 4) with an alert that always fires. When Prometheus falls silent,
Alertmanager declares the alert resolved and says so: that is no sign of life.
"""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from observatory.application.ports import Signs
from observatory.entrypoints.api.actors import Allowed
from observatory.entrypoints.api.schema import Problem, Shape
from observatory.entrypoints.api.state import LookedAt
from observatory.errors import NotFound

router = APIRouter(prefix="/api/v1/watchdogs", tags=["watchdogs"])
Source = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", description="Names who is watched, such as a cluster."
    ),
]


class WatchdogShape(Shape):
    """A source that is expected to give signs of life."""

    source: str
    heard_at: datetime


class _Alert(BaseModel):
    status: Literal["firing", "resolved"]


class SignOfLife(BaseModel):
    """As much of Alertmanager's webhook as says that it lives; the rest is not read."""

    alerts: list[_Alert] = Field(max_length=10_000)


@router.get("", responses={503: {"model": Problem}})
def watchdogs(allowed: Allowed) -> list[WatchdogShape]:
    """Who is expected to give signs of life, and when each did so last."""
    return [WatchdogShape(source=one, heard_at=at) for one, at in _signs(allowed).heard().items()]


@router.post("/{source}", status_code=204, responses={422: {"model": Problem}, 503: {"model": Problem}})
def hear(allowed: Allowed, views: LookedAt, source: Source, said: SignOfLife) -> Response:
    """A sign of life: a webhook of Alertmanager in which an alert fires. After the first, the next are expected."""
    if any(alert.status == "firing" for alert in said.alerts):
        _signs(allowed).hear(source, at=views.clock.now())
    return Response(status_code=204)


@router.delete("/{source}", status_code=204, responses={404: {"model": Problem}, 503: {"model": Problem}})
def forget(allowed: Allowed, source: Source) -> Response:
    """Expect nothing of a source any more: it was taken down on purpose. An incident of it is resolved."""
    if not _signs(allowed).forget(source):
        raise NotFound(f'Nothing is expected of "{source}".')
    return Response(status_code=204)


def _signs(allowed: Allowed) -> Signs:
    if allowed.signs is None:
        raise NotFound("No signs of life are kept here.")
    return allowed.signs
