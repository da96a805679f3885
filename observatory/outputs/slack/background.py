"""What a message says beyond an incident's own numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from observatory.alerting import Incident
from observatory.evaluation import SloStatus


@dataclass(frozen=True, slots=True)
class Companion:
    """Another incident of the same service, told in the thread of this one."""

    incident: Incident
    status: SloStatus | None


@dataclass(frozen=True, slots=True)
class Cause:
    """A dependency that is paging, and from which this probably comes."""

    service: str
    squad: str | None
    """Its owner."""
    since: datetime | None
    incident: str | None = None
    """Address of its incident's page."""


@dataclass(frozen=True, slots=True)
class Step:
    """A component of a journey that burns."""

    slo: str
    squad: str
    """Its owner."""
    burn: float | None
    """Of its own budget, over the last hour; None: it is not measured."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event that is on and concerns the SLO."""

    name: str
    mode: str
    """`protect`, `exclude` or `observe`."""
    until: datetime


@dataclass(frozen=True, slots=True)
class Background:
    """What a message says beyond the numbers. The runbook's address is the catalog's."""

    dashboard: str | None = None
    """Address of the SLO's dashboard."""
    incident: str | None = None
    """Address of the incident's page."""
    owned_because: str = "owner of the service in the catalog"
    """Why this squad is told, in words that follow a comma."""
    spent: float | None = None
    """The share of the error budget that went while it burned; said when it is resolved."""
    ahead: Sequence[str] = ()
    """What lies ahead of the budget, a sentence each; said while it burns."""
    causes: Sequence[Cause] = ()
    steps: Sequence[Step] = ()
    """Of a journey: its components, the fastest burning one first."""
    companions: Sequence[Companion] = ()
    events: Sequence[Happening] = ()
    notes: Sequence[str] = ()
    """More that a reader should know, one line each; five are shown."""
    calls: str | None = None
    """Whom a page calls by name, where that is not its owner's on-call."""
    interactive: bool = False
    """Slack tells us which buttons are pressed: without that they would be dead, and are left out."""
