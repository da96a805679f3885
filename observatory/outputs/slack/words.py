"""The phrases that an incident's message and its replies share."""

from dataclasses import dataclass
from datetime import timedelta

from observatory.alerting import Incident, IncidentState
from observatory.catalog import Calendar, Window
from observatory.evaluation import Severity, SloStatus, State
from observatory.evaluation.slices import is_slice
from observatory.outputs.slack import numbers, shortfall
from observatory.outputs.slack.text import plain

_UNKNOWN = {State.NO_DATA, State.STALE, State.QUERY_FAILED}
ASKS = {Severity.PAGE: "🔴 PAGE", Severity.TICKET: "🟠 Ticket"}
_STANDS = {
    IncidentState.ACKNOWLEDGED: "👀 Acknowledged",
    IncidentState.SILENCED: "🔕 Silenced",
    IncidentState.RESOLVED: "✅ Resolved",
}


@dataclass(frozen=True, slots=True)
class Burn:
    """A burn rate and the window it was measured over."""

    window: str
    rate: float


def is_unknown(status: SloStatus) -> bool:
    """Whether the numbers are not of now."""
    return status.state in _UNKNOWN


def title(incident: Incident, status: SloStatus) -> str:
    """Severity and what burns, for the first line: `🔴 PAGE: playlists/availability is burning 14.4× too fast`."""
    asks = _STANDS.get(incident.state, ASKS[incident.severity])
    if status.shortfall is not None:
        return f"{asks}: {shortfall.heading(incident, status.shortfall)}"
    what = plain(incident.slo, 70)
    burn = headline_burn(status, incident.tiers)
    if incident.state is IncidentState.RESOLVED:
        return f"{asks}: {what} stopped burning"
    if is_slice(status) and status.consumed is not None:
        return f"{asks}: {what} has spent {numbers.percent(status.consumed)} of its slice"
    if status.told_by:
        return f"{asks}: {what} is burning, say Prometheus's rules; it cannot be measured here"
    if is_unknown(status) or burn is None:
        return f"{asks}: {what} was burning, and now cannot be measured"
    return f"{asks}: {what} is burning {numbers.factor(burn.rate)} too fast"


def headline_burn(status: SloStatus, tiers: tuple[str, ...]) -> Burn | None:
    """The burn over the long window of the quickest of these tiers; None when no window is known."""
    return next(iter(deciding_burns(status, tiers)), None)


def deciding_burns(status: SloStatus, tiers: tuple[str, ...]) -> list[Burn]:
    """Every known burn: first the long and the short windows of these tiers, quickest tier first, then the rest."""
    own = [window for tier in status.tiers if tier.name in tiers for window in (tier.long, tier.short)]
    others = [tier.long for tier in status.tiers]
    windows = dict.fromkeys((*own, *others, *status.burn))
    rates = [(window, status.burn.get(window)) for window in windows]
    return [Burn(window, rate) for window, rate in rates if rate is not None]


def left(status: SloStatus) -> str:
    """`42 % of the error budget left`; of a behaviour, how many came."""
    if status.shortfall is not None:
        return shortfall.came(status.shortfall)
    budget = "slice of the error budget" if is_slice(status) else "error budget"
    if status.remaining is None:
        return f"{budget} unknown"
    if status.remaining < 0:
        return f"{budget} overspent by {numbers.percent(-status.remaining)}"
    if status.remaining == 0:
        return f"{budget} gone"
    return f"{numbers.percent(status.remaining)} of the {budget} left"


def over(window: Window) -> str:
    """`over 30 d`, `this month (Europe/Stockholm)`."""
    if isinstance(window, Calendar):
        return f"this {window.calendar} ({window.timezone})"
    return f"over {numbers.span(window.length)}"


def until_gone(status: SloStatus, tiers: tuple[str, ...]) -> timedelta | None:
    """How long the budget lasts at the present burn: remaining · window / burn rate.

    None when it is gone, unknown, not burning faster than it comes back, or a calendar window ends before that.
    """
    burn = headline_burn(status, tiers)
    if status.remaining is None or status.remaining <= 0 or burn is None or burn.rate <= 1:
        return None
    lasts = status.remaining * status.window / burn.rate
    return None if status.resets is not None and status.at + lasts > status.resets else lasts
