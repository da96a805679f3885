"""(state, evaluation, now) to a transition and its reason; who owns it, and what is to be told."""

from observatory.alerting.decide import decide, decide_all
from observatory.alerting.hours import WorkingHours
from observatory.alerting.lifecycle import PATIENCE, Patience
from observatory.alerting.model import (
    Incident,
    IncidentState,
    Notification,
    NotificationKind,
    Priority,
    Reason,
    Transition,
    incident_id,
)
from observatory.alerting.notifications import delivery_id, notifications
from observatory.alerting.ownership import OwnedBecause, Owner, resolve_owner

__all__ = [
    "PATIENCE",
    "Incident",
    "IncidentState",
    "Notification",
    "NotificationKind",
    "OwnedBecause",
    "Owner",
    "Patience",
    "Priority",
    "Reason",
    "Transition",
    "WorkingHours",
    "decide",
    "decide_all",
    "delivery_id",
    "incident_id",
    "notifications",
    "resolve_owner",
]
