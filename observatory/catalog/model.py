"""What a squad writes, as frozen values: squads, services, journeys and their SLOs.

These are the pydantic models of the YAML border and, at the same time, what every later stage reads: there is
no second model of a service. Where a value was written travels with it (`place`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from observatory.catalog import notation
from observatory.catalog.budgeting import Method, Occurrences
from observatory.catalog.counters import SelectorText
from observatory.catalog.definition import Definition, Placed
from observatory.catalog.events import Event
from observatory.catalog.journeys import Combination, Component, WrittenComponent
from observatory.catalog.slis import EXAMPLE, WrittenSli
from observatory.catalog.windows import Rolling, Window
from observatory.catalog.written import BadValue, nearest_to

Name = Annotated[str, notation.NAME]
Channel = Annotated[str, notation.CHANNEL]
Labels = Mapping[Annotated[str, notation.LABEL], Annotated[str, notation.LABEL_VALUE]]


class Promise(Placed):
    """The share of good events over a window."""

    name: Name = Field(examples=["availability"])
    objective: Annotated[Decimal, notation.PERCENT] = Field(examples=[99.9])
    """Percent, as written: 99.9."""
    window: Window = Field(Rolling(), examples=["30d"])
    """What it is kept over: decides its state and its alerts."""
    more_windows: Annotated[tuple[Window, ...], Field(max_length=4)] = ()
    """Over which else its budget is shown."""
    method: Method = Occurrences()
    """What its budget is made of."""
    rule: Literal["exact", "classic"] = "exact"
    """When its alerts fire: `exact` asks for significance, `classic` compares rates alone."""
    description: str = ""

    @model_validator(mode="after")
    def _different_windows(self) -> Self:
        labels = [window.label for window in self.windows]
        if len(set(labels)) < len(labels):
            raise BadValue("every window of an SLO is another one", example="[7d]", at=("more_windows",))
        return self

    @property
    def budget(self) -> Decimal:
        """The share of events that may be bad: 99.9 gives 0.001."""
        return (100 - self.objective) / 100

    @property
    def windows(self) -> tuple[Window, ...]:
        """The one that decides, then the others."""
        return (self.window, *self.more_windows)


class Slo(Promise):
    """One promise of a service."""

    sli: WrittenSli = Field(examples=[EXAMPLE])


class JourneySlo(Promise):
    """One promise of a journey: what its components count is put together, tick by tick."""

    of: tuple[WrittenComponent, ...] = Field(examples=["[playlist/availability, playback/availability]"])
    combine: Combination = "weighted"
    """`weighted`: the events of all components are added up, each as often as its weight says; `worst`: a minute is bad
    when it was bad for any of them."""


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


class Promiser(Placed):
    """Whatever makes promises, with exactly one owner."""

    name: Name = Field(examples=["playlist"])
    squad: Name = Field(examples=["playlists"])
    """The owner."""
    tier: Annotated[int, Field(ge=1, le=4, examples=[1])] = 3
    description: str = ""
    runbook: Annotated[str, notation.URL] | None = Field(None, examples=["https://runbooks.example/playlist"])


class Service(Promiser):
    """A microservice."""

    kind: Literal["Service"] = "Service"
    selector: Labels = Field(default_factory=dict, examples=["{job: playlist}"])
    """Labels that every series of this service carries."""
    prometheus: Name | None = Field(None, examples=["eu-west"])
    """The server that has its series, as the settings name it; left out: the usual one."""
    depends_on: tuple[Name, ...] = ()
    uses: tuple[Use, ...] = ()
    slos: tuple[Slo, ...] = ()
    behaviour: tuple[Behaviour, ...] = ()


class Journey(Promiser):
    """What users do across several services; its SLOs are made of theirs."""

    kind: Literal["Journey"] = "Journey"
    slos: tuple[JourneySlo, ...]

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The services and journeys that it passes through, sorted."""
        parts = (part.slo.partition("/")[0] for slo in self.slos for part in slo.of)
        return tuple(sorted(set(parts)))


