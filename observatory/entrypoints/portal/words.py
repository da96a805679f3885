"""What the pages say: one label, symbol and tone for each state, and sentences for tired engineers."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from observatory.alerting import IncidentState
from observatory.catalog import Calendar, InSlices, RatioTimeslices, ServiceSlo, Timeslices, Window
from observatory.catalog.durations import duration_text
from observatory.entrypoints.portal import figures
from observatory.evaluation import SloStatus, State, WindowBudget
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
    window = span_words(entry.slo.window)
    match status.state:
        case State.BREACHED:
            return f"More failed {window} than the objective allows.{_pace(status)}"
        case State.AT_RISK:
            return f"Failures come faster than the budget can bear.{_pace(status)}"
        case State.NEW:
            return "It is too young to judge; the budget is projected from what was seen so far."
        case State.HEALTHY:
            return f"It keeps its promise {window}.{_pace(status)}"
        case _:
            return _PLAIN[status.state]


def _pace(status: SloStatus) -> str:
    """What the last hour means for the budget."""
    burn = status.burn.get("1h")
    if burn is None:
        return ""
    if status.remaining is not None and status.remaining <= 0:
        if burn >= 1:
            return " And it still gets worse."
        return " It recovers as bad hours leave the window." if status.resets is None else _anew(status)
    gone_in = time_left(status)
    if gone_in is None or gone_in > left_of(status):
        return ""
    return f" At the last hour's pace the budget is gone in {numbers.about(gone_in)}."


def left_of(status: SloStatus) -> timedelta:
    """How long a budget has to last: until a calendar window ends, else as long as the window is."""
    return status.window if status.resets is None else status.resets - status.at


def _anew(status: SloStatus) -> str:
    return f" It begins anew in {numbers.about(left_of(status))}."


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


def budget_words(entry: ServiceSlo, status: SloStatus | WindowBudget) -> str:
    """What is left of the budget, in events or slices and as time of full outage at the window's mean traffic."""
    if status.affordable is None or status.budget is None:
        return figures.NO_DATA
    allowed = figures.events(status.budget)
    outage, one = figures.outage(status), counted_words(entry)[1]
    if status.affordable < 0:
        return f"{figures.events(-status.affordable)} more {one} than the {allowed} allowed, as much as {outage} of full outage"
    return f"{figures.events(status.affordable)} of {allowed} {one} may still happen, as much as {outage} of full outage"


def burn_words(status: SloStatus) -> str:
    """What the last hour's burn means."""
    left = time_left(status)
    if left is not None and left < left_of(status):
        return f"the budget is gone in {numbers.about(left)} at this pace"
    if status.burn["1h"] is not None and status.burn["1h"] <= 1:
        return "sustainable: 1× spends exactly the budget"
    return "more than the budget bears in the long run"


def window_words(window: Window) -> str:
    """`rolling 30d`, as squads write it; `this month, Europe/Stockholm`."""
    if isinstance(window, Calendar):
        return f"this {window.calendar}, {window.timezone}"
    return f"rolling {window.label}"


def span_words(window: Window) -> str:
    """`over the last 30 d`, `this month`: as part of a sentence."""
    return (
        f"this {window.calendar}"
        if isinstance(window, Calendar)
        else f"over the last {numbers.span(window.length)}"
    )


def counted_words(entry: ServiceSlo) -> tuple[str, str]:
    """What its budget is made of, in general and when it went wrong: `events`, `failures`; `1 min slices`, `bad slices`."""
    method = entry.slo.method
    if isinstance(method, InSlices):
        return f"slices of {numbers.window(duration_text(method.slice))}", "bad slices"
    return "events", "failures"


def method_words(entry: ServiceSlo) -> str | None:
    """What a slice is, in a sentence; None where every event counts."""
    match entry.slo.method:
        case Timeslices(slice=length, target=target):
            span = numbers.window(duration_text(length))
            return f"A slice of {span} is good when at least {target.normalize():f} % of its events are, or when there are none."
        case RatioTimeslices(slice=length):
            span = numbers.window(duration_text(length))
            return f"Each slice of {span} weighs the same, and spends the share of its events that are bad."
    return None
