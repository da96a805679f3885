"""How one SLO stands now: the figures in one line on top of its section."""

from collections.abc import Sequence

from observatory.catalog import Calendar, InSlices, ServiceSlo
from observatory.outputs.dashboards import queries
from observatory.outputs.dashboards.panels import (
    BAD,
    BUDGET_STEPS,
    BURN_STEPS,
    GOOD,
    LOWEST,
    UNKNOWN,
    WARNING,
    About,
    Panel,
    Scale,
    stat,
    states,
)
from observatory.outputs.dashboards.queries import Query, Scope

_LONGEST = 10
"""Windows that a budget may last before it counts as not burning."""


def figures(entry: ServiceSlo, scope: Scope) -> Sequence[Panel]:
    """Eight figures in one line."""
    window, within = queries.window_of(entry), queries.in_words(entry.slo.window)
    objective = float(entry.slo.objective / 100)
    return (
        stat(
            About(
                "objective",
                "Objective",
                f"The share of good {_counted(entry)} that is promised over {window}. {entry.slo.description}".rstrip(),
            ),
            Query(queries.objective(scope)),
            Scale("percentunit", decimals=3),
            width=3,
        ),
        stat(
            About(
                "sli",
                f"Good, {within.removeprefix('the ').partition(' (')[0]}",
                f"Is the promise kept? The share of good {_counted(entry)} of {within}; below the objective it is broken.",
            ),
            Query(queries.sli(scope)),
            Scale("percentunit", decimals=3, steps=((UNKNOWN, None), (BAD, LOWEST), (GOOD, objective))),
            width=3,
        ),
        stat(
            About(
                "budget",
                "Budget left",
                "How much failure can still be afforded? Below 25 %: take fewer risks; below 0: mend before you ship. "
                + _why_it_moves(entry),
            ),
            Query(queries.remaining(scope)),
            Scale("percentunit", decimals=1, steps=BUDGET_STEPS),
            width=3,
        ),
        _events_left(entry, scope),
        stat(
            About(
                "burn",
                "Burn, last hour",
                "How fast is the budget spent? At 1 it lasts exactly one window; at 14.4 two per cent go in an hour.",
            ),
            Query(queries.burn(scope, "1h")),
            Scale("suffix:×", decimals=1, steps=BURN_STEPS),
            width=3,
        ),
        _exhaustion(entry, scope),
        _coverage(entry, scope),
        states(
            About(
                "state",
                "State",
                "How the SLO stands. Grey is unknown: nothing was measured, which is not the same as healthy.",
            ),
            Query(queries.state(scope), "{{state}}"),
            width=3,
            counts=False,
        ),
    )


def _events_left(entry: ServiceSlo, scope: Scope) -> Panel:
    return stat(
        About(
            "events",
            f"Bad {_counted(entry)} left",
            f"How many more bad {_counted(entry)} fit into the budget at this traffic? Negative: so many too many.",
        ),
        Query(queries.events_left(scope, queries.window_of(entry))),
        Scale("short", decimals=0, steps=((UNKNOWN, None), (BAD, LOWEST), (GOOD, 0))),
        width=3,
    )


def _exhaustion(entry: ServiceSlo, scope: Scope) -> Panel:
    length = int(entry.slo.window.length.total_seconds())
    longest = _LONGEST * length
    never = {"color": GOOD, "index": 1, "text": "not in sight"}
    return stat(
        About(
            "exhaustion",
            "Gone in",
            "When is the budget gone if the last hour goes on? An extrapolation: nobody is paged on it.",
        ),
        Query(queries.exhaustion(scope, seconds=length, longest=longest)),
        Scale(
            "dtdurations",
            decimals=0,
            steps=((UNKNOWN, None), (BAD, LOWEST), (WARNING, 86_400), (GOOD, 7 * 86_400)),
        ),
        width=3,
        mappings=[{"type": "range", "options": {"from": longest, "to": -LOWEST, "result": never}}],
    )


def _coverage(entry: ServiceSlo, scope: Scope) -> Panel:
    return stat(
        About(
            "coverage",
            "Measured",
            f"How much of {queries.in_words(entry.slo.window)} was measured at all? Below 90 % the other figures are partial.",
        ),
        Query(queries.coverage(scope, entry.slo.window)),
        Scale("percentunit", decimals=1, steps=((UNKNOWN, None), (WARNING, LOWEST), (GOOD, 0.9))),
        width=3,
    )


def _counted(entry: ServiceSlo) -> str:
    """What the budget is made of."""
    return "slices" if isinstance(entry.slo.method, InSlices) else "events"


def _why_it_moves(entry: ServiceSlo) -> str:
    window = entry.slo.window
    if isinstance(window, Calendar):
        return f"The budget is that of the whole {window.calendar} and begins anew with the next."
    return (
        f"The budget rolls: it is what the last {window.label} left of it, so it need not start at 100 %, and it comes "
        "back as old errors leave the window."
    )
