"""The message of an incident whose SLO is no longer in the catalog: there are no numbers to show any more."""

from datetime import datetime

from observatory.alerting import Incident
from observatory.outputs.message import Message
from observatory.outputs.slack import layout, numbers
from observatory.outputs.slack.text import escape, plain


def render_removed(incident: Incident, *, now: datetime) -> Message:
    """Say that nobody watches it any longer, and that this is all there is to say."""
    lasted = numbers.span(now - incident.opened_at)
    headline = f"{plain(incident.slo, 120)} was removed from the catalog"
    closing = f"{headline}; its {incident.severity} was open for {lasted} and is closed."
    return Message(text=escape(closing), blocks=(layout.header(headline), layout.section(escape(closing))))
