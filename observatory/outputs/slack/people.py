"""What people did with an incident, and what they may do: the lines and the buttons of its message."""

from datetime import datetime
from enum import StrEnum

from observatory.alerting import Incident, IncidentState, morning
from observatory.catalog import OnCall
from observatory.outputs.slack import numbers
from observatory.outputs.slack.layout import Press
from observatory.outputs.slack.text import mrkdwn

_NAME, _REASON = 80, 300


class Action(StrEnum):
    """What a button asks for: its `action_id`. The `value` is the incident's id and nothing else."""

    ACKNOWLEDGE = "acknowledge"
    SILENCE_HOUR = "silence_hour"
    SILENCE_MORNING = "silence_morning"
    END_SILENCE = "end_silence"


def deeds(incident: Incident, zone: str, *, now: datetime) -> list[str]:
    """Who acknowledged or silenced it, until when and why, and who was called for want of an answer; mrkdwn."""
    lines = []
    if incident.also_told:
        channels = ", ".join(f"<#{channel}>" for channel in incident.also_told)
        lines.append(f"⏫ *Escalated* to {channels}: nobody had acknowledged it in time")
    if incident.acknowledged_by is not None and incident.acknowledged_at is not None:
        at = numbers.clock_time(incident.acknowledged_at, zone, now=now)
        lines.append(f"👀 *Acknowledged* by {mrkdwn(incident.acknowledged_by, _NAME)} at {at}")
    if incident.silence is not None and incident.state is IncidentState.SILENCED:
        silence = incident.silence
        until = numbers.clock_time(silence.ends_at, zone, now=now)
        by, why = mrkdwn(silence.created_by, _NAME), mrkdwn(silence.reason, _REASON)
        lines.append(f"🔕 *Silenced* by {by} until {until}: {why}")
    return lines


def presses(incident: Incident, on_call: OnCall, *, now: datetime, together: bool = False) -> list[Press]:
    """The buttons that do something now; `together`: others are told in its thread, and are meant as well."""
    if incident.state is IncidentState.SILENCED:
        return [Press(Action.END_SILENCE, "End silence", incident.id)]
    if incident.state is IncidentState.RESOLVED:
        return []
    every = " all" if together else ""
    begins = morning(now, hours=on_call.hours, timezone=on_call.timezone)
    until = numbers.clock_time(begins, on_call.timezone, now=begins)
    silences = [
        Press(Action.SILENCE_HOUR, f"Silence{every} 1 h", incident.id),
        Press(Action.SILENCE_MORNING, f"Silence{every} until {until}", incident.id),
    ]
    if incident.state is IncidentState.ACKNOWLEDGED:
        return silences
    return [Press(Action.ACKNOWLEDGE, f"Acknowledge{every}", incident.id), *silences]
