"""From an evaluation to what happens to incidents, and why; pure, so that replaying a day decides the same."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Protocol

from observatory.alerting.dependencies import GRACE, Upstream, blame, paging
from observatory.alerting.grouping import gather
from observatory.alerting.layers import Instructions, changes, still
from observatory.alerting.lifecycle import PATIENCE, Case, Patience
from observatory.alerting.model import Incident, IncidentState, Origin, Reason, Transition
from observatory.alerting.steps import Status
from observatory.catalog import Catalog, ServiceSlo
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
    known = {incident.id: incident for incident in measured}
    upstream = cache(lambda: _upstream(measured, evaluation, instructions.catalog, now=now))
    transitions: list[Transition] = []
    for slo in sorted(touched):
        if slo in evaluation:
            entry, status = evaluation.entry(slo), evaluation.status(slo)
            mine = of.get(slo, ())
            held = _is_held(entry, upstream)
            decided = decide(mine, entry, status, now=now, patience=patience, held=held)
            steps = [*decided, *_unchanged(mine, decided, status)]
            applied = (instructions.applied(step, entry, known, now=now) for step in steps)
            transitions += filter(changes, applied)
        else:
            transitions += [_removed(incident, now=now) for incident in of[slo] if incident.is_open]
    numbers = numbers_in(evaluation)
    named = blame(transitions, measured, numbers, instructions.catalog, now=now)
    return gather(named, measured, numbers, now=now)


def numbers_in(evaluation: Judged) -> Status:
    """The numbers of an SLO by its id; None where it is gone."""
    return lambda slo: evaluation.status(slo) if slo in evaluation else None


def decide(
    incidents: Sequence[Incident],
    entry: ServiceSlo,
    status: SloStatus,
    *,
    now: datetime,
    patience: Patience = PATIENCE,
    held: bool = False,
) -> Sequence[Transition]:
    """What happens to one SLO's page, and then to its ticket; nothing when nothing changes.

    Args:
        incidents: of this SLO, as for `decide_all`.
        entry: the SLO and its owner.
        status: its newest numbers.
        now: this moment.
        patience: how long to wait.
        held: nobody is told of a new ticket.
    """
    case = Case(entry, status, now, patience)
    page = _latest(incidents, Severity.PAGE)
    ticket = _latest(incidents, Severity.TICKET)
    paged = case.step(page, Severity.PAGE, inhibited=None)
    open_page = paged.incident if paged else page
    is_new = ticket is None or ticket.announced_at is None
    inhibited = Reason.HELD_FOR_DEPENDENCY if held and is_new else None
    if open_page is not None and open_page.is_open:
        inhibited = Reason.INHIBITED_BY_PAGE
    ticketed = case.step(ticket, Severity.TICKET, inhibited=inhibited)
    return [transition for transition in (paged, ticketed) if transition]


def _upstream(
    incidents: Sequence[Incident], evaluation: Judged, catalog: Catalog, *, now: datetime
) -> Upstream:
    """Who pages: those with an open page or one resolved lately, and those that open one in this very tick."""
    found = paging(incidents, since=now - GRACE)
    for slo in evaluation.firing():
        tiers = evaluation.status(slo).tiers
        if any(tier.firing and tier.severity is Severity.PAGE for tier in tiers):
            found.setdefault(evaluation.entry(slo).service.name, now)
    return Upstream(catalog, found)


def _is_held(entry: ServiceSlo, upstream: Callable[[], Upstream]) -> bool:
    """Whether its squad wants no new tickets while it is a dependency's trouble."""
    wanted = entry.squad.on_call.hold_tickets_for_dependencies
    return wanted and bool(upstream().causes(entry.service.name))


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
