"""The shapes of the API's answers, for OpenAPI; `outputs.status` and the routes write them."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from observatory.alerting import IncidentState
from observatory.evaluation import Severity, State


class Shape(BaseModel):
    """Base of every answer: no field that is not named here."""

    model_config = ConfigDict(extra="forbid")


class EventCounts(Shape):
    """Events of the SLO's window; null is unknown."""

    total: float | None
    bad: float | None


class Budget(Shape):
    """The error budget of the SLO's window; null is unknown."""

    events: float | None = Field(description="Events that may be bad.")
    consumed: float | None = Field(description="Share that is spent; above 1 when overspent.")
    remaining: float | None = Field(description="1 - consumed; negative when overspent.")


class SloShape(Shape):
    """One SLO and how it stands."""

    squad: str
    service: str
    slo: str = Field(description="The SLO's own name; unique within its service.")
    objective: float = Field(description="Ratio of good events that is promised: 0.999.")
    window: str = Field(description='Length of the rolling window: "30d".')
    state: State
    coverage: float | None = Field(description="Share of the window that was seen.")
    sli: float | None = Field(description="Ratio of good events in the window.")
    events: EventCounts
    budget: Budget
    burn: Mapping[str, float | None] = Field(
        description="Burn rate over each alert window: 1 spends exactly the budget in the SLO's window."
    )


class SquadShape(Shape):
    """A squad in numbers."""

    squad: str
    description: str
    services: int
    slos: Mapping[State, int] = Field(description="SLOs by state; states that none is in are left out.")
    open_incidents: int


class ServiceShape(Shape):
    """A service of a squad."""

    service: str
    tier: int
    description: str
    runbook: str | None
    depends_on: list[str]
    defined_at: str = Field(description="file:line:column")
    slos: list[SloShape]


class SquadDetail(SquadShape):
    """A squad with its services."""

    slack_channel: str
    timezone: str
    on_call_hours: str | None
    service_list: list[ServiceShape]


class IncidentShape(Shape):
    """One SLO burning at one severity, from the first tier that fired until it is resolved."""

    id: str
    squad: str
    service: str
    slo: str
    severity: Severity
    state: IncidentState
    tiers: list[str]
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    reopened: int
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    silence: str | None = Field(description="The id of the silence that keeps it quiet, or kept it so last.")
    url: str = Field(description="The incident's page; absolute when OBSERVATORY_PUBLIC_URL is set.")


class Wrong(Shape):
    """An argument that is wrong."""

    where: str
    value: object
    expected: str


class Problem(Shape):
    """RFC 9457 problem details."""

    title: str
    status: int
    detail: str
    errors: list[Wrong] | None = None
