"""What is to be told of a transition: a new message, an edit of it, a reply in its thread, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import uuid5

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
from observatory.alerting.ownership import Owner
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

QUIET = timedelta(minutes=15)
"""A page that re-opens sooner than this after it was resolved calls nobody by name again."""

_REPLIES: Mapping[Reason, Priority] = MappingProxyType(
    {
        Reason.ESCALATED_TO_PAGE: Priority.ESCALATION,
        Reason.BURN_STOPPED: Priority.RESOLVE,
        Reason.REMOVED_FROM_CATALOG: Priority.RESOLVE,
    }
)
"""An edit pings nobody: these are said in the thread as well."""


def notifications(transition: Transition, owner: Owner, *, now: datetime) -> Sequence[Notification]:
    """Everything that this transition tells the owner, most urgent first.

    Pages are due at once; all that concerns a ticket waits for the squad's working hours. A silenced incident is
    mute until it is resolved, which closes its thread.
    """
    destination = owner.channel
    if destination is None or _is_mute(transition):
        return ()
    incident = transition.incident
    writer = _Writer(incident, destination, due=_due(incident, owner, now))
    if _is_news(transition):
        priority = _news_priority(incident)
        return (writer.write(NotificationKind.ROOT, priority, mention=incident.severity is Severity.PAGE),)
    calm = transition.reason in (Reason.STILL_FIRING, Reason.NOT_CLEAR_LONG_ENOUGH)
    update = writer.write(NotificationKind.UPDATE, Priority.REFRESH if calm else Priority.UPDATE)
    if transition.reason is Reason.REOPENED:
        priority, mention = _news_priority(incident), _was_quiet(transition, now)
        return writer.write(NotificationKind.REPLY, priority, mention=mention), update
    if transition.reason in _REPLIES:
        return writer.write(NotificationKind.REPLY, _REPLIES[transition.reason]), update
    return (update,)


def delivery_id(incident: str, destination: str, kind: NotificationKind, revision: int) -> str:
    """The same notification always has the same id, so that it is queued once however often it is decided."""
    return str(uuid5(NAMESPACE, f"{incident}\n{destination}\n{kind}\n{revision}"))


@dataclass(frozen=True, slots=True)
class _Writer:
    incident: Incident
    destination: str
    due: datetime

    def write(self, kind: NotificationKind, priority: Priority, *, mention: bool = False) -> Notification:
        return Notification(
            delivery_id=delivery_id(self.incident.id, self.destination, kind, self.incident.revision),
            incident=self.incident.id,
            destination=self.destination,
            kind=kind,
            revision=self.incident.revision,
            priority=priority,
            not_before=self.due,
            deadline=self.due + LATEST[priority],
            mention=mention,
        )


def _is_mute(transition: Transition) -> bool:
    incident, previous = transition.incident, transition.previous
    if incident.announced_at is None or (previous is not None and previous.revision == incident.revision):
        return True
    return incident.state is IncidentState.SILENCED


def _is_news(transition: Transition) -> bool:
    """Told for the first time."""
    return transition.previous is None or transition.previous.announced_at is None


def _news_priority(incident: Incident) -> Priority:
    return Priority.PAGE if incident.severity is Severity.PAGE else Priority.TICKET


def _was_quiet(transition: Transition, now: datetime) -> bool:
    """Long enough to call a page's people by name again."""
    ended = transition.previous.resolved_at if transition.previous else None
    return transition.incident.severity is Severity.PAGE and ended is not None and now - ended >= QUIET


def _due(incident: Incident, owner: Owner, now: datetime) -> datetime:
    on_call = owner.squad.on_call if owner.squad else OnCall()
    if incident.severity is Severity.PAGE or on_call.hours is None:
        return now
    return WorkingHours.read(on_call.hours, on_call.timezone).next_open(now)
