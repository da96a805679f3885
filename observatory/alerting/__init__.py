"""(state, evaluation, now) to a transition and its reason; who owns it, and what is to be told."""

from observatory.alerting.model import (
    Incident,
    IncidentState,
    Notification,
    NotificationKind,
    Priority,
    Reason,
    Transition,
)

__all__ = [
    "Incident",
    "IncidentState",
    "Notification",
    "NotificationKind",
    "Priority",
    "Reason",
    "Transition",
]
