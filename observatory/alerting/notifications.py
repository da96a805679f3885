"""What is to be told of a transition: a new message, an edit of it, a reply in its thread, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import uuid5

from observatory.alerting.grouping import QUIET
from observatory.alerting.hours import WorkingHours
from observatory.alerting.model import (
    NAMESPACE,
    Incident,
    IncidentState,
    Notification,
    NotificationKind,
    Priority,
    Reason,
    Transition,
)
from observatory.alerting.ownership import Ownership
from observatory.catalog import OnCall
from observatory.evaluation import Severity

LATEST: Mapping[Priority, timedelta] = MappingProxyType(
    {
        Priority.PAGE: timedelta(minutes=2),
        Priority.ESCALATION: timedelta(minutes=5),
        Priority.RESOLVE: timedelta(minutes=15),
        Priority.TICKET: timedelta(hours=1),
        Priority.UPDATE: timedelta(minutes=15),
        Priority.REFRESH: timedelta(minutes=30),
    }
)
"""How long after it is due a notification counts as undelivered."""

_REPLIES: Mapping[Reason, Priority] = MappingProxyType(
    {
        Reason.ESCALATED_TO_PAGE: Priority.ESCALATION,
        Reason.BURN_STOPPED: Priority.RESOLVE,
        Reason.REMOVED_FROM_CATALOG: Priority.RESOLVE,
        Reason.HEARD_AGAIN: Priority.RESOLVE,
        Reason.DRILL_OVER: Priority.RESOLVE,
        Reason.ALERT_ENDED: Priority.RESOLVE,
        Reason.ALERT_GONE: Priority.RESOLVE,
    }
)
"""An edit pings nobody: these are said in the thread as well."""


@dataclass(frozen=True, slots=True)
class _Writer:
    incident: Incident
    destination: str
    due: datetime
    below: str | None = None
    """The incident in whose thread it is told, where that is not its own."""

    def write(self, kind: NotificationKind, priority: Priority, *, mention: bool = False) -> Notification:
        return Notification(
            delivery_id=delivery_id(self.incident.id, self.destination, kind, self.incident.revision),
            incident=self.below or self.incident.id,
            destination=self.destination,
            kind=kind,
            revision=self.incident.revision,
            priority=priority,
            not_before=self.due,
            deadline=self.due + LATEST[priority],
            mention=mention,
            about=None if self.below is None else self.incident.id,
        )


def notifications(transition: Transition, owner: Ownership, *, now: datetime) -> Sequence[Notification]:
    """Everything that this transition tells the owner, and whom an escalation has reached; most urgent first.

    Pages are due at once; all that concerns a ticket waits for the squad's working hours. A silenced incident is
    shown and edited like any other, but nothing is said in its thread until it is resolved or the silence is over.
    """
    if _is_mute(transition):
        return ()
    incident = transition.incident
    due = _due(incident, owner, now)
    told: list[Notification] = []
    if incident.joined is not None:
        told += _in_conversation(transition, owner, now=now)
    else:
        if owner.channel is not None:
            told += _to_owner(transition, _Writer(incident, owner.channel, due), now=now)
        for channel in incident.formerly:
            told += _to_former_owner(transition, _Writer(incident, channel, due))
    for channel in incident.also_told:
        if channel not in (owner.channel, *incident.formerly):
            told += _to_helper(transition, _Writer(incident, channel, due))
    return tuple(sorted(told, key=lambda one: one.priority))


def _in_conversation(transition: Transition, owner: Ownership, *, now: datetime) -> list[Notification]:
    """Answers in the thread of the one it has joined, whose message lists it; they are due at once.

    Whoever looks at that thread is at work on it, and an answer that mentions nobody disturbs nobody else.
    """
    incident, channels = transition.incident, transition.incident.formerly
    said: Sequence[tuple[Priority, bool]] = ()
    if owner.channel is not None and not _is_handed_over(transition, to=owner.channel):
        channels, said = (owner.channel,), _answers(transition, now=now)
    elif not incident.is_open:
        said = [(Priority.RESOLVE, False)]
    return [
        _Writer(incident, channel, now, incident.joined).write(
            NotificationKind.REPLY, priority, mention=mention
        )
        for channel in channels
        for priority, mention in said
    ]


def _answers(transition: Transition, *, now: datetime) -> Sequence[tuple[Priority, bool]]:
    """What is said of it below the other one's message; what has just been called for is not called for again."""
    incident = transition.incident
    if _is_news(transition):
        return [(_news_priority(incident), _is_loud(incident) and incident.called_at is None)]
    return _replies(transition, now=now)


def _to_owner(transition: Transition, writer: _Writer, *, now: datetime) -> list[Notification]:
    incident = transition.incident
    if _is_handed_over(transition, to=writer.destination):
        return _to_new_owner(transition, writer)
    if _is_news(transition):
        return [writer.write(NotificationKind.ROOT, _news_priority(incident), mention=_is_loud(incident))]
    if _speaks_first(transition):
        mention = _calls_anew(transition)
        return [writer.write(NotificationKind.ROOT, _news_priority(incident), mention=mention)]
    said = [
        writer.write(NotificationKind.REPLY, priority, mention=mention)
        for priority, mention in _replies(transition, now=now)
    ]
    return [*said, _update(transition, writer)]