@dataclass(frozen=True)
class ServiceSlo:
    """An SLO together with the service or journey that promises it and the squad that owns both."""

    squad: Squad
    service: Service | Journey
    slo: Slo | JourneySlo
    parts: tuple[tuple[Component, "ServiceSlo"], ...] = ()
    """Of a journey: its components, and the SLOs that they name."""

    @cached_property
    def id(self) -> str:
        """`service/slo`: the identity. The owner is no part of it, so a new owner resets nothing."""
        return f"{self.service.name}/{self.slo.name}"

    @cached_property
    def column(self) -> str:
        """Whose counts it is judged by, in the history: its own events, or its slices, told apart by what they are.

        So slices are never added to events, nor to slices of another length or target, when the method changes.
        """
        method = self.slo.method
        return self.id if isinstance(method, Occurrences) else f"{self.id} {method.name}"


@dataclass(frozen=True)
class Catalog:
    """Every definition of an organisation, each under its name."""

    squads: Mapping[str, Squad] = field(default_factory=lambda: MappingProxyType({}))
    services: Mapping[str, Service] = field(default_factory=lambda: MappingProxyType({}))
    journeys: Mapping[str, Journey] = field(default_factory=lambda: MappingProxyType({}))
    events: Mapping[str, Event] = field(default_factory=lambda: MappingProxyType({}))
    _affected: dict[str, tuple[ServiceSlo, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """By event, what was asked before: every tick asks again."""

    def promiser(self, name: str) -> Service | Journey | None:
        """The service or journey of this name: no two of them share one."""
        return self.services.get(name) or self.journeys.get(name)

    def owned(self, name: str) -> Service | Journey | Event | None:
        """Whatever of this name a squad owns."""
        return self.promiser(name) or self.events.get(name)

    def slos(self) -> Iterator[ServiceSlo]:
        """Every SLO of services and journeys with its owner, ordered by id."""
        return iter(self._slos)

    @cached_property
    def _slos(self) -> tuple[ServiceSlo, ...]:
        known = {
            entry.id: entry
            for service in self.services.values()
            for entry in (ServiceSlo(self.squads[service.squad], service, slo) for slo in service.slos)
        }
        for journey in self.journeys.values():
            for slo in journey.slos:
                self._add(known, journey, slo)
        return tuple(sorted(known.values(), key=lambda entry: entry.id))

    def slos_of(self, owner: Service | Journey) -> Iterator[ServiceSlo]:
        """The SLOs of one service or journey, in the order in which they are written."""
        if isinstance(owner, Service):
            return (ServiceSlo(self.squads[owner.squad], owner, slo) for slo in owner.slos)
        return (entry for entry in self.slos() if entry.service is owner)

    def affected(self, event: Event) -> tuple[ServiceSlo, ...]:
        """The SLOs that an event of this catalog is about, ordered by id."""
        if event.name not in self._affected:
            self._affected[event.name] = tuple(self._about(event))
        return self._affected[event.name]

    def _about(self, event: Event) -> Iterator[ServiceSlo]:
        about = event.affects
        owners, slos, squads = {*about.services, *about.journeys}, set(about.slos), set(about.squads)
        for entry in self.slos():
            if entry.id in slos or entry.service.name in owners or entry.squad.name in squads:
                yield entry

    def _add(self, known: dict[str, ServiceSlo], journey: Journey, slo: JourneySlo) -> None:
        """Put in a journey's SLO and before it what it is made of; one that leads back to itself loses that part."""
        entry = ServiceSlo(self.squads[journey.squad], journey, slo)
        if entry.id in known:
            return
        known[entry.id] = entry
        for part in slo.of:
            name, _, wanted = part.slo.partition("/")
            if part.slo not in known and name in self.journeys:
                other = self.journeys[name]
                for one in other.slos:
                    if one.name == wanted:
                        self._add(known, other, one)
        parts = [(part, known[part.slo]) for part in slo.of if part.slo in known]
        known[entry.id] = replace(entry, parts=tuple(parts))
