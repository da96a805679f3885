"""The shapes of the API's answers, for OpenAPI; `outputs.status` and the routes write them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from observatory.alerting import IncidentState, NotificationKind
from observatory.application.delivery import DeliveryState
from observatory.evaluation import Severity, State


class Shape(BaseModel):
    """Base of every answer: no field that is not named here."""

    model_config = ConfigDict(extra="forbid")


class EventCounts(Shape):
    """Events of a window; slices, where the budget is made of them. Null is unknown."""

    total: float | None
    bad: float | None


class Budget(Shape):
    """The error budget of a window; null is unknown."""

    events: float | None = Field(
        description="Events (slices) that may be bad; of a calendar window, in the whole of it."
    )
    consumed: float | None = Field(description="Share that is spent; above 1 when overspent.")
    remaining: float | None = Field(description="1 - consumed; negative when overspent.")


class Unadjusted(Shape):
    """The numbers as they are with the times that events leave out."""

    state: State
    sli: float | None
    events: EventCounts
    budget: Budget


class ExclusionShape(Shape):
    """What events leave out of an SLO's numbers."""

    events: list[str] = Field(description="The events that ask for it.")
    seconds: float
    share: float = Field(description="Of the window; more than 0.05 is refused.")
    refused: bool = Field(description="It was too much, so nothing is left out.")
    under_way: bool
    without: Unadjusted


class ComponentShape(Shape):
    """An SLO that a journey is made of."""

    slo: str
    squad: str
    weight: int
    bad: float = Field(description="Over the journey's window, each event as often as its weight says.")
    total: float
    share: float | None = Field(description="Of the bad events of all components.")


class FurtherWindow(Shape):
    """The budget over one more window."""

    window: str
    starts: datetime
    ends: datetime = Field(description="Where a calendar window will end; a rolling one ends now.")
    coverage: float | None
    sli: float | None
    events: EventCounts
    budget: Budget


class SloShape(Shape):
    """One SLO and how it stands."""

    squad: str
    service: str
    slo: str = Field(description="The SLO's own name; unique within its service.")
    objective: float = Field(description="Ratio of good events that is promised: 0.999.")
    window: str = Field(description='The window that decides: "30d", or "month Europe/Stockholm".')
    method: str = Field(description='What its budget is made of: "occurrences", "timeslices of 1m at 95 %".')
    resets: datetime | None = Field(
        description="When a calendar window ends and its budget begins anew; null: rolling."
    )
    state: State
    coverage: float | None = Field(description="Share of the window that was seen.")
    sli: float | None = Field(description="Ratio of good events in the window.")
    events: EventCounts
    budget: Budget
    further: list[FurtherWindow] = Field(description="The budgets over its other windows.")
    burn: Mapping[str, float | None] = Field(
        description="Burn rate over each alert window: 1 spends exactly the budget in the SLO's window."
    )
    exclusion: ExclusionShape | None = Field(description="Null when no event leaves anything out.")
    components: list[ComponentShape] = Field(
        description="Of a journey, the one that fails most users first; else empty."
    )


class BehaviourShape(Shape):
    """What users did in the last hour, against the same hour of past weeks. Null is unknown."""

    squad: str
    service: str
    behaviour: str
    incident_name: str = Field(description="What its incidents and silences call it.")
    state: State = Field(description="at_risk: fewer than expected. What can't be judged is never healthy.")
    at: datetime
    coverage: float | None = Field(description="Share of the hour in which its counter was seen.")
    events: float | None = Field(description="In the last hour, to five minutes.")
    expected: float | None
    low: float | None = Field(description="Nine of ten such hours lie between low and high.")
    high: float | None
    weeks: int = Field(description="How many of the past four weeks it is compared with.")
    tail: float | None = Field(description="How likely so few are by chance.")
    firing: bool
    unknown: str | None = Field(description="Why it is not judged; null when it is.")


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
    joined: str | None = Field(
        description="The incident in whose thread it is told; null: it has its own message."
    )
    causes: list[str] = Field(description="Services that it depends on and that it probably comes from.")
    url: str = Field(description="The incident's page; absolute when OBSERVATORY_PUBLIC_URL is set.")


class SpanShape(Shape):
    """A time."""

    start: datetime
    end: datetime


class TrafficShape(Shape):
    """Events a minute; null is unknown."""

    slo: str
    expected: float | None
    usual: float | None = Field(description="In the busiest hour of the four weeks before.")
    peak: float | None = Field(description="In the busiest five minutes so far.")
    now: float | None
    beyond: float | None = Field(description="Of the peak, against what was expected: -0.4 is 40 % fewer.")


class SliceShape(Shape):
    """The part of an SLO's error budget that an event may spend."""

    slo: str
    incident_name: str = Field(description="What its incidents and silences call it.")
    bad: float | None
    total: float | None
    slice: float | None = Field(description="Bad events that it may spend.")
    consumed: float | None
    state: State


class OccasionShape(SpanShape):
    """How an event goes."""

    slices: list[SliceShape]
    traffic: TrafficShape | None


class EventShape(Shape):
    """An event of the catalog."""

    event: str
    squad: str
    description: str
    mode: Literal["exclude", "observe", "protect"]
    reason: str
    timezone: str
    repeat: str | None
    affects: list[str] = Field(description="SLO ids.")
    freezes: list[str] = Field(description="Services that are not to be changed around it.")
    next: SpanShape | None = Field(description="The time that is under way, or else the next within a year.")
    defined_at: str
    now: OccasionShape | None = Field(description="How it goes, while it does and for an hour afterwards.")


class FrozenShape(SpanShape):
    """What keeps services from being changed."""

    event: str
    squad: str
    description: str
    services: list[str]


class FreezeShape(Shape):
    """Whether anything is frozen."""

    service: str | None
    at: datetime
    frozen: bool
    by: list[FrozenShape]


class DeliveryShape(Shape):
    """One message about an incident, and how far its delivery has come: with a permalink it is proven."""

    id: str = Field(description="The same for every attempt at it.")
    destination: str = Field(
        description="A Slack channel id, or another way such as email:oncall@example.com."
    )
    kind: NotificationKind
    revision: int = Field(description="The incident's, that it tells.")
    state: DeliveryState
    attempts: int
    due_at: datetime
    deadline: datetime
    sent_at: datetime | None
    channel: str | None = Field(description="Where it is.")
    ts: str | None = Field(description="Its id there; Slack's timestamp.")
    permalink: str | None
    error: str | None = Field(description="Why the newest attempt did not succeed.")


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
