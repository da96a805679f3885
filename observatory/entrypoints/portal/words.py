"""What the pages say: one label, symbol and tone for each state, and sentences for tired engineers."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from observatory.alerting import IncidentState
from observatory.catalog import ServiceSlo
from observatory.catalog.durations import duration_text
from observatory.entrypoints.portal import figures
from observatory.evaluation import SloStatus, State
from observatory.outputs.slack import numbers


class Tone(StrEnum):
    """A colour and its meaning; each state's symbol and label say the same without colour."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    CALM = "calm"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: `symbol` names an icon of `icons.html`."""

    label: str
    tone: Tone
    symbol: str


LOOKS = {
    State.BREACHED: Look("Budget gone", Tone.BAD, "cross"),
    State.AT_RISK: Look("At risk", Tone.WARN, "warning"),
    State.QUERY_FAILED: Look("Query failed", Tone.UNKNOWN, "broken"),
    State.NO_DATA: Look("No data", Tone.UNKNOWN, "question"),
    State.STALE: Look("Stale", Tone.UNKNOWN, "clock"),
    State.PARTIAL: Look("Partial data", Tone.UNKNOWN, "half"),
    State.NEW: Look("New", Tone.CALM, "plus"),
    State.IDLE: Look("Idle", Tone.CALM, "pause"),
    State.HEALTHY: Look("Healthy", Tone.GOOD, "check"),
}
"""Worst first: the order of every list."""

RANK = {state: rank for rank, state in enumerate(LOOKS)}

INCIDENT_LOOKS = {
    IncidentState.FIRING: Look("Firing", Tone.BAD, "flame"),
    IncidentState.ACKNOWLEDGED: Look("Acknowledged", Tone.WARN, "eye"),
    IncidentState.SILENCED: Look("Silenced", Tone.CALM, "mute"),
    IncidentState.RESOLVED: Look("Resolved", Tone.GOOD, "check"),
}

_PLAIN = {
    State.IDLE: "There is no traffic, so nothing is being promised or broken right now.",
    State.NO_DATA: "Prometheus has no series for this SLO. It may be fine or down: nobody can tell from here.",
    State.STALE: "Its series stopped arriving. The newest numbers are too old to rely upon.",
    State.PARTIAL: "Part of the window was never seen, so the numbers below are a lower bound.",
    State.QUERY_FAILED: "Prometheus refused its query, so it is not being measured.",
}


def explain(entry: ServiceSlo, status: SloStatus | None) -> str:
    """How the SLO stands, in one or two sentences."""
    if status is None:
        return "It has not been evaluated yet; the first numbers come with the next tick."
    window = f"the last {numbers.span(entry.slo.window.length)}"
    match status.state:
        case State.BREACHED:
            return f"More failed in {window} than the objective allows.{_pace(status)}"
        case State.AT_RISK:
            return f"Failures come faster than the budget can bear.{_pace(status)}"
        case State.NEW:
            return "It is too young to judge; the budget is projected from what was seen so far."
        case State.HEALTHY:
            return f"It keeps its promise over {window}.{_pace(status)}"
        case _:
            return _PLAIN[status.state]


def _pace(status: SloStatus) -> str:
    """What the last hour means for the budget."""
    burn = status.burn.get("1h")
    if burn is None:
        return ""
    if status.remaining is not None and status.remaining <= 0:
        return " It recovers as bad hours leave the window." if burn < 1 else " And it still gets worse."
    gone_in = time_left(status)
    if gone_in is None or gone_in > status.window:
        return ""
    return f" At the last hour's pace the budget is gone in {numbers.about(gone_in)}."


def time_left(status: SloStatus) -> timedelta | None:
    """How long the budget lasts at the last hour's burn: remaining · window / burn.

    None: for ever, gone, unknown, or no longer burning at all.
    """
    burn, now = status.burn.get("1h"), status.burn.get("5m")
    if burn is None or burn <= 1 or status.remaining is None or status.remaining <= 0:
        return None
    if now is not None and now < 1:
        return None
    return status.remaining * status.window / burn


def budget_words(status: SloStatus) -> str:
    """What is left of the budget, in events and as time of full outage at the window's mean traffic."""
    if status.affordable is None or status.budget is None:
        return figures.NO_DATA
    allowed = figures.events(status.budget)
    outage = figures.outage(status)
    if status.affordable < 0:
        return f"{figures.events(-status.affordable)} more failures than the {allowed} allowed, as much as {outage} of full outage"
    return f"{figures.events(status.affordable)} of {allowed} failures may still happen, as much as {outage} of full outage"


def burn_words(status: SloStatus) -> str:
    """What the last hour's burn means."""
    left = time_left(status)
    if left is not None and left < status.window:
        return f"the budget is gone in {numbers.about(left)} at this pace"
    if status.burn["1h"] is not None and status.burn["1h"] <= 1:
        return "sustainable: 1× spends exactly the budget"
    return "more than the budget bears in the long run"


def window_words(entry: ServiceSlo) -> str:
    """`rolling 30d`, as squads write it."""
    return f"rolling {duration_text(entry.slo.window.length)}"
