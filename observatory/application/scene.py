"""What else goes on while an incident burns: who burns with it, what it probably comes from, which events are on."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType

from observatory.alerting import Incident
from observatory.alerting.dependencies import paging
from observatory.alerting.grouping import members
from observatory.alerting.steps import Status
from observatory.catalog import Catalog, JourneySlo, ServiceSlo
from observatory.outputs.slack.background import Cause, Companion, Happening, Step

_MOMENT = timedelta(microseconds=1)
_HOUR = "1h"
"""The label of a window that every SLO's burn is known over."""


@dataclass(frozen=True)
class Scene:
    """All incidents that are known, as they are after a decision, and the newest numbers."""

    incidents: Mapping[str, Incident] = field(default_factory=lambda: MappingProxyType({}))
    status: Status = lambda _: None

    def companions(self, incident: Incident) -> Sequence[Companion]:
        """Who is told below its message."""
        return [
            Companion(one, self.status(one.slo))
            for one in members(incident, self._joined.get(incident.id, ()))
        ]

    def causes(
        self, incident: Incident, catalog: Catalog, *, page: Callable[[Incident], str | None]
    ) -> Iterator[Cause]:
        """The burning dependencies that it probably comes from; `page` gives the address of an incident's page."""
        for name in incident.causes:
            first = min(self._pages.get(name, ()), key=lambda one: one.opened_at, default=None)
            owner = promiser.squad if (promiser := catalog.promiser(name)) else None
            since, address = (None, None) if first is None else (first.opened_at, page(first))
            yield Cause(name, owner, since, address)

    @cached_property
    def _joined(self) -> Mapping[str, Sequence[Incident]]:
        """By the incident that they have joined: every message of a storm asks."""
        found: dict[str, list[Incident]] = defaultdict(list)
        for one in self.incidents.values():
            if one.joined is not None:
                found[one.joined].append(one)
        return found

    @cached_property
    def _pages(self) -> Mapping[str, Sequence[Incident]]:
        """The open pages of each service."""
        found: dict[str, list[Incident]] = defaultdict(list)
        for one in self.incidents.values():
            if paging([one]):
                found[one.service].append(one)
        return found

    def steps(self, entry: ServiceSlo) -> Sequence[Step]:
        """The components of a journey, the fastest burning one first and those that nobody sees last."""
        if not isinstance(entry.slo, JourneySlo):
            return ()
        found = []
        for _, part in entry.parts:
            status = self.status(part.id)
            found.append(Step(part.id, part.squad.name, None if status is None else status.burn.get(_HOUR)))
        return sorted(found, key=lambda one: (one.burn is None, -(one.burn or 0.0), one.slo))


def happening(slo: str, catalog: Catalog, *, now: datetime) -> Iterator[Happening]:
    """The events that are on now and concern an SLO."""
    for event in catalog.events.values():
        for span in event.schedule.spans(now, now + _MOMENT):
            if slo in {entry.id for entry in catalog.affected(event)}:
                yield Happening(event.name, event.mode, span.end)
