"""What would have been told to people: the decisions of every tick of the past, and what became of each incident."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from observatory.alerting.decide import decide
from observatory.alerting.model import Incident
from observatory.alerting.silences import Silence
from observatory.catalog import ServiceSlo
from observatory.evaluation import Severity, SloStatus


class Course(Protocol):
    """How a promise stood as time went by, at T ticks."""

    @property
    def entry(self) -> ServiceSlo:
        """The promise."""

    @property
    def ends(self) -> NDArray[np.int64]:
        """(T,) ticks, Unix seconds, ascending."""

    def firing(self) -> NDArray[np.bool_]:
        """(T,) whether any tier fires."""

    def known(self) -> NDArray[np.bool_]:
        """(T,) whether there was anything to go by."""

    def remaining(self) -> NDArray[np.float64]:
        """(T,) share of the budget that was left; NaN where it is unknown."""

    def burning(self, window: str) -> NDArray[np.bool_]:
        """(T,) whether it went wrong, over a window of the tiers."""

    def status(self, row: int) -> SloStatus:
        """What a tick would have said."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A page or a ticket that people would have got."""

    severity: Severity
    tiers: tuple[str, ...]
    """Every tier that fired while it was open, in the order in which they did."""
    burning_since: datetime
    """From when the short window of its first tier had burned faster than the budget lasts, without a break."""
    told_at: datetime
    resolved_at: datetime | None
    """None: it was still open when the replay ended."""
    reopened: int
    consumed: float | None
    """Share of the budget that was gone when people were told."""
    bad: float | None
    """Bad events of the budget's window by then."""
    silenced: Silence | None = None
    """What would have kept it quiet: a silence that people had set, and that held when it was told."""

    @property
    def delay(self) -> timedelta:
        """How long it had burned before people were told."""
        return self.told_at - self.burning_since


@dataclass(frozen=True, slots=True)
class BudgetMark:
    """The share of the budget that was left at a moment; None: unknown."""

    at: datetime
    remaining: float | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """An SLO's alarms over a span of the past, and how its budget went."""

    entry: ServiceSlo
    after: datetime
    until: datetime
    alarms: tuple[Alarm, ...]
    """By the time at which people were told."""
    budget: tuple[BudgetMark, ...]
    """Every hour."""
    since: datetime | None = None
    """From when there was anything to replay, if that is later than the beginning."""
    adjustment: "Adjusted | None" = None
    """What events leave out of all this; None: nothing."""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What events leave out of an SLO's numbers, and what it would have been without that."""

    events: tuple[str, ...]
    times: tuple[tuple[datetime, datetime], ...]
    """From when until when, as far as they matter to the span; ascending and apart from each other."""
    refused: bool
    """At some moment it was more than may be left out; nothing was then."""
    unadjusted: Replayed

    @property
    def length(self) -> timedelta:
        """Of all these times together."""
        return sum((until - after for after, until in self.times), timedelta())


@dataclass(slots=True)
class _Open:
    """An incident while the replay goes by."""

    incident: Incident
    first: SloStatus | None = None
    """The numbers when people were first told."""
    tiers: dict[str, None] = field(default_factory=dict)
    """Every tier so far, in order."""


def replay(moments: Course, *, lag: timedelta) -> Replayed:
    """Decide at every moment, as a service that had run all the time would have.

    Only moments at which a tier fires or an incident is open are looked at: nothing can come of the others.

    Args:
        moments: the evaluations, a tick apart.
        lag: how long after the end of a bucket a tick looks at it.
    """
    cases = list(_told(moments, lag=lag))
    alarms = sorted((_alarm(case, moments) for case in cases), key=lambda alarm: alarm.told_at)
    known = np.flatnonzero(moments.known())
    began = None if not len(known) or known[0] == 0 else _moment(int(moments.ends[known[0]]))
    step = int(moments.ends[1] - moments.ends[0]) if len(moments.ends) > 1 else 0
    return Replayed(
        moments.entry,
        _moment(int(moments.ends[0]) - step),
        _moment(int(moments.ends[-1])),
        tuple(alarms),
        tuple(_hourly(moments)),
        began,
    )


def _told(moments: Course, *, lag: timedelta) -> Iterator[_Open]:
    """Every incident that people heard of, as it was in the end."""
    cases: dict[str, _Open] = {}
    fires = np.flatnonzero(moments.firing())
    row = int(fires[0]) if len(fires) else len(moments.ends)
    while row < len(moments.ends):
        _decide(cases, moments, row, lag=lag)
        if any(case.incident.is_open for case in cases.values()):
            row += 1
        else:
            later = np.searchsorted(fires, row, side="right")
            row = int(fires[later]) if later < len(fires) else len(moments.ends)
    return (case for case in cases.values() if case.first is not None)


def _decide(cases: dict[str, _Open], moments: Course, row: int, *, lag: timedelta) -> None:
    status = moments.status(row)
    now = status.at + lag
    for transition in decide([case.incident for case in cases.values()], moments.entry, status, now=now):
        case = cases.setdefault(transition.incident.id, _Open(transition.incident))
        case.incident = transition.incident
        case.tiers |= dict.fromkeys(transition.incident.tiers)
        if case.first is None and transition.incident.announced_at is not None:
            case.first = status


def _alarm(case: _Open, moments: Course) -> Alarm:
    incident, status = case.incident, case.first
    if status is None or incident.announced_at is None:
        raise ValueError(f"nobody was told of {incident.id}")
    fired = next(tier for tier in status.tiers if tier.name in case.tiers)
    return Alarm(
        severity=incident.severity,
        tiers=tuple(case.tiers),
        burning_since=_burning_since(moments, status.at, fired.short),
        told_at=incident.announced_at,
        resolved_at=incident.resolved_at,
        reopened=incident.reopened,
        consumed=status.consumed,
        bad=status.bad,
    )


def _burning_since(moments: Course, at: datetime, short: str) -> datetime:
    """Back from `at` as long as it burned over that window."""
    row = int(np.searchsorted(moments.ends, int(at.timestamp())))
    calm = np.flatnonzero(~moments.burning(short)[: row + 1])
    return _moment(int(moments.ends[calm[-1] if len(calm) else 0]))


def _hourly(moments: Course) -> Iterator[BudgetMark]:
    remaining = moments.remaining()
    for row in np.flatnonzero(moments.ends % 3600 == 0):
        left = float(remaining[row])
        yield BudgetMark(_moment(int(moments.ends[row])), left if left == left else None)  # noqa: PLR0124 - NaN


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
