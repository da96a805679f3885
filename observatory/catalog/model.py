"""What a squad writes, as frozen values: squads, services and their SLOs.

These are the pydantic models of the YAML border and, at the same time, what every later stage reads: there is
no second model of a service. Where a value was written travels with it (`place`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from observatory.catalog import notation
from observatory.catalog.counters import SelectorText
from observatory.catalog.definition import Definition, Placed
from observatory.catalog.slis import EXAMPLE, WrittenSli
from observatory.catalog.written import BadValue, nearest_to

Name = Annotated[str, notation.NAME]
Channel = Annotated[str, notation.CHANNEL]
Labels = Mapping[Annotated[str, notation.LABEL], Annotated[str, notation.LABEL_VALUE]]


class Rolling(Definition):
    """The last `length` of time, at every moment."""

    length: timedelta = timedelta(days=30)


def _read_window(value: object) -> object:
    """`30d` to Rolling: whole days, since budgets are kept in buckets of an hour for 400 days."""
    if isinstance(value, Rolling):
        return value
    if isinstance(value, dict):
        raise BadValue(
            "calendar windows are not supported yet; a rolling window is written as its length", example="30d"
        )
    length = notation.read_duration(value, example="30d")
    if not isinstance(length, timedelta):
        raise BadValue("a window is the length of a rolling window", example="30d")
    if length % timedelta(days=1) or length > timedelta(days=365):
        raise BadValue("a window is a whole number of days, at most 365", example="30d")
    return Rolling(length=length)


Window = Annotated[
    Rolling,
    notation.Notation(
        _read_window, {"type": "string", "pattern": r"^\d{1,3}d$", "examples": ["30d"], "default": "30d"}
    ),
]


class Slo(Placed):
    """One promise of a service: the share of good events over a window."""

    name: Name = Field(examples=["availability"])
    objective: Annotated[Decimal, notation.PERCENT] = Field(examples=[99.9])
    """Percent, as written: 99.9."""
    window: Window = Rolling()
    sli: WrittenSli = Field(examples=[EXAMPLE])
    rule: Literal["exact", "classic"] = "exact"
    """When its alerts fire: `exact` asks for significance, `classic` compares rates alone."""
    description: str = ""

    @property
    def budget(self) -> Decimal:
        """The share of events that may be bad: 99.9 gives 0.001."""
        return (100 - self.objective) / 100


class Slack(Definition):
    """Where a squad reads its alerts."""

    channel: Channel = Field(examples=["C024BE91L"])
    fallback: Channel | None = None
    mention: Annotated[str, notation.MENTION] | None = None


class Escalation(Definition):
    """Who is told when nobody acknowledges a page in time."""

    after: Annotated[timedelta, notation.duration("15m")] = Field(examples=["15m"])
    to: Name = Field(examples=["platform"])
    """The name of another squad."""


class OnCall(Definition):
    """When tickets may interrupt a squad (pages always may), and in which zone its times are shown."""

    hours: Annotated[str, notation.HOURS] | None = None
    timezone: Annotated[str, notation.TIME_ZONE] = "UTC"
    escalate: Escalation | None = None
    hold_tickets_for_dependencies: bool = False
    """Keep back new tickets of a service while a service that it depends on is paging; pages are never kept back."""


class Owns(Definition):
    """What else is a squad's, besides its services: alerts from there are its own. `*` stands for any characters."""

    namespaces: tuple[Annotated[str, notation.GLOB], ...] = Field((), examples=[["search", "search-*"]])
    """Kubernetes namespaces, as the label `namespace` names them."""
    files: tuple[Annotated[str, notation.GLOB], ...] = Field((), examples=[["rules/search/*"]])
    """Files of alert rules, as the label `rule_file` names them."""


class Squad(Placed):
    """A team that builds, runs and is paged for its services."""

    kind: Literal["Squad"] = "Squad"
    name: Name = Field(examples=["playlists"])
    description: str = ""
    slack: Slack = Field(examples=["{channel: C024BE91L}"])
    on_call: OnCall = OnCall()
    owns: Owns = Owns()


_DIALECTS = {
    "postgresql": (),
    "memcached": (),
    "cassandra": ("mcac", "jmx", "instaclustr"),
    "kafka": ("kafka_exporter", "kminion"),
}
"""What a service may use, and which exporters of it name their metrics differently; where there are several, a
declaration has to say which: the wrong names would show nothing, and alert nobody."""


class Use(Definition):
    """A store or messaging system that a service uses, and the labels that find its metrics."""

    kind: Annotated[
        str,
        notation.one_of(
            lambda: _DIALECTS, rule=f"supported kinds are {', '.join(_DIALECTS)}", example="postgresql"
        ),
    ] = Field(examples=["postgresql"])
    dialect: str | None = None
    selector: Labels = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_dialect(self) -> Self:
        known = _DIALECTS[self.kind]
        if self.dialect in known or (self.dialect is None and not known):
            return self
        if self.dialect is None:
            rule = f"a {self.kind} names its exporter, one of {', '.join(known)}: they share no metric name"
            raise BadValue(rule, example=known[0], at=("dialect",))
        rule = f"dialects of {self.kind} are {', '.join(known)}" if known else f"{self.kind} has no dialects"
        raise BadValue(rule, nearest=nearest_to(self.dialect, known), at=("dialect",))


class Behaviour(Definition):
    """Something users do, counted by a counter; fewer than expected is worth an alert."""

    name: Name = Field(examples=["saves"])
    metric: SelectorText = Field(examples=["playlist_saves_total"])


class Service(Placed):
    """A microservice with exactly one owner."""

    kind: Literal["Service"] = "Service"
    name: Name = Field(examples=["playlist"])
    squad: Name = Field(examples=["playlists"])
    """The owner."""
    tier: Annotated[int, Field(ge=1, le=4, examples=[1])] = 3
    description: str = ""
    runbook: Annotated[str, notation.URL] | None = Field(None, examples=["https://runbooks.example/playlist"])
    selector: Labels = Field(default_factory=dict, examples=["{job: playlist}"])
    """Labels that every series of this service carries."""
    depends_on: tuple[Name, ...] = ()
    uses: tuple[Use, ...] = ()
    slos: tuple[Slo, ...] = ()
    behaviour: tuple[Behaviour, ...] = ()


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
