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

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    InstanceOf,
    Tag,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from observatory.catalog import notation
from observatory.catalog.selectors import Selector
from observatory.catalog.written import BadValue, Place, Written, nearest_to

Name = Annotated[str, notation.NAME]
Channel = Annotated[str, notation.CHANNEL]
Labels = Mapping[Annotated[str, notation.LABEL], Annotated[str, notation.LABEL_VALUE]]
SelectorText = Annotated[InstanceOf[Selector], notation.SELECTOR]
Selectors = Annotated[tuple[SelectorText, ...], notation.ONE_OR_MORE_SELECTORS]


class Definition(BaseModel):
    """Base of everything written in YAML: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Placed(Definition):
    """A definition that remembers where it was written; nobody writes `place` by hand."""

    place: SkipJsonSchema[InstanceOf[Place]]

    @model_validator(mode="before")
    @classmethod
    def _take_place(cls, value: object) -> object:
        if isinstance(value, Written) and "place" not in value:
            return {**value, "place": value.place}
        return value


class Events(Definition):
    """SLI over counted events: `total`, and one of `bad` and `good`; each a sum of selectors of counters."""

    total: Selectors
    bad: Selectors = ()
    good: Selectors = ()

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        example = "{total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}'}"
        if not self.total:
            raise BadValue("total names at least one counter", example=example, at=("total",))
        if bool(self.bad) == bool(self.good):
            raise BadValue("besides total, exactly one of bad and good is written", example=example)
        side = "bad" if self.bad else "good"
        if set(self.bad or self.good) == set(self.total):
            raise BadValue(f"{side} counts the same events as total", example=example, at=(side,))
        return self


def _base_name(histogram: Selector) -> Selector:
    for suffix in ("_bucket", "_count", "_sum"):
        if (base := histogram.metric.removesuffix(suffix)) != histogram.metric:
            raise BadValue(f"a histogram is named without {suffix}", example=base)
    return histogram


class Latency(Definition):
    """SLI over a classic histogram: an event is good when it took at most `below`.

    `histogram` is a selector of the metric without its `_bucket` suffix.
    """

    histogram: Annotated[SelectorText, AfterValidator(_base_name)] = Field(
        examples=["http_request_duration_seconds"]
    )
    below: Annotated[timedelta, notation.duration("300ms")] = Field(examples=["300ms"])


_SLI_LATER = frozenset(
    {"error_or_slow", "probe", "threshold", "freshness", "queue", "promql"}
    | {"http", "grpc", "messaging", "otel", "istio", "starlette"}
)
_SLI_EXAMPLE = "{events: {total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}'}}"


def _one_kind(value: object) -> object:
    """Refuse what is no `{events: …}` and no `{latency: …}` before the alternatives are tried."""
    if not isinstance(value, dict):
        if isinstance(value, Events | Latency):
            return value
        raise BadValue("an SLI is a mapping from its kind to its metrics", example=_SLI_EXAMPLE)
    if len(value) != 1:
        raise BadValue("an SLI has exactly one kind, events or latency", example=_SLI_EXAMPLE)
    kind = str(next(iter(value)))
    if kind in _SLI_LATER:
        raise BadValue(
            f"SLIs of kind {kind} are not supported yet; supported are events and latency",
            example=_SLI_EXAMPLE,
            at=(kind,),
        )
    if kind not in ("events", "latency"):
        nearest = nearest_to(kind, ("events", "latency"))
        raise BadValue(
            "an SLI is of kind events or latency", example=_SLI_EXAMPLE, nearest=nearest, at=(kind,)
        )
    return value


def _kind_of(value: object) -> str:
    return str(next(iter(value))) if isinstance(value, dict) else type(value).__name__.lower()


Sli = Events | Latency
WrittenSli = Annotated[
    Annotated[Events, notation.Keyed("events"), Tag("events")]
    | Annotated[Latency, notation.Keyed("latency"), Tag("latency")],
    Discriminator(_kind_of),
    BeforeValidator(_one_kind),
]


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
    sli: WrittenSli = Field(examples=[_SLI_EXAMPLE])
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


class Squad(Placed):
    """A team that builds, runs and is paged for its services."""

    kind: Literal["Squad"] = "Squad"
    name: Name = Field(examples=["playlists"])
    description: str = ""
    slack: Slack = Field(examples=["{channel: C024BE91L}"])
    on_call: OnCall = OnCall()


_DIALECTS = {
    "postgresql": (),
    "memcached": (),
    "cassandra": ("mcac", "jmx", "instaclustr"),
}
"""What a service may use, and which exporters of it name their metrics differently."""


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
        if self.dialect is None or self.dialect in known:
            return self
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
