"""What people's word does to a step of an incident's life: it is handed over, silenced, escalated when nobody answers.

A layer takes what the numbers decided (a transition, perhaps one that changes nothing) and gives what is to happen.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from observatory.alerting.grouping import is_spoken_for
from observatory.alerting.model import Incident, IncidentState, Reason, Rung, Transition
from observatory.alerting.silences import Silence, covering
from observatory.catalog import Catalog, ServiceSlo, Squad
from observatory.evaluation import Severity, SloStatus


@dataclass(frozen=True, slots=True)
class Ladder:
    """Whom a squad's unanswered pages call, one after another, and how long each has to acknowledge."""

    after: timedelta
    rungs: Sequence[Rung]


@dataclass(frozen=True, slots=True)
class Instructions:
    """What people have asked for, beyond what the numbers say."""

    silences: Sequence[Silence] = ()
    """Active ones; others do no harm."""
    ladder: Callable[[ServiceSlo], Ladder | None] = lambda _: None
    """How the owner of an SLO escalates."""
    catalog: Catalog = field(default_factory=Catalog)
    """Who depends on whom."""

    def applied(
        self, step: Transition, entry: ServiceSlo, known: Mapping[str, Incident], *, now: datetime
    ) -> Transition:
        """The step after all layers: what is silenced doesn't escalate, nor what another one calls for as well.

        `known` are incidents by their ids, as they were before.
        """
        quiet = quieten(hand_over(step, entry.squad, now=now), self.silences, now=now)
        if is_spoken_for(quiet.incident, known.get(quiet.incident.joined or "")):
            return quiet
        return escalate(quiet, self.ladder(entry), now=now)


def still(incident: Incident, status: SloStatus | None) -> Transition:
    """A step that changes nothing: where a layer begins when the numbers had nothing to say."""
    return Transition(incident, Reason.STILL_FIRING, status, incident)


def changes(step: Transition) -> bool:
    """Whether anything happens in it."""
    return step.incident != step.previous


def hand_over(step: Transition, owner: Squad, *, now: datetime) -> Transition:
    """The catalog names another squad or another channel: the new one is told anew, the old one how it goes on.

    Other people are to acknowledge it themselves. What ends in this very step ends where it was told.
    """
    incident, channel = step.incident, owner.slack.channel
    told_elsewhere = incident.channel not in (None, channel) and incident.announced_at is not None
    if (incident.squad, incident.channel) == (owner.name, channel) or not (
        incident.is_open or told_elsewhere
    ):
        return step
    given = replace(incident, channel=channel)
    if told_elsewhere and incident.channel is not None:
        formerly = (*incident.formerly, incident.channel)
        given = replace(given, formerly=tuple(one for one in formerly if one != channel))
    if owner.name != incident.squad:
        given = replace(given, squad=owner.name, handed_over_by=incident.squad)
    is_news = incident.announced_at is not None and (told_elsewhere or owner.name != incident.squad)
    if not incident.is_open or not is_news:
        return replace(step, incident=given)
    if told_elsewhere and owner.name != incident.squad:
        given = _to_be_acknowledged(given, now=now)
    return _told(step, given, Reason.OWNER_CHANGED, now=now)


def quieten(step: Transition, silences: Iterable[Silence], *, now: datetime) -> Transition:
    """An open incident that a silence matches is SILENCED; when none does any more, it fires again.

    What was acknowledged before is to be acknowledged again then: whoever silenced it has let go of it.
    """
    incident = step.incident
    if not incident.is_open:
        return step
    silence = covering(silences, incident, now=now)
    if silence is not None:
        if incident.state is IncidentState.SILENCED and incident.silence == silence:
            return step
        quiet = replace(incident, state=IncidentState.SILENCED, silence=silence)
        return _told(step, quiet, Reason.SILENCED, now=now)
    if incident.state is not IncidentState.SILENCED:
        return step
    loud = _to_be_acknowledged(incident, now=now)
    ended = incident.silence is None or incident.silence.ends_at <= now
    return _told(step, loud, Reason.SILENCE_ENDED if ended else Reason.SILENCE_LIFTED, now=now)


def acknowledge(step: Transition, *, by: str, now: datetime) -> Transition:
    """Someone takes a firing incident on: it goes on being shown and calls nobody any more."""
    taken = replace(step.incident, state=IncidentState.ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=now)
    return _told(step, taken, Reason.ACKNOWLEDGED, now=now)


def ladder(squad: Squad, catalog: Catalog, *, catch_all: str | None) -> Ladder | None:
    """The squad itself again, the squad it names, then the channel of last resort; a channel is called once.

    None: the squad has not said that it wants that.
    """
    wanted = squad.on_call.escalate
    if wanted is None:
        return None
    rungs = [Rung(squad.slack.channel, squad.name)]
    helper = catalog.squads.get(wanted.to)
    if helper is not None:
        rungs.append(Rung(helper.slack.channel, helper.name))
    if catch_all is not None:
        owners = (one.name for one in catalog.squads.values() if one.slack.channel == catch_all)
        rungs.append(Rung(catch_all, next(owners, None)))
    once = {rung.channel: rung for rung in reversed(rungs)}
    return Ladder(wanted.after, tuple(sorted(once.values(), key=rungs.index)))


def escalate(step: Transition, ladder: Ladder | None, *, now: datetime) -> Transition:
    """A page that burns and that nobody acknowledged in time climbs one rung."""
    incident = step.incident
    if ladder is None or not _waits(incident) or incident.escalation >= len(ladder.rungs):
        return step
    called_at = incident.called_at or incident.announced_at
    if called_at is None or now - called_at < ladder.after:
        return step
    rung = ladder.rungs[incident.escalation]
    is_own = incident.escalation == 0
    also_told = incident.also_told if is_own else tuple(dict.fromkeys((*incident.also_told, rung.channel)))
    climbed = replace(incident, escalation=incident.escalation + 1, called_at=now, also_told=also_told)
    return replace(_told(step, climbed, Reason.NOT_ACKNOWLEDGED, now=now), calls=rung)


def _to_be_acknowledged(incident: Incident, *, now: datetime) -> Incident:
    """Firing, and its people are called as if for the first time."""
    return replace(
        incident,
        state=IncidentState.FIRING,
        silence=None,
        acknowledged_by=None,
        acknowledged_at=None,
        called_at=now,
        escalation=0,
    )


def _waits(incident: Incident) -> bool:
    """Whether somebody should have come by now: what has just stopped burning needs nobody else."""
    fires = incident.state is IncidentState.FIRING and incident.severity is Severity.PAGE
    return fires and not incident.inhibited and incident.clear_since is None


def _told(step: Transition, incident: Incident, reason: Reason, *, now: datetime) -> Transition:
    """The step with this incident in place of its own, one revision beyond what was there before."""
    shown = replace(
        incident,
        revision=1 if step.previous is None else step.previous.revision + 1,
        updated_at=now,
        remaining=incident.remaining if step.status is None else step.status.remaining,
    )
    return replace(step, incident=shown, reason=reason)
