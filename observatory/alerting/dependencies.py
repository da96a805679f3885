"""What a service's trouble probably comes from: services that it depends on, and that are paging."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from observatory.alerting.model import Incident, Origin, Reason, Transition
from observatory.alerting.steps import Status, bumped, is_visible, overlaid
from observatory.catalog import Catalog
from observatory.evaluation import Severity

GRACE = timedelta(minutes=15)
"""Tickets that were held for a dependency wait this much longer, so that its recovery can reach them."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Services that page, and who depends on whom."""

    catalog: Catalog
    paging: Mapping[str, datetime]
    """Service to when its page opened."""
    _reached: dict[str, frozenset[str]] = field(default_factory=dict, init=False, compare=False)

    def causes(self, service: str) -> tuple[str, ...]:
        """The paging services that this one depends on, directly or through others, and that none of them explains.

        In a circle of dependencies, what paged first explains the rest; nothing explains itself.
        """
        if not self.paging:
            return ()
        near = [one for one in self._reach(service) if one in self.paging and self._explains(one, service)]
        return tuple(sorted(one for one in near if not any(self._explains(other, one) for other in near)))

    def _explains(self, cause: str, service: str) -> bool:
        if cause == service or cause not in self._reach(service):
            return False
        if service not in self.paging or service not in self._reach(cause):
            return True
        return (self.paging[cause], cause) < (self.paging[service], service)

    def _reach(self, service: str) -> frozenset[str]:
        """Everything that it depends on, itself left out."""
        known = self._reached.get(service)
        if known is not None:
            return known
        found: set[str] = set()
        ahead = [service]
        while ahead:
            promiser = self.catalog.promiser(ahead.pop())
            new = set(promiser.depends_on if promiser else ()) - found
            found |= new
            ahead += new
        self._reached[service] = frozenset(found - {service})
        return self._reached[service]


def paging(incidents: Iterable[Incident], *, since: datetime | None = None) -> dict[str, datetime]:
    """Services with an open page, or with one that was resolved after `since`, and when the first of them opened."""
    found: dict[str, datetime] = {}
    for one in incidents:
        ended = one.resolved_at
        counts = one.is_open or (since is not None and ended is not None and ended > since)
        if counts and one.severity is Severity.PAGE and one.origin is Origin.SLO:
            found[one.service] = min(one.opened_at, found.get(one.service, one.opened_at))
    return found


def blame(
    steps: Sequence[Transition],
    incidents: Iterable[Incident],
    status: Status,
    catalog: Catalog,
    *,
    now: datetime,
) -> list[Transition]:
    """The steps, and edits of open incidents, so that each names the dependencies that it probably comes from.

    Nobody is called, or not called, for it: what a step tells stays the same.

    Args:
        steps: what is decided.
        incidents: all that are known, as they were before.
        status: the newest numbers of an SLO.
        catalog: who depends on whom.
        now: this moment.
    """
    after = overlaid(incidents, steps)
    upstream = Upstream(catalog, paging(after.values()))
    of = {step.incident.id: step for step in steps}
    for one in after.values():
        if one.is_open and one.origin is Origin.SLO:
            causes = upstream.causes(one.service)
            if causes != one.causes:
                of |= {
                    step.incident.id: step for step in _named(one, of.get(one.id), causes, status, now=now)
                }
    return list(of.values())


def _named(
    incident: Incident, step: Transition | None, causes: tuple[str, ...], status: Status, *, now: datetime
) -> Iterator[Transition]:
    marked = replace(incident, causes=causes)
    is_told = incident.announced_at is not None and not incident.inhibited
    if step is not None and (is_visible(step) or not is_told):
        yield replace(step, incident=marked)
    elif is_told and (numbers := status(incident.slo)) is not None:
        yield bumped(marked, step or incident, numbers, Reason.CAUSE_CHANGED, now=now)
