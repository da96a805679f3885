"""/api/v1/slos: how every SLO stands."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from observatory.catalog import Catalog, ServiceSlo
from observatory.entrypoints.api.problems import not_found
from observatory.entrypoints.api.schema import Problem, SloShape
from observatory.entrypoints.api.state import LookedAt
from observatory.evaluation import State
from observatory.outputs.status import status_json

router = APIRouter(prefix="/api/v1/slos", tags=["SLOs"])


@router.get("", response_model=list[SloShape], responses={404: {"model": Problem}, 422: {"model": Problem}})
def slos(
    views: LookedAt,
    squad: Annotated[str | None, Query(description="Only this squad's.")] = None,
    service: Annotated[str | None, Query(description="Only this service's.")] = None,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
) -> JSONResponse:
    """Every SLO's numbers, ordered by service and name."""
    snapshot = views.board.snapshot
    if squad is not None and squad not in snapshot.catalog.squads:
        raise not_found("squad", squad, snapshot.catalog.squads)
    if service is not None and service not in snapshot.catalog.services:
        raise not_found("service", service, snapshot.catalog.services)
    # Answered without a pass through the response model, which would double the time of ten thousand SLOs;
    # that the two agree is tested.
    answers = (status_json(entry, status) for entry, status in snapshot.entries(squad=squad, service=service))
    return JSONResponse([answer for answer in answers if state in (None, answer["state"])])


@router.get("/{service}/{slo}", response_model=SloShape, responses={404: {"model": Problem}})
def one_slo(views: LookedAt, service: str, slo: str) -> JSONResponse:
    """One SLO's numbers."""
    snapshot = views.board.snapshot
    entry = find_slo(snapshot.catalog, service, slo)
    return JSONResponse(status_json(entry, snapshot.statuses.get(entry.id)))


def find_slo(catalog: Catalog, service: str, slo: str) -> ServiceSlo:
    """The SLO of this service and name.

    Raises:
        NotFound: names the nearest service or SLO that there is.
    """
    if service not in catalog.services:
        raise not_found("service", service, catalog.services)
    owner = catalog.services[service]
    promises = {promise.name: promise for promise in owner.slos}
    if slo not in promises:
        raise not_found(f"SLO of {service} called", slo, promises)
    return ServiceSlo(catalog.squads[owner.squad], owner, promises[slo])
