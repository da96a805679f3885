"""/api/v1/behaviours, and the same in Prometheus's text format: what users do, and whether it is as expected."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.responses import JSONResponse

from observatory.application.snapshot import Snapshot
from observatory.catalog.behaviours import behaviour_name
from observatory.entrypoints.api.problems import not_found
from observatory.entrypoints.api.schema import BehaviourShape, Problem
from observatory.entrypoints.api.state import LookedAt
from observatory.outputs.status import behaviour_json

router = APIRouter(prefix="/api/v1", tags=["behaviours"])
_LABELS = ("squad", "service", "behaviour")


@router.get("/behaviours", response_model=list[BehaviourShape], responses={404: {"model": Problem}})
def behaviours(
    views: LookedAt,
    squad: Annotated[str | None, Query(description="Only this squad's.")] = None,
    service: Annotated[str | None, Query(description="Only this service's.")] = None,
) -> JSONResponse:
    """Every behaviour that was evaluated, ordered by service and name."""
    snapshot = views.board.snapshot
    if squad is not None and squad not in snapshot.catalog.squads:
        raise not_found("squad", squad, snapshot.catalog.squads)
    if service is not None and service not in snapshot.catalog.services:
        raise not_found("service", service, snapshot.catalog.services)
    found = (
        behaviour_json(entry, status)
        for entry, status in snapshot.behaviours.values()
        if squad in (None, entry.squad.name) and service in (None, entry.service.name)
    )
    return JSONResponse(list(found))


def behaviour_families(snapshot: Snapshot) -> Iterator[Metric]:
    """Every family; empty ones are left out, and so is what is unknown."""
    events = _family("observatory_behaviour_events", "What users did in the last hour.")
    expected = _family(
        "observatory_behaviour_expected_events", "What was expected in the last hour.", "bound"
    )
    firing = _family("observatory_behaviour_firing", "1 while fewer than expected came; absent when unknown.")
    for entry, status in snapshot.behaviours.values():
        labels = [entry.squad.name, entry.service.name, behaviour_name(entry)]
        found = status.shortfall
        if found is None:
            continue
        if found.events is not None:
            events.add_metric(labels, found.events)
        for bound, value in (("low", found.low), ("middle", found.expected), ("high", found.high)):
            if value is not None:
                expected.add_metric([*labels, bound], value)
        if found.unknown is None:
            firing.add_metric(labels, any(tier.firing for tier in status.tiers))
    return (family for family in (events, expected, firing) if family.samples)


def _family(name: str, text: str, *more: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=[*_LABELS, *more])
