"""The phrases of a behaviour's incident: it promises nothing, so nothing burns and no budget goes."""

from observatory.alerting import Incident, IncidentState
from observatory.evaluation.model import Shortfall
from observatory.outputs.slack import numbers
from observatory.outputs.slack.text import plain


def heading(incident: Incident, shortfall: Shortfall) -> str:
    """What is the matter, after severity or state: `playlist/behaviour:saves is lower than expected`."""
    what = plain(incident.slo, 70)
    if incident.state is IncidentState.RESOLVED:
        return f"{what} is as expected again"
    if shortfall.unknown is not None:
        return f"{what} was lower than expected, and now cannot be judged"
    return f"{what} is lower than expected"


def came(shortfall: Shortfall) -> str:
    """How many came: `saves: 120 in the last hour, 410–560 expected`."""  # noqa: RUF002 - a range
    name = plain(shortfall.name, 70)
    if shortfall.events is None:
        return f"{name}: not known of the last hour, {_expected(shortfall)}"
    return f"{name}: {numbers.count(shortfall.events)} in the last hour, {_expected(shortfall)}"


def figures(shortfall: Shortfall) -> list[tuple[str, str]]:
    """The two numbers, and what the second one is made of."""
    events = numbers.UNKNOWN if shortfall.events is None else numbers.count(shortfall.events)
    weeks = f"the same hour of {shortfall.weeks} past weeks"
    return [("Last hour", events), ("Expected", f"{_between(shortfall)}, from {weeks}")]


def _expected(shortfall: Shortfall) -> str:
    between = _between(shortfall)
    return "nothing known to expect" if between == numbers.UNKNOWN else f"{between} expected"


def _between(shortfall: Shortfall) -> str:
    if shortfall.low is None or shortfall.high is None:
        return numbers.UNKNOWN
    return f"{numbers.count(shortfall.low)}–{numbers.count(shortfall.high)}"  # noqa: RUF001 - a range
