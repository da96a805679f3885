"""Replies in an incident's thread: what an edit would let pass unnoticed."""

from datetime import datetime

from observatory.alerting import IncidentState, Reason, Transition
from observatory.catalog import ServiceSlo
from observatory.evaluation import Severity
from observatory.outputs.message import Message
from observatory.outputs.slack import layout, numbers
from observatory.outputs.slack.text import escape, mention, plain
from observatory.outputs.slack.words import ASKS, headline_burn, left, until_gone

_RESOLVED_BECAUSE = {
    Reason.BURN_STOPPED: "the burn stopped",
    Reason.REMOVED_FROM_CATALOG: "it was removed from the catalog",
    Reason.INHIBITED_BY_PAGE: "a page of the same SLO took over",
}


def render_reply(
    transition: Transition,
    entry: ServiceSlo,
    *,
    now: datetime,
    spent: float | None = None,
    ping: bool = True,
    calls: str | None = None,
) -> Message:
    """A transition in a line or two: escalated, re-opened, resolved; in another one's thread also that it burns, too.

    `spent` is the share of the error budget that went while it burned. `ping` is False where the on-call group
    was told minutes ago (flapping); only pages ever ping. `calls` is whom, where that is not the owner's on-call.
    """
    incident = transition.incident
    resolved = incident.state is IncidentState.RESOLVED
    headline = _ended(transition) if resolved else _burning(transition, now=now)
    numbers_line = _cost(transition, spent) if resolved else _standing(transition)
    zone = entry.squad.on_call.timezone
    lines = [
        f"*{escape(_named(headline, transition))}*",
        escape(f"{numbers_line} ({numbers.clock_time(now, zone, now=now)})."),
    ]
    on_call = calls or entry.squad.slack.mention
    if ping and not resolved and incident.severity is Severity.PAGE and on_call:
        lines.append(mention(on_call))
    text = escape(f"{headline}: {plain(incident.slo, 120)}, {numbers_line}")
    return Message(text=text, blocks=(layout.section("\n".join(lines)),))


def _named(headline: str, transition: Transition) -> str:
    """In another one's thread the SLO is said as well."""
    incident = transition.incident
    if incident.joined is None or transition.reason is Reason.TIER_FIRED:
        return headline
    return f"{plain(incident.slo, 70)}: {headline}"


def _burning(transition: Transition, *, now: datetime) -> str:
    incident = transition.incident
    tiers = plain(", ".join(incident.tiers), 80)
    match transition.reason:
        case Reason.TIER_JOINED:
            return f"⏫ Escalated, firing now: {tiers}"
        case Reason.ESCALATED_TO_PAGE:
            return f"⏫ Escalated to a page, firing now: {tiers}"
        case Reason.REOPENED:
            again = "Burning" if _burns(transition) else "Fewer than expected"
            return f"🔁 {again} again, re-opened {incident.reopened}×"
        case Reason.SILENCE_ENDED | Reason.SILENCE_LIFTED:
            over = "is over" if transition.reason is Reason.SILENCE_ENDED else "was lifted"
            return f"🔔 The silence {over}, and it still {'burns' if _burns(transition) else 'lasts'}"
        case Reason.NOT_ACKNOWLEDGED:
            return unanswered(transition, now=now)
        case _:
            return _otherwise(transition)


def _otherwise(transition: Transition) -> str:
    if transition.reason is Reason.OWNER_CHANGED:
        return f"➡️ Owned by {plain(transition.incident.squad, 60)} from now on"
    if transition.reason is Reason.TIER_FIRED:
        what = "is burning as well" if _burns(transition) else "is lower than expected as well"
        return f"{ASKS[transition.incident.severity]}: {plain(transition.incident.slo, 70)} {what}"
    return f"ℹ️ {transition.reason.replace('_', ' ').capitalize()}"


def unanswered(transition: Transition, *, now: datetime) -> str:
    """How long a page has waited, and who is called now; plain text."""
    before, rung = transition.previous or transition.incident, transition.calls
    waited = numbers.span(now - (before.called_at or before.announced_at or before.opened_at))
    helper = (
        ""
        if rung is None or rung.squad is None or rung.squad == before.squad
        else f", calling {plain(rung.squad, 60)}"
    )
    return f"⏫ Nobody has acknowledged this page for {waited}{helper}"


def _ended(transition: Transition) -> str:
    incident = transition.incident
    lasted = numbers.span((incident.resolved_at or incident.updated_at) - incident.opened_at)
    because = _RESOLVED_BECAUSE.get(transition.reason, transition.reason.replace("_", " "))
    if transition.reason is Reason.BURN_STOPPED and not _burns(transition):
        because = "as many as expected again"
    return f"✅ Resolved after {lasted}: {because}"


def _burns(transition: Transition) -> bool:
    """Whether it is about an error budget, and not about how many came."""
    return transition.status is None or transition.status.shortfall is None


def _standing(transition: Transition) -> str:
    status, tiers = transition.status, transition.incident.tiers
    if status is None:
        return "It is measured no more"
    burn, gone = headline_burn(status, tiers), until_gone(status, tiers)
    parts = [
        ""
        if burn is None
        else f"Burning {numbers.factor(burn.rate)} too fast over {numbers.window(burn.window)}",
        left(status) if gone is None else f"{left(status)}, gone in {numbers.about(gone)}",
    ]
    return "; ".join(filter(None, parts))


def _cost(transition: Transition, spent: float | None) -> str:
    cost = "" if spent is None else f"Cost {numbers.percent(spent)} of the error budget; "
    rest = "It is measured no more" if transition.status is None else left(transition.status)
    return cost + rest
