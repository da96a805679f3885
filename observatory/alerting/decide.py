"""From an evaluation to what happens to incidents, and why; pure, so that replaying a day decides the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from observatory.alerting.layers import Instructions, changes, still
from observatory.alerting.lifecycle import PATIENCE, Case, Patience
from observatory.alerting.model import Incident, IncidentState, Origin, Reason, Transition
from observatory.catalog import ServiceSlo
from observatory.evaluation import Severity, SloStatus

_NONE = Instructions()


class Judged(Protocol):
    """Promises and how they stand: an evaluation, or one with more beside it."""

    def __contains__(self, slo: str) -> bool: ...

    def entry(self, slo: str) -> ServiceSlo:
        """The promise of this id."""
        ...

    def status(self, slo: str) -> SloStatus:
        """How it stands."""
        ...

    def firing(self) -> Sequence[str]:
        """The promises of which at least one alert tier fires."""
        ...


def decide_all(
    incidents: Sequence[Incident],
    evaluation: Judged,
    *,
    now: datetime,
    complete: bool,
    patience: Patience = PATIENCE,
    instructions: Instructions = _NONE,
) -> Sequence[Transition]:
    """Decide every SLO that fires or has an open incident; the others are not looked at.

    Args:
        incidents: all that are open, and those resolved within `patience.reopen_within`; those of SLOs count.
        evaluation: of the whole catalog.
        now: this moment.
        complete: a full evaluation has been done since the start. Before that nothing happens to anything: a half-read
            history neither fires nor resolves.
        patience: how long to wait.
        instructions: silences and escalations.

    Returns:
        By SLO id, a page before the ticket of the same SLO.
    """
    if not complete:
        return ()
    of: dict[str, list[Incident]] = {}
    measured = [incident for incident in incidents if incident.origin is Origin.SLO]
    for incident in measured:
        of.setdefault(incident.slo, []).append(incident)
    touched = {incident.slo for incident in measured if incident.is_open} | set(evaluation.firing())
    transitions: list[Transition] = []
    for slo in sorted(touched):
        if slo in evaluation:
            entry, status = evaluation.entry(slo), evaluation.status(slo)
            mine = of.get(slo, ())
            decided = decide(mine, entry, status, now=now, patience=patience)
            steps = [*decided, *_unchanged(mine, decided, status)]
            applied = (instructions.applied(step, entry, now=now) for step in steps)
            transitions += filter(changes, applied)
        else:
            transitions += [_removed(incident, now=now) for incident in of[slo] if incident.is_open]
    return transitions


def decide(
    incidents: Sequence[Incident],
    entry: ServiceSlo,
    status: SloStatus,
    *,
    now: datetime,
    patience: Patience = PATIENCE,
) -> Sequence[Transition]:
    """What happens to one SLO's page, and then to its ticket; nothing when nothing changes.

    Args:
        incidents: of this SLO, as for `decide_all`.
        entry: the SLO and its owner.
        status: its newest numbers.
        now: this moment.
        patience: how long to wait.
    """
    case = Case(entry, status, now, patience)
    page = _latest(incidents, Severity.PAGE)
    ticket = _latest(incidents, Severity.TICKET)
    paged = case.step(page, Severity.PAGE, inhibited=False)
    open_page = paged.incident if paged else page
    ticketed = case.step(ticket, Severity.TICKET, inhibited=open_page is not None and open_page.is_open)
    return [transition for transition in (paged, ticketed) if transition]


def _unchanged(
    incidents: Sequence[Incident], decided: Sequence[Transition], status: SloStatus
) -> list[Transition]:
    """Open incidents of which the numbers have nothing new to say."""
    changed = {step.incident.id for step in decided}
    return [still(one, status) for one in incidents if one.is_open and one.id not in changed]


def _latest(incidents: Sequence[Incident], severity: Severity) -> Incident | None:
    """The open incident of this severity, or else the one that was resolved last."""
    mine = [incident for incident in incidents if incident.severity is severity]
    return max(mine, key=lambda one: (one.is_open, one.resolved_at or one.opened_at), default=None)


def _removed(incident: Incident, *, now: datetime) -> Transition:
    resolved = replace(
        incident,
        state=IncidentState.RESOLVED,
        resolved_at=now,
        updated_at=now,
        revision=incident.revision + 1,
    )
    return Transition(resolved, Reason.REMOVED_FROM_CATALOG, None, incident)
