"""What an evaluation says of an SLO at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum


class State(StrEnum):
    """How an SLO stands. Unknown is never healthy, and never resolves an alert."""

    HEALTHY = "healthy"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    IDLE = "idle"
    NO_DATA = "no_data"
    STALE = "stale"
    PARTIAL = "partial"
    NEW = "new"
    QUERY_FAILED = "query_failed"


class Severity(StrEnum):
    """What an alert asks of people: to come now, or to look in working hours."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class WindowStatus:
    """What was counted in one alert window."""

    bad: float | None
    total: float | None
    coverage: float | None
    """Share of the window in which the series were seen, 0 to 1."""


@dataclass(frozen=True, slots=True)
class TierStatus:
    """How one alert tier judges the SLO."""

    name: str
    severity: Severity
    long: str
    """Its long window as a duration: "1h"."""
    short: str
    threshold: Decimal
    """The burn rate that it stands for: 14.4."""
    firing: bool
    clear: bool | None
    """The short window burns no more. None: too little of it was seen to say."""
    tail: float | None = None
    """How likely so many bad events were by chance; None when the rule did not come to ask."""


@dataclass(frozen=True, slots=True)
class WindowBudget:
    """The error budget over one more of an SLO's windows; the fields mean what those of `SloStatus` do."""

    label: str
    """Of the window: "7d", "month Europe/Stockholm"."""
    starts: datetime
    ends: datetime
    """Where a calendar window will end; a rolling one ends at the moment of evaluation."""
    coverage: float | None
    sli: float | None
    total: float | None
    bad: float | None
    budget: float | None
    consumed: float | None
    remaining: float | None
    affordable: float | None
    budget_minutes: float | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What users did in the last hour, against the same hour of past weeks. None is unknown."""

    name: str
    """What the squad calls it: `saves`."""
    events: float | None
    """In the hour that ended at `SloStatus.at`, to five minutes."""
    expected: float | None
    low: float | None
    """Nine of ten such hours lie from here"""
    high: float | None
    """to here."""
    weeks: int
    """How many of the past five weeks are known, and are no hours of events."""
    tail: float | None
    """How likely so few are by chance."""
    unknown: str | None = None
    """Why it is not judged, in a few words; None when it is."""


@dataclass(frozen=True, slots=True)
class SloStatus:
    """One SLO's numbers. Ratios are 0 to 1; None is unknown, never 0 and never NaN."""

    slo: str
    """The id, `service/slo`."""
    at: datetime
    """The end of the newest bucket that went into the numbers."""
    state: State
    objective: float
    window: timedelta
    """Length of the window that decides; of a calendar window, the length of the one under way."""
    coverage: float | None
    """Share of the window in which the series were seen; of a calendar window, of the part that is over."""
    sli: float | None
    total: float | None
    """Events so far; slices, where the budget is made of them."""
    bad: float | None
    budget: float | None
    """Events (slices) that may be bad in the whole window; see `since` and `resets` for when that is an estimate."""
    consumed: float | None
    remaining: float | None
    """1 - consumed; negative when overspent. Of a behaviour: how much of what is expected came, at most 1."""
    affordable: float | None
    """Bad events left before the budget is gone."""
    burn: Mapping[str, float | None] = field(default_factory=dict)
    """By alert window as a duration: {"5m": 14.4, "30m": …, "1h": …, "2h", "6h", "1d", "3d"}."""
    failure: str | None = None
    """Prometheus's message when state is query_failed."""
    windows: Mapping[str, WindowStatus] = field(default_factory=dict)
    """By alert window, under the same labels as `burn`."""
    tiers: tuple[TierStatus, ...] = ()
    """The alert tiers that apply to this window, fastest first."""
    budget_minutes: float | None = None
    """The budget as minutes of full outage at the window's mean traffic."""
    since: datetime | None = None
    """When the history begins, if that is later than the window: `budget` is then projected to the whole window."""
    resets: datetime | None = None
    """When a calendar window ends and its budget begins anew; None: a rolling one never does."""
    further: tuple[WindowBudget, ...] = ()
    """The budgets over the SLO's other windows."""
    column: str | None = None
    """Whose counts it is judged by, in the history; None: its own."""
    told_by: tuple[str, ...] = ()
    """Alerts of Prometheus's own rules by which alone it is known to burn."""
    dispersion: float = 1.0
    """How clumped bad events usually are; 1 when they come one by one."""
    shortfall: Shortfall | None = None
    """Of a behaviour, which promises nothing: how many came, and how many were expected."""

    @property
    def objective_percent(self) -> Decimal:
        """The objective as it was written, without the noise of a float: 99.9."""
        return plain(Decimal(repr(self.objective)) * 100)


@dataclass(frozen=True, slots=True)
class BudgetPoint:
    """The error budget at the end of one hour of its window, which starts with the whole budget.

    `bad` and `total` are the hour's own events; `remaining` is what they and all hours before them in the window
    have left, as a ratio of the window's budget (negative when overspent). None: nothing was measured in that hour.
    """

    at: datetime
    remaining: float | None
    bad: float
    total: float


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent: 14.40 as 14.4, 1E+1 as 10."""
    return number.normalize() + 0
