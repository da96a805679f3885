"""Times that are not like others: an album launch to protect, a maintenance to leave out, a concert to look at."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from observatory.catalog import notation
from observatory.catalog.definition import Definition, Placed
from observatory.catalog.nodes import Mapped, Scalar, follow
from observatory.catalog.problems import Problem, shortened
from observatory.catalog.recurrence import Schedule, Span, in_utc, read_day, read_local_time, read_rule
from observatory.catalog.written import BadValue

Name = Annotated[str, notation.NAME]
Mode = Literal["exclude", "observe", "protect"]
SLO_ID = notation.text(
    r"[a-z0-9-]+/[a-z0-9-]+",
    rule="an SLO is named by its service and its own name",
    example="playlist/latency",
)
_LOCAL_TIME = notation.Notation(
    read_local_time,
    {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:00)?$", "examples": ["2026-12-04 00:00"]},
)
_DAY = notation.Notation(read_day, {"type": "string", "format": "date", "examples": ["2026-12-25"]})
_RULE = notation.Notation(read_rule, {"type": "string", "examples": ["FREQ=WEEKLY;BYDAY=SU"]})
_SHARE_EXAMPLE = "20%"
GRID = timedelta(minutes=5)
"""Events begin and end on it: what was counted long ago is still known by five minutes."""
LONGEST = timedelta(days=31)


def _read_share(value: object) -> object:
    """`20%` to Decimal 0.2."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise BadValue("a share is written with its per cent sign", example=f"{value}%")
    if not isinstance(value, str):
        return value
    number = value.removesuffix("%")
    if number == value or not number.replace(".", "", 1).isdecimal() or not 0 < Decimal(number) <= 100:  # noqa: PLR2004 - per cent
        raise BadValue("a share is more than 0% and at most 100%", example=_SHARE_EXAMPLE)
    return Decimal(number) / 100


SHARE = notation.Notation(
    _read_share, {"type": "string", "pattern": r"^\d{1,3}(\.\d+)?%$", "examples": [_SHARE_EXAMPLE]}
)


class Affects(Definition):
    """What an event is about: these, all of them together."""

    slos: tuple[Annotated[str, SLO_ID], ...] = Field((), examples=[["playlist/latency"]])
    """Single SLOs, by `service/slo` or `journey/slo`."""
    services: tuple[Name, ...] = ()
    """All SLOs of these services."""
    journeys: tuple[Name, ...] = ()
    """All SLOs of these journeys."""
    squads: tuple[Name, ...] = ()
    """All SLOs of the services and journeys of these squads."""


class SliceAlert(Definition):
    """Who is told when so much of an event's slice of the budget is gone."""

    at: Annotated[Decimal, SHARE, Field(gt=0, le=1)] = Field(examples=["50%"])
    severity: Literal["ticket", "page"] = "page"


class Traffic(Definition):
    """What is expected to come, to be compared with what comes."""

    slo: Annotated[str, SLO_ID] = Field(examples=["playback/availability"])
    """Its events are counted."""
    peak_factor: Annotated[Decimal, notation.NUMBER] | None = Field(None, examples=[10])
    """The busiest five minutes, as a multiple of the busiest hour of the four weeks before."""
    per_minute: Annotated[Decimal, notation.NUMBER] | None = Field(None, examples=[60000])
    """Events a minute in the busiest five minutes."""


_FREEZE_SCHEMA = {
    "anyOf": [
        {"const": True},
        {
            "type": "object",
            "properties": {
                key: {"type": "string", "pattern": f"^(?=.){notation.DURATION}$"}
                for key in ("before", "after")
            },
            "additionalProperties": False,
        },
    ]
}


class Freeze(Definition):
    """When the affected services are not to be changed: during the event, and so long before and after it."""

    before: Annotated[timedelta, notation.duration("2h")] = timedelta()
    after: Annotated[timedelta, notation.duration("1h")] = timedelta()


def _read_freeze(value: object) -> object:
    """`freeze: true` is during the event alone."""
    return Freeze() if value is True else value


_ALERTS = (
    SliceAlert(at=Decimal("0.5"), severity="ticket"),
    SliceAlert(at=Decimal(1), severity="page"),
)


