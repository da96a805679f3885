"""What is known before an event, and what is told after it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from observatory.alerting import Incident
from observatory.catalog import Event, Span
from observatory.evaluation.occasions import Occasion


class Grade(StrEnum):
    """What an item of a readiness report says."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was looked at before an event."""

    subject: str
    """What was looked at: `budget`, `coverage`, `incidents`, `dependencies`, `traffic`, `on call`, `test alert`,
    `calendar`."""
    of: str
    """Of which SLO, service or squad."""
    grade: Grade
    says: str


@dataclass(frozen=True, slots=True)
class Busiest:
    """The busiest hour that the history knows of an SLO."""

    per_minute: float
    at: datetime
    sli: float | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether an event may come."""

    event: Event
    span: Span
    at: datetime
    items: tuple[Item, ...]
    expected: float | None
    """Events a minute."""
    busiest: Busiest | None

    @property
    def grade(self) -> Grade:
        """The worst of all items."""
        order = (Grade.FAIL, Grade.UNKNOWN, Grade.WARN)
        grades = {item.grade for item in self.items}
        return next((grade for grade in order if grade in grades), Grade.OK)


@dataclass(frozen=True, slots=True)
class Line:
    """What an event cost one SLO."""

    slo: str
    squad: str
    total: float
    bad: float
    covered: float
    """Share of the event in which the series were seen."""
    budget: float | None
    """The SLO's whole error budget now, in events."""
    slice: float | None
    """The part of it that was the event's, in events."""


@dataclass(frozen=True, slots=True)
class Paced:
    """Five minutes of an event."""

    until: datetime
    total: float
    """Events a minute."""
    bad: float
    """Of them, a minute."""


@dataclass(frozen=True, slots=True)
class EventReport:
    """How an event went, or how it goes."""

    occasion: Occasion
    at: datetime
    """The end of what was counted."""
    lines: tuple[Line, ...]
    incidents: tuple[Incident, ...]
    """Those that opened in it, of its SLOs and of its slices; the first first."""
    paced: tuple[Paced, ...] = ()
    """How it went, five minutes by five minutes, for the SLO whose traffic is expected, or of which most was spent."""
    paced_slo: str = ""
    """Which one that is."""
