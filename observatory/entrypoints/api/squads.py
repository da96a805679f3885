"""/api/v1/squads: who owns what, and how it stands."""

from collections import Counter
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from observatory.alerting import IncidentState
from observatory.application.snapshot import Snapshot
from observatory.catalog import Service, Squad
from observatory.entrypoints.api.problems import not_found
from observatory.entrypoints.api.schema import Problem, SquadDetail, SquadShape
from observatory.entrypoints.api.slos import slo_json
from observatory.entrypoints.api.state import LookedAt
from observatory.evaluation import State

router = APIRouter(prefix="/api/v1/squads", tags=["squads"])

OPEN = (IncidentState.FIRING, IncidentState.ACKNOWLEDGED, IncidentState.SILENCED)


@router.get("", response_model=list[SquadShape], responses={503: {"model": Problem}})
def squads(views: LookedAt) -> JSONResponse:
    """Every squad in numbers, ordered by name."""
    snapshot = views.board.snapshot
    states = states_by_squad(snapshot)
    incidents = Counter(incident.squad for incident in views.alerts.incidents(states=OPEN))
    return JSONResponse(
        [
            _in_numbers(snapshot, squad, states[name], incidents[name])
            for name, squad in sorted(snapshot.catalog.squads.items())
        ]
    )


@router.get(
    "/{squad}", response_model=SquadDetail, responses={404: {"model": Problem}, 503: {"model": Problem}}
)
def one_squad(views: LookedAt, squad: str) -> JSONResponse:
    """One squad with its services and their SLOs."""
    snapshot = views.board.snapshot
    owner = find_squad(snapshot, squad)
    incidents = len(views.alerts.incidents(states=OPEN, squad=squad))
    services = sorted(services_of(snapshot, squad), key=lambda service: service.name)
    return JSONResponse(
        {
            **_in_numbers(snapshot, owner, states_by_squad(snapshot)[squad], incidents),
            "slack_channel": owner.slack.channel,
            "timezone": owner.on_call.timezone,
            "on_call_hours": owner.on_call.hours,
            "service_list": [_service(snapshot, service) for service in services],
        }
    )


def find_squad(snapshot: Snapshot, squad: str) -> Squad:
    """The squad of this name.

    Raises:
        NotFound: names the nearest squad that there is.
    """
    if squad not in snapshot.catalog.squads:
        raise not_found("squad", squad, snapshot.catalog.squads)
    return snapshot.catalog.squads[squad]


def services_of(snapshot: Snapshot, squad: str) -> list[Service]:
    """The services that this squad owns."""
    return [service for service in snapshot.catalog.services.values() if service.squad == squad]


def states_by_squad(snapshot: Snapshot) -> dict[str, Counter[State]]:
    """How many SLOs of each squad are in each state; an SLO that was never evaluated has no data."""
    states: dict[str, Counter[State]] = {squad: Counter() for squad in snapshot.catalog.squads}
    for entry, status in snapshot.entries():
        states[entry.squad.name][status.state if status else State.NO_DATA] += 1
    return states


def _in_numbers(snapshot: Snapshot, squad: Squad, states: Counter[State], incidents: int) -> dict[str, Any]:
    return {
        "squad": squad.name,
        "description": squad.description,
        "services": len(services_of(snapshot, squad.name)),
        "slos": {state.value: states[state] for state in State if states[state]},
        "open_incidents": incidents,
    }


def _service(snapshot: Snapshot, service: Service) -> dict[str, Any]:
    return {
        "service": service.name,
        "tier": service.tier,
        "description": service.description,
        "runbook": service.runbook,
        "depends_on": list(service.depends_on),
        "defined_at": str(service.place),
        "slos": [slo_json(snapshot, entry) for entry, _ in snapshot.entries(service=service.name)],
    }
