"""One time that an event takes place, as it is known at some moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from observatory.catalog import Event, ServiceSlo, Span
from observatory.evaluation.model import SloStatus
from observatory.evaluation.slices import Counted, Slice


@dataclass(frozen=True, slots=True)
class TrafficSeen:
    """What came, against what was expected; events a minute, None where it is not known."""

    slo: str
    expected: float | None
    """In the busiest five minutes."""
    usual: float | None
    """In the busiest hour of the four weeks before, hours of events left out."""
    peak: float | None
    """In the busiest five minutes so far."""
    now: float | None
    """In the last five minutes."""

    @property
    def beyond(self) -> float | None:
        """How much more came than was expected, as a share of that: -0.4 is 40 % less."""
        return None if self.peak is None or not self.expected else self.peak / self.expected - 1


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time that an event takes place."""

    event: Event
    span: Span
    affected: tuple[ServiceSlo, ...]
    slices: Mapping[str, tuple[Slice, SloStatus]] = field(default_factory=dict)
    """By the slice's id; of events to protect."""
    counted: Mapping[str, Counted] = field(default_factory=dict)
    """By the id of an affected SLO: what was counted so far."""
    traffic: TrafficSeen | None = None
