"""Steps of incidents' lives, as the passes over all of them take and make them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from observatory.alerting.model import Incident, Reason, Transition
from observatory.evaluation import SloStatus

Status = Callable[[str], SloStatus | None]
"""The newest numbers of an SLO; None: there are none any more."""


def overlaid(incidents: Iterable[Incident], steps: Iterable[Transition]) -> dict[str, Incident]:
    """Incidents by id, as they are after these steps."""
    return {one.id: one for one in incidents} | {step.incident.id: step.incident for step in steps}


def is_visible(step: Transition) -> bool:
    """Whether it changes what people should see."""
    return step.previous is None or step.incident.revision != step.previous.revision


def bumped(
    incident: Incident, before: Transition | Incident, status: SloStatus, reason: Reason, *, now: datetime
) -> Transition:
    """A visible step to this incident, from what it was, or in place of a step that nobody would have seen."""
    previous = before.previous if isinstance(before, Transition) else before
    revision = 1 if previous is None else previous.revision + 1
    shown = replace(incident, revision=revision, updated_at=now, remaining=status.remaining)
    return Transition(shown, reason, status, previous)
