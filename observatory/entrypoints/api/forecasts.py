"""/api/v1/slos/…/forecast: what lies ahead of one SLO's budget."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import JSONResponse

from observatory.entrypoints.api.schema import Problem, Shape
from observatory.entrypoints.api.slos import find_slo
from observatory.entrypoints.api.state import LookedAt
from observatory.evaluation.forecast import Forecast, forecast
from observatory.outputs.forecast import forecast_json

router = APIRouter(prefix="/api/v1/slos", tags=["SLOs"])


class RecoveryShape(Shape):
    """When the budget is back if nothing new goes wrong; now or earlier when it is there."""

    solvent: datetime = Field(description="No longer overspent.")
    comfortable: datetime = Field(description="A quarter of it is left.")


class RunwayShape(Shape):
    """How long the budget lasts at the last hour's burn: a guess, by which nobody is paged."""

    burn: float
    usual: float = Field(description="Burn over the budget's whole window.")
    lasts: float = Field(description="Seconds.")
    soonest: float = Field(description="Seconds; the lower end of its 95 % interval.")
    latest: float | None = Field(description="Seconds; null: it may as well not run out.")


class ForecastShape(Shape):
    """What is known and guessed."""

    affordable: float | None = Field(description="Bad events left before the budget is gone.")
    recovery: RecoveryShape | None = Field(description="Null: the budget is unknown.")
    runway: RunwayShape | None = Field(description="Null: it does not run out, is gone, or unknown.")


@router.get("/{service}/{slo}/forecast", response_model=ForecastShape, responses={404: {"model": Problem}})
def one_forecast(views: LookedAt, service: str, slo: str) -> JSONResponse:
    """When one SLO's budget is back, and how long it lasts."""
    snapshot = views.board.snapshot
    entry = find_slo(snapshot.catalog, service, slo)
    status = snapshot.statuses.get(entry.id)
    known = Forecast(None, None, None) if status is None else forecast(status, views.burn_down(entry.id))
    return JSONResponse(forecast_json(known))
