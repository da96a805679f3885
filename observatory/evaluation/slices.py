"""The part of an error budget that a protected event may spend: a promise of its own, for as long as the event takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from observatory.catalog import (
    Component,
    Event,
    Journey,
    JourneySlo,
    Rolling,
    ServiceSlo,
    SliceAlert,
    Span,
    Squad,
)
from observatory.catalog.durations import duration_text
from observatory.evaluation.evaluation import Evaluation
from observatory.evaluation.model import Severity, SloStatus, State, TierStatus
from observatory.evaluation.rules import FEWEST_BAD

_LITTLE = 0.5
"""With less of the slice left than this, an event is at risk."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in an event so far: events, or slices of time where the budget is made of them."""

    bad: float
    total: float
    covered: float
    """Seconds in which the series were there."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One SLO's part in one event."""

    event: Event
    protected: ServiceSlo
    """The SLO whose budget it is a part of."""
    span: Span
    owner: Squad
    """Of the event."""

    @property
    def id(self) -> str:
        """`event/service:slo`: what its incidents are called."""
        return f"{self.event.name}/{self.protected.service.name}:{self.protected.slo.name}"

    @property
    def entry(self) -> ServiceSlo:
        """The promise as alerts and messages see it: the event makes it, of the SLO's events."""
        share = f"{(self.event.budget or Decimal()) * 100:f}".rstrip("0").rstrip(".")
        slo = JourneySlo.model_construct(
            place=self.event.place,
            name=self.id.partition("/")[2],
            objective=self.protected.slo.objective,
            window=Rolling(self.span.end - self.span.start),
            description=f"{share} % of the error budget of {self.protected.id}, for {self.event.name}.",
            of=(Component(slo=self.protected.id),),
        )
        maker = Journey.model_construct(
            place=self.event.place,
            name=self.event.name,
            squad=self.owner.name,
            description=self.event.description,
            runbook=self.protected.service.runbook,
            slos=(slo,),
        )
        return ServiceSlo(self.owner, maker, slo, ((slo.of[0], self.protected),))


def slice_status(one: Slice, counted: Counted, budget: float | None, *, at: datetime) -> SloStatus:
    """How much of a slice is gone.

    Args:
        one: the slice.
        counted: in the event so far.
        budget: the SLO's whole error budget now, in events; None when it is unknown.
        at: the end of what was counted.
    """
    length = one.span.end - one.span.start
    elapsed = min(max((at - one.span.start) / length, 0.0), 1.0)
    events = None if budget is None else budget * float(one.event.budget or 0)
    consumed = None if not events else counted.bad / events
    label = duration_text(length)
    state = _state(consumed, counted)
    return SloStatus(
        slo=one.id,
        at=at,
        state=state,
        objective=float(1 - one.protected.slo.budget),
        window=length,
        coverage=counted.covered / (elapsed * length.total_seconds()) if elapsed else None,
        sli=1 - counted.bad / counted.total if counted.total else None,
        total=counted.total,
        bad=counted.bad,
        budget=events,
        consumed=consumed,
        remaining=None if consumed is None else 1 - consumed,
        affordable=None if events is None else float(max(0, int(events - counted.bad))),
        burn={label: consumed / elapsed if consumed is not None and elapsed else None},
        tiers=tuple(_tier(alert, label, consumed, counted, over=elapsed >= 1) for alert in one.event.alerts),
    )


def alert_name(alert: SliceAlert) -> str:
    """What an alert of a slice is called as a tier: `slice 50 %`."""
    return f"slice {alert.at * 100:.0f} %"


def is_slice(status: SloStatus) -> bool:
    """Whether these are the numbers of a slice, and not of a whole budget."""
    return any(tier.name.startswith("slice ") for tier in status.tiers)


def promises_slice(entry: ServiceSlo) -> bool:
    """Whether it is an event that promises this, of a slice of somebody's budget."""
    return ":" in entry.slo.name and isinstance(entry.service, Journey)


class WithSlices:
    """An evaluation, and what else is alerted on beside its SLOs: slices of events that are under way, and behaviours."""

    def __init__(self, evaluation: Evaluation, slices: Mapping[str, tuple[ServiceSlo, SloStatus]]) -> None:
        self._evaluation = evaluation
        self._slices = slices

    def __contains__(self, slo: str) -> bool:
        return slo in self._slices or slo in self._evaluation

    def entry(self, slo: str) -> ServiceSlo:
        """The promise that was judged."""
        return self._slices[slo][0] if slo in self._slices else self._evaluation.entry(slo)

    def status(self, slo: str) -> SloStatus:
        """How it stands."""
        return self._slices[slo][1] if slo in self._slices else self._evaluation.status(slo)

    def firing(self) -> Sequence[str]:
        """The promises of which at least one alert fires."""
        return (*self._evaluation.firing(), *self._firing_slices())

    def _firing_slices(self) -> Iterator[str]:
        for slo, (_, status) in self._slices.items():
            if any(tier.firing for tier in status.tiers):
                yield slo


def _state(consumed: float | None, counted: Counted) -> State:
    if not counted.covered:
        return State.NO_DATA
    if consumed is None:
        return State.IDLE
    if consumed > 1:
        return State.BREACHED
    return State.AT_RISK if consumed >= 1 - _LITTLE else State.HEALTHY


def _tier(
    alert: SliceAlert, label: str, consumed: float | None, counted: Counted, *, over: bool
) -> TierStatus:
    """Fires while the event goes on: what is spent does not come back. One bad event is never a pattern."""
    spent = consumed is not None and consumed >= float(alert.at) and counted.bad >= FEWEST_BAD
    return TierStatus(
        name=alert_name(alert),
        severity=Severity(alert.severity),
        long=label,
        short=label,
        threshold=alert.at,
        firing=spent and not over,
        clear=over or not spent,
    )
