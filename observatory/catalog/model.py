"""What a squad writes, as frozen values: squads, services and their SLOs.

These are the pydantic models of the YAML border and, at the same time, what every later stage reads: there is
no second model of a service. Where a value was written travels with it (`place`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from observatory.catalog.selectors import Selector


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something was written: `file` as it was given to the parser, `line` and `column` from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Definition(BaseModel):
    """Base of everything written in YAML: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Events(Definition):
    """SLI over counted events: `total`, and one of `bad` and `good`; each a sum of selectors of counters."""

    total: tuple[Selector, ...]
    bad: tuple[Selector, ...] = ()
    good: tuple[Selector, ...] = ()


class Latency(Definition):
    """SLI over a classic histogram: an event is good when it took at most `below`.

    `histogram` is a selector of the metric without its `_bucket` suffix.
    """

    histogram: Selector
    below: timedelta


Sli = Events | Latency


class Rolling(Definition):
    """The last `length` of time, at every moment."""

    length: timedelta = timedelta(days=30)


class Slo(Definition):
    """One promise of a service: the share of good events over a window."""

    name: str
    objective: Decimal
    """Percent, as written: 99.9."""
    window: Rolling = Rolling()
    sli: Sli
    rule: Literal["exact", "classic"] = "exact"
    """When its alerts fire: `exact` asks for significance, `classic` compares rates alone."""
    description: str = ""
    place: Place

    @property
    def budget(self) -> Decimal:
        """The share of events that may be bad: 99.9 gives 0.001."""
        return (100 - self.objective) / 100


class Slack(Definition):
    """Where a squad reads its alerts."""

    channel: str
    fallback: str | None = None
    mention: str | None = None


class Escalation(Definition):
    """Who is told when nobody acknowledges a page in time."""

    after: timedelta
    to: str


class OnCall(Definition):
    """When tickets may interrupt a squad (pages always may), and in which zone its times are shown."""

    hours: str | None = None
    timezone: str = "UTC"
    escalate: Escalation | None = None


class Squad(Definition):
    """A team that builds, runs and is paged for its services."""

    kind: Literal["Squad"] = "Squad"
    name: str
    description: str = ""
    slack: Slack
    on_call: OnCall = OnCall()
    place: Place


class Use(Definition):
    """A store or messaging system that a service uses, and the labels that find its metrics."""

    kind: str
    dialect: str | None = None
    selector: Mapping[str, str] = Field(default_factory=dict)


class Behaviour(Definition):
    """Something users do, counted by a counter; fewer than expected is worth an alert."""

    name: str
    metric: Selector


class Service(Definition):
    """A microservice with exactly one owner."""

    kind: Literal["Service"] = "Service"
    name: str
    squad: str
    tier: Annotated[int, Field(ge=1, le=4)] = 3
    description: str = ""
    runbook: str | None = None
    selector: Mapping[str, str] = Field(default_factory=dict)
    """Labels that every series of this service carries."""
    depends_on: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    slos: tuple[Slo, ...] = ()
    behaviour: tuple[Behaviour, ...] = ()
    place: Place


@dataclass(frozen=True, slots=True)
class ServiceSlo:
    """An SLO together with the service that promises it and the squad that owns both."""

    squad: Squad
    service: Service
    slo: Slo

    @property
    def id(self) -> str:
        """`service/slo`: the identity. The owner is no part of it, so a new owner resets nothing."""
        return f"{self.service.name}/{self.slo.name}"


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every definition of an organisation, each under its name."""

    squads: Mapping[str, Squad] = field(default_factory=lambda: MappingProxyType({}))
    services: Mapping[str, Service] = field(default_factory=lambda: MappingProxyType({}))

    def slos(self) -> Iterator[ServiceSlo]:
        """Every SLO with its owner, ordered by id."""
        entries = [
            ServiceSlo(self.squads[service.squad], service, slo)
            for service in self.services.values()
            for slo in service.slos
        ]
        return iter(sorted(entries, key=lambda entry: entry.id))
