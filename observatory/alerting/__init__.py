"""(state, evaluation, now) to a transition and its reason; who owns it, and what is to be told."""

from observatory.alerting.decide import Judged, decide, decide_all
from observatory.alerting.hours import WorkingHours, morning
from observatory.alerting.layers import Instructions, Ladder, acknowledge, changes, ladder, quieten, still
from observatory.alerting.lifecycle import PATIENCE, Patience
from observatory.alerting.model import (
    Incident,
    IncidentState,
    Notification,
    NotificationKind,
    Priority,
    Reason,
    Rung,
    Transition,
    incident_id,
)
from observatory.alerting.notifications import delivery_id, notifications
from observatory.alerting.ownership import OwnedBecause, Ownership, Rules, Step, resolve_owner
from observatory.alerting.silences import LONGEST, Matcher, Silence, Subject

__all__ = [
    "LONGEST",
    "PATIENCE",
    "Incident",
    "IncidentState",
    "Instructions",
    "Judged",
    "LONGEST",
    "Ladder",
    "Matcher",
    "Notification",
    "NotificationKind",
    "OwnedBecause",
    "Ownership",
    "Patience",
    "Priority",
    "Reason",
    "Rules",
    "Rung",
    "Silence",
    "Step",
    "Subject",
    "Transition",
    "WorkingHours",
    "acknowledge",
    "changes",
    "decide",
    "decide_all",
    "delivery_id",
    "incident_id",
    "ladder",
    "morning",
    "notifications",
    "quieten",
    "resolve_owner",
    "still",
]
