"""The lines of a message about what else goes on: causes, companions, events."""

from collections.abc import Iterator
from datetime import datetime

from observatory.alerting import IncidentState
from observatory.evaluation import Severity
from observatory.outputs.slack import numbers
from observatory.outputs.slack.background import Background, Cause, Companion, Happening, Step
from observatory.outputs.slack.text import escape, mrkdwn
from observatory.outputs.slack.words import headline_burn, is_unknown, left

_SHOWN = 5
_EVENTS = {
    "exclude": "🚧 Maintenance *{name}* until {until}: what fails now is not held against the budget",
    "protect": "🛡️ Protected event *{name}* until {until}",
    "observe": "📅 Event *{name}* until {until}",
}
_MARKS = {Severity.PAGE: "🔴", Severity.TICKET: "🟠"}


def surroundings(background: Background, zone: str, *, now: datetime) -> list[str]:
    """Paragraphs, mrkdwn: what it probably comes from, at which step, what burns with it, what is on."""
    paragraphs = [
        [_cause(cause, zone, now=now) for cause in background.causes[:_SHOWN]],
        ["*Its steps, last hour:* " + ", ".join(map(_step, background.steps[:_SHOWN]))]
        if background.steps
        else [],
        list(_companions(background)),
        [_event(event, zone, now=now) for event in background.events[:_SHOWN]],
    ]
    return ["\n".join(lines) for lines in paragraphs if lines]


def _cause(cause: Cause, zone: str, *, now: datetime) -> str:
    owner = f" (owner: {mrkdwn(cause.squad, 60)})" if cause.squad else ""
    since = f", paging since {numbers.clock_time(cause.since, zone, now=now)}" if cause.since else ""
    name = mrkdwn(cause.service, 70)
    linked = name if cause.incident is None else f"<{escape(cause.incident)}|{name}>"
    return f"🔗 *Probably caused by {linked}*{owner}{since}"


def _step(step: Step) -> str:
    burn = "not measured" if step.burn is None else f"{numbers.factor(step.burn)}"
    return f"{mrkdwn(step.slo, 70)} {burn} ({mrkdwn(step.squad, 60)})"


def _companions(background: Background) -> Iterator[str]:
    if not background.companions:
        return
    yield "*Burning with it*, told in the thread:"
    for companion in background.companions[:_SHOWN]:
        yield _companion(companion)
    more = len(background.companions) - _SHOWN
    if more > 0:
        yield f"and {more} more"


def _companion(companion: Companion) -> str:
    incident, status = companion.incident, companion.status
    mark = "👀" if incident.state is IncidentState.ACKNOWLEDGED else _MARKS[incident.severity]
    what = f"{mark} {mrkdwn(incident.slo, 70)} ({incident.severity})"
    if status is None:
        return what
    if status.shortfall is not None:
        return f"{what}: {left(status)}"
    burn = headline_burn(status, incident.tiers)
    if incident.clear_since is not None:
        return f"{what}: burning no more, {left(status)}"
    if burn is None or is_unknown(status):
        return f"{what}: cannot be measured now"
    return f"{what}: {numbers.factor(burn.rate)} too fast, {left(status)}"


def _event(event: Happening, zone: str, *, now: datetime) -> str:
    until = numbers.clock_time(event.until, zone, now=now)
    return _EVENTS[event.mode].format(name=mrkdwn(event.name, 70), until=until)
