"""A route in words."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from observatory.alerting import OwnedBecause
from observatory.alerting.routing import Call, Route
from observatory.catalog.durations import duration_text

_RULES = {
    OwnedBecause.SQUAD_LABEL: "label",
    OwnedBecause.SERVICE_IN_CATALOG: "catalog",
    OwnedBecause.FILE_OWNER: "file",
    OwnedBecause.NAMESPACE_RULE: "namespace",
    OwnedBecause.CATCH_ALL: "catch-all",
}


def rule_text(rule: OwnedBecause) -> str:
    """The rule's name for people."""
    return _RULES[rule]


def span_text(after: timedelta) -> str:
    """`at once`, `after 15m`."""
    return f"after {duration_text(after)}" if after else "at once"


def call_text(call: Call) -> str:
    """`C024BE91L (search), calling S0614TZR7`."""
    whose = f" ({call.squad})" if call.squad else ""
    return f"{call.channel}{whose}" + (f", calling {call.mention}" if call.mention else "")


def tickets_text(route: Route, *, now: datetime) -> str:
    """`in Mon-Fri 09:00-18:00 Europe/Stockholm; one of now on Mon 23 Nov at 09:00 CET`."""
    hours = route.on_call.hours
    if hours is None:
        return "at once: no working hours are written"
    due = route.ticket_due(now)
    local = due.astimezone(ZoneInfo(route.on_call.timezone))
    when = "at once" if due == now else f"on {local:%a} {local.day} {local:%b} at {local:%H:%M %Z}"
    return f"in {hours} {route.on_call.timezone}; one of now {when}"