def _to_new_owner(transition: Transition, writer: _Writer) -> list[Notification]:
    """What is over is told where it was; where there is a message already, an answer below it calls."""
    incident, previous = transition.incident, transition.previous
    if not incident.is_open or previous is None:
        return []
    knows = writer.destination in (*previous.formerly, *previous.also_told)
    kind = NotificationKind.REPLY if knows else NotificationKind.ROOT
    news = writer.write(kind, _news_priority(incident), mention=_calls_anew(transition))
    return [news, _update(transition, writer)] if knows else [news]


def _to_former_owner(transition: Transition, writer: _Writer) -> list[Notification]:
    """Whose it is now, once; then how it goes on, and its end."""
    incident, previous = transition.incident, transition.previous
    update = _update(transition, writer)
    if not incident.is_open:
        return [writer.write(NotificationKind.REPLY, Priority.RESOLVE), update]
    just_given = previous is not None and previous.channel == writer.destination
    return [writer.write(NotificationKind.REPLY, Priority.UPDATE), update] if just_given else [update]


def _replies(transition: Transition, *, now: datetime) -> list[tuple[Priority, bool]]:
    """The reply in the owner's thread, if one is due: how urgent it is, and whether it calls people by name."""
    incident, reason = transition.incident, transition.reason
    over = reason in (Reason.SILENCE_ENDED, Reason.SILENCE_LIFTED)
    if incident.state is IncidentState.SILENCED or (over and not _burns(incident)):
        return []
    if over:
        return [(_news_priority(incident), _is_loud(incident))]
    if reason is Reason.REOPENED:
        return [(_news_priority(incident), _was_quiet(transition, now))]
    if transition.calls is not None:
        return [(Priority.ESCALATION, transition.calls.channel not in incident.also_told)]
    return [(_REPLIES[reason], False)] if reason in _REPLIES else []


def _to_helper(transition: Transition, writer: _Writer) -> list[Notification]:
    """Where an escalation came: a message that calls; called again, an answer below it; then how it goes on."""
    previous = transition.previous
    if previous is None or writer.destination not in previous.also_told:
        return [writer.write(NotificationKind.ROOT, Priority.ESCALATION, mention=True)]
    update = _update(transition, writer)
    if transition.calls is not None and transition.calls.channel == writer.destination:
        return [writer.write(NotificationKind.REPLY, Priority.ESCALATION, mention=True), update]
    if not transition.incident.is_open:
        return [writer.write(NotificationKind.REPLY, Priority.RESOLVE), update]
    return [update]


def delivery_id(incident: str, destination: str, kind: NotificationKind, revision: int) -> str:
    """The same notification always has the same id, so that it is queued once however often it is decided."""
    return str(uuid5(NAMESPACE, f"{incident}\n{destination}\n{kind}\n{revision}"))


def _update(transition: Transition, writer: _Writer) -> Notification:
    calm = transition.reason in (Reason.STILL_FIRING, Reason.NOT_CLEAR_LONG_ENOUGH)
    return writer.write(NotificationKind.UPDATE, Priority.REFRESH if calm else Priority.UPDATE)


def _is_mute(transition: Transition) -> bool:
    incident, previous = transition.incident, transition.previous
    return incident.announced_at is None or (previous is not None and previous.revision == incident.revision)


def _is_news(transition: Transition) -> bool:
    """Told for the first time."""
    return transition.previous is None or transition.previous.announced_at is None


def _speaks_first(transition: Transition) -> bool:
    """Told in another one's thread so far: it has no message of its own yet."""
    previous = transition.previous
    return previous is not None and previous.joined is not None and transition.incident.joined is None


def _is_handed_over(transition: Transition, *, to: str) -> bool:
    """Its root is in another channel, that of an earlier owner."""
    previous = transition.previous
    return previous is not None and previous.channel not in (None, to) and previous.announced_at is not None


def _news_priority(incident: Incident) -> Priority:
    return Priority.PAGE if _is_loud(incident) else Priority.TICKET


def _is_loud(incident: Incident) -> bool:
    """Calls people by name: a page that nothing silences."""
    return incident.severity is Severity.PAGE and incident.state is not IncidentState.SILENCED


def _calls_anew(transition: Transition) -> bool:
    """Other people own it, or nobody has taken it on."""
    return _is_loud(transition.incident) and transition.incident.state is IncidentState.FIRING


def _burns(incident: Incident) -> bool:
    """As far as is known; and no page of the same SLO speaks for it."""
    return incident.clear_since is None and not incident.inhibited


def _was_quiet(transition: Transition, now: datetime) -> bool:
    """Long enough to call a page's people by name again."""
    ended = transition.previous.resolved_at if transition.previous else None
    return transition.incident.severity is Severity.PAGE and ended is not None and now - ended >= QUIET


def _due(incident: Incident, owner: Ownership, now: datetime) -> datetime:
    on_call = owner.squad.on_call if owner.squad else OnCall()
    if incident.severity is Severity.PAGE or on_call.hours is None:
        return now
    return WorkingHours.read(on_call.hours, on_call.timezone).next_open(now)
