"""/api/v1/slos: how every SLO stands."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from observatory.application.snapshot import Snapshot
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
    if service is not None and snapshot.catalog.promiser(service) is None:
        raise not_found("service", service, _promisers(snapshot.catalog))
    # Answered without a pass through the response model, which would double the time of ten thousand SLOs;
    # that the two agree is tested.
    answers = (slo_json(snapshot, entry) for entry, _ in snapshot.entries(squad=squad, service=service))
    return JSONResponse([answer for answer in answers if state in (None, answer["state"])])


@router.get("/{service}/{slo}", response_model=SloShape, responses={404: {"model": Problem}})
def one_slo(views: LookedAt, service: str, slo: str) -> JSONResponse:
    """One SLO's numbers."""
    snapshot = views.board.snapshot
    entry = find_slo(snapshot.catalog, service, slo)
    return JSONResponse(slo_json(snapshot, entry))


def slo_json(snapshot: Snapshot, entry: ServiceSlo) -> dict[str, Any]:
    """One SLO with all that the snapshot knows of it."""
    return status_json(
        entry,
        snapshot.statuses.get(entry.id),
        adjustment=snapshot.adjustments.get(entry.id),
        components=snapshot.contributions.get(entry.id, ()),
    )


def find_slo(catalog: Catalog, service: str, slo: str) -> ServiceSlo:
    """The SLO of this service and name.

    Raises:
        NotFound: names the nearest service or SLO that there is.
    """
    owner = catalog.promiser(service)
    if owner is None:
        raise not_found("service", service, _promisers(catalog))
    if slo not in (promise.name for promise in owner.slos):
        raise not_found(f"SLO of {service} called", slo, [promise.name for promise in owner.slos])
    return next(entry for entry in catalog.slos_of(owner) if entry.slo.name == slo)


def _promisers(catalog: Catalog) -> list[str]:
    return [*catalog.services, *catalog.journeys]
