"""When events take place, and what is not to be changed meanwhile: from the catalog and a moment alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from observatory.catalog.events import Event
from observatory.catalog.model import Catalog, Journey, Service
from observatory.catalog.recurrence import Span

AHEAD = timedelta(days=366)
"""How far the next time of an event is looked for."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A time in which some services are not to be changed."""

    event: Event
    span: Span
    """With the time before and after the event that is frozen too."""
    services: tuple[str, ...]


def freezes(catalog: Catalog, *, at: datetime, service: str | None = None) -> Sequence[Frozen]:
    """What is frozen at a moment, the one that ends first first.

    Args:
        catalog: the definitions.
        at: the moment.
        service: only what concerns this service.
    """
    found = [
        Frozen(event, span, frozen_services(event, catalog))
        for event in catalog.events.values()
        for span in event.frozen(at, at + timedelta(seconds=1))
        if span.contains(at)
    ]
    concerned = [one for one in found if service is None or service in one.services]
    return sorted(concerned, key=lambda one: (one.span.end, one.event.name))


def frozen_services(event: Event, catalog: Catalog) -> tuple[str, ...]:
    """The services whose promises an event is about, by itself or through journeys; sorted."""
    names: set[str] = set()
    for entry in catalog.affected(event):
        match entry.service:
            case Service():
                names.add(entry.service.name)
            case Journey():
                names |= _passed_through(entry.service, catalog)
    return tuple(sorted(names))


def next_time(event: Event, *, at: datetime) -> Span | None:
    """The time that is under way, or else the next one; None when there is none within a year."""
    return next(event.schedule.spans(at, at + AHEAD), None)


def last_time(event: Event, *, at: datetime) -> Span | None:
    """The newest time that has begun; None when there is none within a year."""
    begun = (span for span in event.schedule.spans(at - AHEAD, at) if span.start <= at)
    return max(begun, default=None)


def _passed_through(journey: Journey, catalog: Catalog) -> set[str]:
    names: set[str] = set()
    waiting, seen = [journey], {journey.name}
    while waiting:
        for name in waiting.pop().depends_on:
            inner = catalog.journeys.get(name)
            if inner is None:
                names.add(name)
            elif inner.name not in seen:
                seen.add(inner.name)
                waiting.append(inner)
    return names
