"""What lies ahead of an error budget: as JSON, and in a sentence for people."""

from datetime import datetime, timedelta
from typing import Any

from observatory.evaluation import SloStatus
from observatory.evaluation.forecast import Forecast, Recovery, Runway
from observatory.outputs.slack import numbers


def forecast_json(found: Forecast) -> dict[str, Any]:
    """Times are ISO 8601, spans seconds, burns factors; what is unknown, or does not come, is None."""
    recovery, runway = found.recovery, found.runway
    return {
        "affordable": found.affordable,
        "recovery": None
        if recovery is None
        else {
            "solvent": recovery.solvent.isoformat(),
            "comfortable": recovery.comfortable.isoformat(),
        },
        "runway": None
        if runway is None
        else {
            "burn": runway.burn,
            "usual": runway.usual,
            "lasts": runway.lasts.total_seconds(),
            "soonest": runway.soonest.total_seconds(),
            "latest": _seconds(runway.latest),
        },
    }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def forecast_words(found: Forecast, status: SloStatus, *, zone: str) -> list[str]:
    """What is worth saying of it, a sentence each; times are those of a zone."""
    back = None if found.recovery is None else recovery_words(found.recovery, status, zone=zone)
    ends = None if found.runway is None else runway_words(found.runway)
    return [sentence for sentence in (back, ends) if sentence is not None]


def recovery_words(recovery: Recovery, status: SloStatus, *, zone: str) -> str | None:
    """`If nothing new goes wrong, the budget is back above 0 Thu 3 Apr 09:00 CEST, and 25 % of it …`; None: it is there."""
    solvent, comfortable = (
        _time(moment, status.at, zone) for moment in (recovery.solvent, recovery.comfortable)
    )
    if recovery.comfortable <= status.at:
        return None
    if recovery.solvent <= status.at:
        back = f"25 % of the budget is left again on {comfortable}"
    elif recovery.solvent == recovery.comfortable:
        back = f"the budget is back above 0 on {solvent}, and 25 % of it with that"
    else:
        back = f"the budget is back above 0 on {solvent}, and 25 % of it is left again on {comfortable}"
    return f"If nothing new goes wrong, {back}."


def runway_words(runway: Runway) -> str:
    """The guess, how far it may be off, and what is usual."""
    soonest = numbers.about(runway.soonest).removeprefix("about ")
    between = (
        f"at least {soonest}, and it may as well not run out"
        if runway.latest is None
        else f"from {soonest} to {numbers.about(runway.latest).removeprefix('about ')}"
    )
    return (
        f"At the last hour's burn of {numbers.factor(runway.burn)} the budget lasts {numbers.about(runway.lasts)}"
        f" ({between}); over its window it burned at {numbers.factor(runway.usual)}."
    )


def _time(moment: datetime, now: datetime, zone: str) -> str:
    return numbers.clock_time(moment, zone, now=now)
