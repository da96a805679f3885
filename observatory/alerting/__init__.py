"""(state, evaluation, now) to a transition and its reason; who owns it, and what is to be told."""

from observatory.alerting.decide import Judged, decide, decide_all, numbers_in
from observatory.alerting.hours import WorkingHours, morning
from observatory.alerting.layers import Instructions, Ladder, acknowledge, changes, ladder, quieten, still
from observatory.alerting.lifecycle import PATIENCE, Patience
from observatory.alerting.model import (
    Incident,
    IncidentState,
    Notification,
    NotificationKind,
    Origin,
    Priority,
    Reason,
    Rung,
    Transition,
    incident_id,
)
from observatory.alerting.notifications import delivery_id, notifications
from observatory.alerting.ownership import OwnedBecause, Ownership, Rules, Step, resolve_owner
from observatory.alerting.replay import Adjusted, Alarm, BudgetMark, Course, Replayed, replay
from observatory.alerting.score import GRACE, Met, Score, score, speaks_of
from observatory.alerting.silences import LONGEST, Matcher, Silence, Subject, covering

__all__ = [
    "GRACE",
    "LONGEST",
    "PATIENCE",
    "Adjusted",
    "Alarm",
    "BudgetMark",
    "Course",
    "Incident",
    "IncidentState",
    "Instructions",
    "Judged",
    "Ladder",
    "Matcher",
    "Met",
    "Notification",
    "NotificationKind",
    "Origin",
    "OwnedBecause",
    "Ownership",
    "Patience",
    "Priority",
    "Reason",
    "Replayed",
    "Rules",
    "Rung",
    "Score",
    "Silence",
    "Step",
    "Subject",
    "Transition",
    "WorkingHours",
    "acknowledge",
    "changes",
    "covering",
    "decide",
    "decide_all",
    "delivery_id",
    "incident_id",
    "ladder",
    "morning",
    "notifications",
    "numbers_in",
    "quieten",
    "replay",
    "resolve_owner",
    "score",
    "speaks_of",
    "still",
]
