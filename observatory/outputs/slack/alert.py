"""Messages of alerts that others raised: their own words, and whose they are."""

from collections.abc import Sequence
from datetime import datetime

from observatory.alerting import Incident, IncidentState, Reason, Transition
from observatory.alerting.reports import Alert
from observatory.catalog import OnCall
from observatory.evaluation import Severity
from observatory.outputs.message import Message
from observatory.outputs.slack import layout, numbers
from observatory.outputs.slack.alive import Setting
from observatory.outputs.slack.people import deeds, presses
from observatory.outputs.slack.reply import unanswered
from observatory.outputs.slack.text import escape, mention, mrkdwn, plain

_ASKS = {Severity.PAGE: "🔴 PAGE", Severity.TICKET: "🟠 Ticket"}
_STANDS = {
    IncidentState.ACKNOWLEDGED: "👀 Acknowledged",
    IncidentState.SILENCED: "🔕 Silenced",
    IncidentState.RESOLVED: "✅ Resolved",
}
_NAME, _SUMMARY, _DESCRIPTION, _VALUE = 60, 300, 1_200, 80
_LABELS = 8
"""Shown; the rest is counted."""
_SAID_ELSEWHERE = frozenset({"alertname", "severity"})


def render_alert(
    transition: Transition, setting: Setting, *, because: str, now: datetime, ping: bool
) -> Message:
    """The message itself, the first time and at every edit; `because` says why its owner is that."""
    incident = transition.incident
    alert = _alert(incident)
    first = f"{_STANDS.get(incident.state, _ASKS[incident.severity])}: {_what(incident, alert)}"
    summary = alert.annotations.get("summary") or alert.annotations.get("message") or alert.name
    on_call = OnCall() if setting.squad is None else setting.squad.on_call
    pressed = presses(incident, on_call, now=now) if setting.interactive else []
    done = deeds(incident, setting.zone, now=now)
    urgent = pressed[0].label if pressed else "Runbook"
    blocks = (
        layout.header(first),
        *([layout.section("\n".join(done))] if done else ()),
        layout.section(_story(summary, alert)),
        layout.fields(_facts(incident, alert, setting, now=now)),
        layout.section(_owner(incident, setting, because, ping=ping)),
        *layout.buttons(_links(alert, setting), urgent=urgent if incident.is_open else None, presses=pressed),
        layout.context(_small_print(incident)),
    )
    return Message(text=escape(f"{first}: {plain(summary, _SUMMARY)}"), blocks=blocks)


def render_alert_reply(
    transition: Transition, setting: Setting, *, because: str, now: datetime, ping: bool
) -> Message:
    """What is said in its thread."""
    incident = transition.incident
    headline = _said(transition, now=now)
    on_call = setting.calls or (setting.squad.slack.mention if setting.squad else None)
    calls = ping and incident.is_open and incident.severity is Severity.PAGE and on_call
    given = transition.reason is Reason.OWNER_CHANGED
    lines = [f"*{escape(headline)}*", *([f"_{mrkdwn(because, 200)}_"] if given else ())]
    if calls and on_call:
        lines.append(mention(on_call))
    text = f"{headline}: {_what(incident, _alert(incident))}"
    return Message(text=escape(text), blocks=(layout.section("\n".join(lines)),))


def _said(transition: Transition, *, now: datetime) -> str:
    incident = transition.incident
    lasted = numbers.span((incident.resolved_at or now) - incident.opened_at)
    match transition.reason:
        case Reason.ALERT_ENDED:
            return f"✅ Resolved after {lasted}"
        case Reason.ALERT_GONE:
            return f"✅ Over after {lasted}: no Alertmanager has it any more, though none said so"
        case Reason.NOT_ACKNOWLEDGED:
            return unanswered(transition, now=now)
        case _:
            return _still(transition)


def _still(transition: Transition) -> str:
    incident = transition.incident
    match transition.reason:
        case Reason.REOPENED:
            return f"🔁 Fires again, re-opened {incident.reopened}×"
        case Reason.OWNER_CHANGED:
            return f"➡️ Owned by {plain(incident.squad, _NAME)} from now on"
        case Reason.SILENCE_ENDED | Reason.SILENCE_LIFTED:
            over = "is over" if transition.reason is Reason.SILENCE_ENDED else "was lifted"
            return f"🔔 The silence {over}, and it still fires"
        case _:
            return f"ℹ️ {transition.reason.replace('_', ' ').capitalize()}"


def _what(incident: Incident, alert: Alert) -> str:
    """`playlist: PostgresDown`, where it names a service."""
    service = alert.labels.get("service")
    over = "" if incident.is_open else " is over"
    of = f"{plain(service, _NAME)}: " if service else ""
    return f"{of}{plain(alert.name, _VALUE)}{over}"


def _story(summary: str, alert: Alert) -> str:
    lines = [f"*{mrkdwn(summary, _SUMMARY)}*"]
    description = alert.annotations.get("description", "")
    if description and description != summary:
        lines.append(mrkdwn(description, _DESCRIPTION))
    return "\n".join(lines)


def _facts(incident: Incident, alert: Alert, setting: Setting, *, now: datetime) -> list[tuple[str, str]]:
    since = numbers.clock_time(incident.opened_at, setting.zone, now=now)
    ended = incident.resolved_at
    until = "" if ended is None else f", until {numbers.clock_time(ended, setting.zone, now=now)}"
    lasted = numbers.span((ended or now) - incident.opened_at)
    return [("Since", f"{since}{until}, {lasted}"), ("Labels", _labels(alert))]


def _labels(alert: Alert) -> str:
    shown = [
        f"{mrkdwn(name, _NAME)}={mrkdwn(value, _VALUE)}"
        for name, value in sorted(alert.labels.items())
        if name not in _SAID_ELSEWHERE
    ]
    more = f" and {len(shown) - _LABELS} more" if len(shown) > _LABELS else ""
    return (", ".join(shown[:_LABELS]) + more) or "none"


def _owner(incident: Incident, setting: Setting, because: str, *, ping: bool) -> str:
    name = "nobody" if setting.squad is None else mrkdwn(setting.squad.name, _NAME)
    words = f"*Owner* {name}, {mrkdwn(because, 200)}"
    on_call = setting.calls or (setting.squad.slack.mention if setting.squad else None)
    calls = ping and incident.severity is Severity.PAGE and incident.state is IncidentState.FIRING
    return f"{words}\n*On call* {mention(on_call)}" if calls and on_call else words


def _links(alert: Alert, setting: Setting) -> Sequence[tuple[str, str | None]]:
    return (
        ("Runbook", alert.annotations.get("runbook_url")),
        ("Dashboard", alert.annotations.get("dashboard_url")),
        ("Prometheus", alert.generator_url),
        ("Incident", setting.incident),
    )


def _small_print(incident: Incident) -> str:
    again = f"re-opened {incident.reopened}×, " if incident.reopened else ""
    return f"From Alertmanager, {again}incident {mrkdwn(incident.id, _NAME)}"


def _alert(incident: Incident) -> Alert:
    if incident.alert is None:
        raise AssertionError(f"incident {incident.id} was opened by no alert")
    return incident.alert
