"""The message of an incident: posted once, then edited in place as its numbers and its state change."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from observatory.alerting import Incident, IncidentState
from observatory.catalog import InSlices, ServiceSlo
from observatory.evaluation import Severity, SloStatus
from observatory.outputs.message import Message
from observatory.outputs.slack import layout, numbers, shortfall
from observatory.outputs.slack.background import Background
from observatory.outputs.slack.people import Action, deeds, presses
from observatory.outputs.slack.surroundings import surroundings
from observatory.outputs.slack.text import escape, mention, mrkdwn, plain
from observatory.outputs.slack.words import deciding_burns, is_unknown, left, over, title, until_gone

_BAR = 10


def render_root(
    incident: Incident,
    status: SloStatus,
    entry: ServiceSlo,
    background: Background,
    *,
    now: datetime,
    ping: bool = True,
) -> Message:
    """An incident as it is now; the same function makes the first message and every edit of it.

    `ping` calls the squad's on-call group by name, in a page that fires and nowhere else.
    """
    resolved = incident.state is IncidentState.RESOLVED
    first = title(incident, status)
    facts = _ending(incident, status, background.spent) if resolved else _standing(status, incident)
    links = (
        ("Runbook", entry.service.runbook),
        ("Dashboard", background.dashboard),
        ("Incident", background.incident),
    )
    together = bool(background.companions)
    pressed = (
        presses(incident, entry.squad.on_call, now=now, together=together) if background.interactive else []
    )
    asks = [one.label for one in pressed if one.action_id == Action.ACKNOWLEDGE]
    urgent = next(iter(asks), "Runbook")
    zone = entry.squad.on_call.timezone
    done = deeds(incident, zone, now=now)
    blocks = (
        layout.header(first),
        *([layout.section("\n".join(done))] if done else ()),
        layout.section(_story(facts, status, entry)),
        layout.fields(_figures(incident, status, entry, now=now)),
        *(layout.context(mrkdwn(sentence, 300)) for sentence in _ahead(incident, status, background)),
        *(layout.section(one) for one in surroundings(background, zone, now=now)),
        layout.section(_owner(incident, entry, background, ping=ping)),
        *(layout.context(note) for note in _notes(background)),
        *layout.buttons(links, urgent=None if resolved else urgent, presses=pressed),
        layout.context(_small_print(incident, entry, now=now)),
    )
    text = f"{first}: {facts}. Owner: {plain(incident.squad, 60)}"
    return Message(text=escape(text), blocks=blocks)


def _standing(status: SloStatus, incident: Incident) -> str:
    """`42 % of the error budget left, gone in about 21 h`."""
    if status.shortfall is not None:
        why = status.shortfall.unknown
        return left(status) if why is None else f"{left(status)}; not judged: {why}"
    if is_unknown(status):
        return f"{left(status)} when last measured"
    gone = until_gone(status, incident.tiers)
    return left(status) if gone is None else f"{left(status)}, gone in {numbers.about(gone)}"


def _ending(incident: Incident, status: SloStatus, spent: float | None) -> str:
    """`it lasted 42 min and cost 3.1 % of the error budget; 39 % of the error budget left`."""
    lasted = f"it lasted {numbers.span(_ended(incident) - incident.opened_at)}"
    cost = "" if spent is None else f" and cost {numbers.percent(spent)} of the error budget"
    return f"{lasted}{cost}; {left(status)}"


def _story(facts: str, status: SloStatus, entry: ServiceSlo) -> str:
    lines = [f"*{escape(facts[0].upper() + facts[1:])}*"]
    if status.remaining is not None:
        lines.append(_bar(status.remaining))
    if status.sli is not None:
        target = numbers.sli(status.objective)
        lines.append(f"{numbers.sli(status.sli)} good {over(entry.slo.window)}, {target} promised")
    if entry.slo.description:
        lines.append(f"_{mrkdwn(entry.slo.description, 300)}_")
    if status.failure is not None:
        lines.append(f":warning: The query failed: `{mrkdwn(status.failure.replace('`', chr(39)), 300)}`")
    return "\n".join(lines)


def _bar(remaining: float) -> str:
    """Ten cells; one stays as long as anything is left."""
    full = min(_BAR, max(0, round(remaining * _BAR)))
    full = 1 if full == 0 and remaining > 0 else full
    return "▰" * full + "▱" * (_BAR - full)


def _figures(
    incident: Incident, status: SloStatus, entry: ServiceSlo, *, now: datetime
) -> list[tuple[str, str]]:
    zone = entry.squad.on_call.timezone
    since = numbers.clock_time(incident.opened_at, zone, now=now)
    resolved = incident.state is IncidentState.RESOLVED
    until = f"until {numbers.clock_time(_ended(incident), zone, now=now)}"
    so_far = f"for {numbers.span(max(now - incident.opened_at, timedelta()))}"
    if incident.reopened:
        so_far = f"re-opened {incident.reopened}×"
    return [
        *_counted(incident, status, entry),
        ("Since", f"{since}, {until if resolved else so_far}"),
        ("Data", _data(status, now=now)),
    ]


def _ahead(incident: Incident, status: SloStatus, background: Background) -> Sequence[str]:
    """Of no use when it is over, and not to be had from old numbers."""
    is_over = incident.state is IncidentState.RESOLVED
    return () if is_over or is_unknown(status) else background.ahead


def _counted(incident: Incident, status: SloStatus, entry: ServiceSlo) -> list[tuple[str, str]]:
    """The two figures that it is about."""
    if status.shortfall is not None:
        return shortfall.figures(status.shortfall)
    return [
        ("Burn rate", _burns(status, incident)),
        ("Bad slices" if isinstance(entry.slo.method, InSlices) else "Bad events", _bad_events(status)),
    ]


def _burns(status: SloStatus, incident: Incident) -> str:
    """Over the two windows that decided: `14.6× over 1 h, 15.2× over 5 min`."""
    burns = deciding_burns(status, incident.tiers)[:2]
    return (
        ", ".join(f"{numbers.factor(burn.rate)} over {numbers.window(burn.window)}" for burn in burns)
        or numbers.UNKNOWN
    )


def _bad_events(status: SloStatus) -> str:
    if status.bad is None:
        return numbers.UNKNOWN
    bad = numbers.count(status.bad)
    if status.budget is None:
        return bad
    affordable = f", {numbers.count(status.affordable)} left" if status.affordable else ""
    return f"{bad} of {numbers.count(status.budget)} allowed{affordable}"


def _data(status: SloStatus, *, now: datetime) -> str:
    age = f"{numbers.span(now - status.at)} old"
    coverage = "" if status.coverage is None else f", {numbers.sli(status.coverage)} covered"
    warning = f":warning: {status.state.replace('_', ' ')}, " if is_unknown(status) else ""
    return warning + age + coverage


def _owner(incident: Incident, entry: ServiceSlo, background: Background, *, ping: bool) -> str:
    words = f"*Owner* {mrkdwn(incident.squad, 60)}, {mrkdwn(background.owned_because, 200)}"
    on_call = background.calls or entry.squad.slack.mention
    calls = ping and incident.severity is Severity.PAGE and incident.state is IncidentState.FIRING
    return f"{words}\n*On call* {mention(on_call)}" if calls and on_call else words


def _notes(background: Background) -> list[str]:
    """The first five that say something: Slack refuses a block without text."""
    return [text for note in background.notes if (text := mrkdwn(note, 250))][:5]


def _small_print(incident: Incident, entry: ServiceSlo, *, now: datetime) -> str:
    again = f"re-opened {incident.reopened}×, " if incident.reopened else ""
    as_of = numbers.clock_time(now, entry.squad.on_call.timezone, now=now)
    return f"As of {as_of}, {again}tier {mrkdwn(', '.join(incident.tiers), 80)}, incident {mrkdwn(incident.id, 60)}"


def _ended(incident: Incident) -> datetime:
    return incident.resolved_at or incident.updated_at