class Event(Placed):
    """A time, once or again and again, in which some SLOs are looked at with other eyes."""

    kind: Literal["Event"] = "Event"
    name: Name = Field(examples=["midnight-release"])
    squad: Name = Field(examples=["playback"])
    """The owner, who is told about it."""
    description: str = ""
    mode: Mode = Field(examples=["protect"])
    """`protect`: it matters more than other times, and gets a slice of the budget of its own; `exclude`: bad events in it
    are not held against the SLOs; `observe`: it is marked and reported."""
    affects: Affects = Field(examples=["{services: [playback]}"])
    start: Annotated[datetime, _LOCAL_TIME] = Field(examples=["2026-12-04 00:00"])
    """On the clock of `timezone`; of the first time when it repeats."""
    lasts: Annotated[timedelta, notation.duration("6h")] | None = Field(None, examples=["6h"])
    """How long; or write `end`."""
    end: Annotated[datetime, _LOCAL_TIME] | None = Field(None, examples=["2026-12-04 06:00"])
    timezone: Annotated[str, notation.TIME_ZONE] = Field(examples=["Europe/Stockholm"])
    repeat: Annotated[str, _RULE] | None = Field(None, examples=["FREQ=WEEKLY;BYDAY=SU"])
    """An RRULE (RFC 5545), followed on the clock of `timezone`."""
    skip: tuple[Annotated[date, _DAY], ...] = ()
    """Days on which it does not take place after all."""
    reason: str = ""
    """Why this time may be left out; required of `exclude`, and shown beside every number that it changes."""
    budget: Annotated[Decimal, SHARE, Field(gt=0, le=1)] | None = Field(None, examples=[_SHARE_EXAMPLE])
    """Of `protect`: the slice of each affected SLO's error budget that the event may spend."""
    alerts: tuple[SliceAlert, ...] = _ALERTS
    """Of `protect`: when the owner is told that the slice is going."""
    traffic: Traffic | None = None
    freeze: Annotated[Freeze, notation.Notation(_read_freeze, _FREEZE_SCHEMA)] | None = None

    @cached_property
    def schedule(self) -> Schedule:
        """When it takes place."""
        return Schedule(self.start, self._length(), self.timezone, self.repeat, frozenset(self.skip))

    def _length(self) -> timedelta:
        if self.end is None:
            return self.lasts or timedelta()
        return in_utc(self.end, self.timezone) - in_utc(self.start, self.timezone)

    def frozen(self, after: datetime, until: datetime) -> Iterator[Span]:
        """The times between two moments in which the affected services are not to be changed."""
        if self.freeze is None:
            return
        before, later = self.freeze.before, self.freeze.after
        for span in self.schedule.spans(after - later, until + before):
            frozen = Span(span.start - before, span.end + later)
            if frozen.overlaps(after, until):
                yield frozen


def event_problems(event: Event, node: Mapped) -> Iterator[Problem]:
    """What is wrong with an event though each of its values is right."""
    yield from _time_problems(event, node)
    yield from _mode_problems(event, node)
    if not any((event.affects.slos, event.affects.services, event.affects.journeys, event.affects.squads)):
        yield _problem(node, "affects", "an event is about something", "affects: {services: [playback]}")
    traffic = event.traffic
    if traffic is not None and (traffic.peak_factor is None) == (traffic.per_minute is None):
        rule = "traffic is expected as one of peak_factor and per_minute"
        yield _problem(node, "traffic", rule, "traffic: {slo: playback/availability, peak_factor: 10}")


def _time_problems(event: Event, node: Mapped) -> Iterator[Problem]:
    if (event.lasts is None) == (event.end is None):
        rule = "how long it takes is said by one of lasts and end"
        yield _problem(node, "end" if event.end else "lasts", rule, "lasts: 6h")
        return
    ends = "lasts" if event.end is None else "end"
    length = event.schedule.length
    if not GRID <= length <= LONGEST:
        yield _problem(node, ends, "an event lasts between five minutes and 31 days", "lasts: 6h")
    elif length % GRID or event.start.minute % (GRID.seconds // 60):
        rule = "an event begins and ends at whole five minutes: what is counted in it is kept by five minutes"
        yield _problem(node, "start" if event.start.minute % 5 else ends, rule, "start: 2026-12-04 00:05")
    if event.repeat is not None and not event.schedule.ever():
        yield _problem(node, "repeat", "this rule never comes true", "repeat: FREQ=WEEKLY;BYDAY=SU")


_OF_PROTECT = ("budget", "alerts")


def _mode_problems(event: Event, node: Mapped) -> Iterator[Problem]:
    if event.mode == "protect":
        if event.budget is None:
            rule = "an event to protect has a slice of the error budget"
            yield _problem(node, "budget", rule, "budget: 20%")
    else:
        for key in _OF_PROTECT:
            if key in node.entries:
                yield _problem(node, key, f"{key} belongs to events with mode: protect", "mode: protect")
    if event.mode == "exclude" and not event.reason.strip():
        rule = "who leaves a time out of the numbers says why; it is shown beside them"
        yield _problem(node, "reason", rule, "reason: the database moves to new machines")


def _problem(node: Mapped, key: str, rule: str, example: str) -> Problem:
    taken, found, place = follow(node, (key,))
    value = shortened(found.text) if taken and isinstance(found, Scalar) else None
    return Problem(place, key, rule, value, example)
