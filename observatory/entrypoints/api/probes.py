"""/healthz (the process lives) and /readyz (its numbers may be relied upon)."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from observatory.application.snapshot import Views
from observatory.entrypoints.api.problems import RETRY_SECONDS, problem
from observatory.entrypoints.api.schema import Problem
from observatory.entrypoints.api.state import Configured, LookedAt
from observatory.errors import Unavailable
from observatory.settings import Settings

router = APIRouter(tags=["probes"])


def unready(views: Views, settings: Settings) -> str | None:
    """Why nobody should rely on us now, in a sentence; None when they may."""
    reason = views.board.health.unready(views.clock.now(), tick=settings.tick)
    if reason is not None:
        return reason
    try:
        views.alerts.incidents(limit=1)
    except Unavailable as error:
        return f"The database does not answer: {error}"
    refused = views.vitals.slack_problem
    return None if refused is None else f"Slack refuses our token ({refused}): nothing goes out to it."


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process lives and answers."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"model": Problem}})
def readyz(views: LookedAt, settings: Configured) -> JSONResponse:
    """200 when the numbers are complete and fresh, else 503 and why not.

    A mistake in the newest definitions is told, but is no reason: the ones before them go on alerting. Nor is a
    self-test message that did not arrive: what people look at is right, and the outbox keeps what it can't send.
    """
    reason = unready(views, settings)
    if reason is None:
        return JSONResponse({"status": "ready"} | _troubles(views))
    return problem(503, reason, headers={"Retry-After": str(RETRY_SECONDS)})


def _troubles(views: Views) -> dict[str, str]:
    test = views.vitals.self_test
    told = {"catalog": views.board.health.catalog_problem, "canary": None if test is None else test.problem}
    return {name: problem for name, problem in told.items() if problem is not None}
