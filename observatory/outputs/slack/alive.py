"""Messages of incidents that are no SLO's: a watchdog that fell silent, and drills."""

from dataclasses import dataclass
from datetime import datetime

from observatory.alerting import Incident, IncidentState, Reason, Transition
from observatory.alerting.model import Origin
from observatory.catalog import OnCall, Squad
from observatory.outputs.message import Block, Message
from observatory.outputs.slack import layout, numbers
from observatory.outputs.slack.people import Action, deeds, presses
from observatory.outputs.slack.reply import unanswered
from observatory.outputs.slack.text import escape, mention, mrkdwn, plain

_STANDS = {
    IncidentState.ACKNOWLEDGED: "👀 Acknowledged",
    IncidentState.SILENCED: "🔕 Silenced",
    IncidentState.RESOLVED: "✅ Resolved",
}
_NAME = 60
_LOOK_AT = (
    "Meanwhile what its Prometheus alerts on may reach nobody. Is Prometheus up and evaluating its rules, is"
    " Alertmanager up, and does it reach Observatory?"
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a message of these says beyond the incident."""

    squad: Squad | None
    """Whose it is; None: nobody's, so it is told in the channel of last resort."""
    incident: str | None = None
    """Address of the incident's page."""
    calls: str | None = None
    """Whom a page calls by name, where that is not its owner's on-call."""
    interactive: bool = False
    """Slack tells us which buttons are pressed."""

    @property
    def zone(self) -> str:
        """Whose clock times are told by."""
        return "UTC" if self.squad is None else self.squad.on_call.timezone


def render_alive(transition: Transition, setting: Setting, *, now: datetime, ping: bool) -> Message:
    """The message itself, the first time and at every edit; a drill never calls anybody."""
    if transition.incident.origin is Origin.DRILL:
        return _drill(transition.incident, setting)
    return _watchdog(transition.incident, setting, now=now, ping=ping)


def render_alive_reply(transition: Transition, setting: Setting, *, now: datetime, ping: bool) -> Message:
    """What is said in its thread."""
    incident = transition.incident
    headline = _said(transition, now=now)
    on_call = _on_call(setting)
    calls = ping and incident.is_open and incident.origin is not Origin.DRILL and on_call
    lines = [f"*{escape(headline)}*", *([mention(on_call)] if calls and on_call else ())]
    return Message(text=escape(f"{headline}: {_what(incident)}"), blocks=(layout.section("\n".join(lines)),))


def _watchdog(incident: Incident, setting: Setting, *, now: datetime, ping: bool) -> Message:
    over = not incident.is_open
    asks = _STANDS.get(incident.state, "🔴 PAGE")
    first = f"{asks}: {_what(incident)} {'is heard again' if over else 'has fallen silent'}"
    silent = _silence(incident, setting, now=now)
    done = deeds(incident, setting.zone, now=now)
    on_call = setting.squad.on_call if setting.squad else OnCall()
    pressed = presses(incident, on_call, now=now) if setting.interactive else []
    blocks = (
        layout.header(first),
        *([layout.section("\n".join(done))] if done else ()),
        layout.section(f"*{escape(silent[0].upper() + silent[1:])}.*" + ("" if over else f"\n{_LOOK_AT}")),
        layout.section(_owner(incident, setting, ping=ping)),
        *layout.buttons(
            (("Incident", setting.incident),),
            urgent=next((one.label for one in pressed if one.action_id == Action.ACKNOWLEDGE), None),
            presses=pressed,
        ),
        layout.context(f"Incident {mrkdwn(incident.id, _NAME)}"),
    )
    return Message(text=escape(f"{first}: {silent}"), blocks=blocks)


def _silence(incident: Incident, setting: Setting, *, now: datetime) -> str:
    """Since when; how long is only said when that is over: a message that is not edited would go on saying it."""
    last = numbers.clock_time(incident.opened_at, setting.zone, now=now)
    if incident.is_open:
        return f"nothing has been heard of it since {last}"
    again = incident.resolved_at or now
    until = numbers.clock_time(again, setting.zone, now=now)
    return (
        f"nothing was heard of it for {numbers.span(again - incident.opened_at)}, from {last} until {until}"
    )


def _drill(incident: Incident, setting: Setting) -> Message:
    over = not incident.is_open
    first = "🧪 Test alert, over: nothing is wrong" if over else "🧪 Test alert: nothing is wrong"
    squad = plain(incident.squad, _NAME)
    asked = f" {mrkdwn(incident.asked_by, _NAME)} asked for it." if incident.asked_by else ""
    on_call = _on_call(setting)
    calls = f"\nA page would call `{_quoted(on_call)}`; this calls nobody." if on_call else ""
    story = f"*This is a drill.* It came the way that a page of squad *{escape(squad)}* takes.{asked}{calls}"
    link = layout.buttons((("Incident", setting.incident),))
    blocks: tuple[Block, ...] = (
        layout.header(first),
        layout.section(f"{story}\nThere is nothing to do."),
        *link,
        layout.context(f"Drill {mrkdwn(incident.id, _NAME)}"),
    )
    return Message(text=escape(f"{first}. A drill of squad {squad}; there is nothing to do."), blocks=blocks)


def _said(transition: Transition, *, now: datetime) -> str:
    incident = transition.incident
    took = numbers.span((incident.resolved_at or now) - incident.opened_at)
    match transition.reason:
        case Reason.HEARD_AGAIN:
            return f"✅ Heard again after {took} of silence"
        case Reason.DRILL_OVER:
            seconds = ((incident.resolved_at or now) - incident.opened_at).total_seconds()
            return f"🧪 Drill over: it arrived after {seconds:.1f}{numbers.NBSP}s"
        case Reason.NOT_ACKNOWLEDGED:
            return unanswered(transition, now=now)
        case Reason.SILENCE_ENDED | Reason.SILENCE_LIFTED:
            over = "is over" if transition.reason is Reason.SILENCE_ENDED else "was lifted"
            return f"🔔 The silence {over}, and nothing is heard of it yet"
        case _:
            return f"ℹ️ {transition.reason.replace('_', ' ').capitalize()}"


def _what(incident: Incident) -> str:
    name = incident.slo.partition("/")[2]
    return f"{incident.origin.value} {plain(name, _NAME)}"


def _owner(incident: Incident, setting: Setting, *, ping: bool) -> str:
    if setting.squad is None:
        return "*Owner* nobody: `OBSERVATORY_PLATFORM_SQUAD` names no squad of the catalog"
    words = f"*Owner* {mrkdwn(setting.squad.name, _NAME)}, who keeps the platform"
    on_call = _on_call(setting)
    calls = ping and incident.state is IncidentState.FIRING
    return f"{words}\n*On call* {mention(on_call)}" if calls and on_call else words


def _on_call(setting: Setting) -> str | None:
    return setting.calls or (setting.squad.slack.mention if setting.squad else None)


def _quoted(text: str) -> str:
    return mrkdwn(text.replace("`", "'"), _NAME)
