"""One SLO on its service's dashboard: promise, budget, burn, and the events behind them."""

from collections.abc import Sequence

from observatory.catalog import (
    Calendar,
    Catalog,
    ErrorOrSlow,
    Events,
    InSlices,
    Latency,
    Probe,
    Promql,
    ServiceSlo,
)
from observatory.catalog.durations import duration_text
from observatory.evaluation import Severity
from observatory.evaluation.tiers import tiers_for
from observatory.outputs.dashboards import queries
from observatory.outputs.dashboards.gauges import gauge_panel
from observatory.outputs.dashboards.layout import Section
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
    lines,
    stat,
    states,
    timeline,
)
from observatory.outputs.dashboards.queries import Query, Scope, scope_of, sli_of

_LONGEST = 10
"""Windows that a budget may last before it counts as not burning."""


def objective_section(entry: ServiceSlo, catalog: Catalog) -> Section:
    """From the state of the promise down to single events."""
    scope = scope_of(entry)
    slo = entry.slo
    panels = [
        *_now(entry, scope),
        _burn(entry, scope),
        _burn_down(entry, scope),
        *_by_window(entry, scope),
        *_left_out(entry, scope, catalog),
        _bad_events(entry),
        *_latency(entry),
        *gauge_panel(entry),
        _alerts(scope),
    ]
    objective = f"{slo.objective.normalize():f} %"
    return Section(slo.name, f"{slo.name}: {objective} over {queries.window_of(entry)}", panels)


def _now(entry: ServiceSlo, scope: Scope) -> Sequence[Panel]:
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


def _left_out(entry: ServiceSlo, scope: Scope, catalog: Catalog) -> Sequence[Panel]:
    """Where events leave times out: both numbers."""
    events = catalog.events.values()
    names = [
        event.name
        for event in events
        if event.mode == "exclude" and any(one.id == entry.id for one in catalog.affected(event))
    ]
    if not names:
        return ()
    return (
        lines(
            About(
                "left-out",
                "Budget left, with and without what is left out",
                f"What do the numbers gain by {', '.join(sorted(names))}? Both lines are the same where nothing failed "
                "in the times that are left out.",
            ),
            [
                Query(queries.remaining(scope), "as judged"),
                Query(queries.unadjusted(scope), "all counted"),
            ],
            Scale("percentunit", decimals=1),
            dashed=("all counted",),
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


def _burn(entry: ServiceSlo, scope: Scope) -> Panel:
    """The long window of each tier, and each tier's threshold drawn."""
    tiers = tiers_for(entry.slo.window.length)
    thresholds = {
        tier.burn(entry.slo.window.length): BAD if tier.severity is Severity.PAGE else WARNING
        for tier in reversed(tiers)
    }
    steps = [(thresholds[factor], float(factor)) for factor in sorted(thresholds)]
    asked = "; ".join(
        f"{duration_text(tier.long)} above {tier.burn(entry.slo.window.length).normalize():f} is a "
        f"{tier.severity.value} ({tier.name})"
        for tier in tiers
    )
    return lines(
        About(
            "burn-rate",
            "Burn rate",
            f"Is somebody about to be told, and by which alert? {asked}, if the tier's short window burns too.",
        ),
        [Query(queries.burn(scope, duration_text(tier.long)), duration_text(tier.long)) for tier in tiers],
        Scale("suffix:×", steps=steps, symmetric_log=True),
    )


def _burn_down(entry: ServiceSlo, scope: Scope) -> Panel:
    window = entry.slo.window
    if isinstance(window, Calendar):
        line = f"from the whole at the beginning of a {window.calendar} to nothing at its end"
        even = queries.even_spending_of(scope, window)
    else:
        line = "from what was left where this view begins to nothing one window later"
        even = queries.even_spending(scope, seconds=int(window.length.total_seconds()))
    return lines(
        About(
            "burn-down",
            "Budget left over time",
            "Is the budget spent faster than it can be afforded? Below the dashed line, which leads "
            f"{line}: faster than evenly.",
        ),
        [Query(queries.remaining(scope), "budget left"), Query(even, "spent evenly")],
        Scale("percentunit", steps=((BAD, 0),), minimum=None),
        dashed=("spent evenly",),
    )


def _by_window(entry: ServiceSlo, scope: Scope) -> Sequence[Panel]:
    """Only for an SLO that has several windows."""
    if not entry.slo.more_windows:
        return ()
    about = About(
        "windows",
        "Budget left, by window",
        f"How does the promise stand over its other windows? {queries.window_of(entry)} decides state and alerts. "
        "Calendar windows are known to Observatory alone.",
    )
    query = Query(queries.remaining_by_window(scope), "{{window}}")
    return (lines(about, [query], Scale("percentunit", steps=((BAD, 0),), minimum=None)),)


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


def _bad_events(entry: ServiceSlo) -> Panel:
    sli = sli_of(entry)
    if sli is None:
        return _bad_events_of_parts(entry)
    return lines(
        About(
            "bad-events",
            "Bad events per minute",
            "How many users are failed, and when did it begin? Beside all events, which give the ratio its weight.",
        ),
        [
            Query(f"60 * ({queries.bad_rate(sli)})", "bad"),
            Query(f"60 * {queries.total_rate(sli)}", "all"),
        ],
        Scale("cpm", symmetric_log=True),  # a few bad ones stay visible beside thousands
        dashed=("all",),
        width=24
        if isinstance(sli, Events | Probe | Promql)
        else 12,  # others have a panel of their own beside it
    )


def _bad_events_of_parts(entry: ServiceSlo) -> Panel:
    slis = {part.id: sli for _, part in entry.parts if (sli := sli_of(part)) is not None}
    return lines(
        About(
            "bad-events",
            "Bad events per minute, by component",
            "Which step of the journey fails its users? Whoever owns the highest line has the cause, or its neighbour.",
        ),
        [Query(f"60 * ({queries.bad_rate(sli)})", name) for name, sli in slis.items()],
        Scale("cpm", symmetric_log=True),
        width=24,
    )


def _latency(entry: ServiceSlo) -> Sequence[Panel]:
    """The quantile of the objective crosses the bound exactly where the promise breaks."""
    sli = sli_of(entry)
    if not isinstance(sli, Latency | ErrorOrSlow):
        return ()
    quantiles = sorted({"0.5", "0.95", f"{(entry.slo.objective / 100).normalize():f}"})
    return (
        lines(
            About(
                "latency",
                f"Latency against {sli.bound} {sli.unit}",
                f"Are requests fast enough? {_broken(entry)}",
            ),
            [Query(queries.quantile(sli, q), f"p{_percent(q)}") for q in quantiles],
            Scale(sli.unit, steps=((BAD, float(sli.bound)),)),
        ),
    )


def _broken(entry: ServiceSlo) -> str:
    percentile = f"p{entry.slo.objective.normalize():f}"
    if isinstance(sli_of(entry), ErrorOrSlow):
        return f"With no failures at all, the promise is broken while {percentile} is above the line."
    return f"The promise is broken while {percentile} is above the line."


def _percent(q: str) -> str:
    return f"{float(q) * 100:g}"


def _alerts(scope: Scope) -> Panel:
    return timeline(
        About(
            "alerts",
            "Open alerts",
            "When was somebody told? Red is open, green is quiet, grey was not measured.",
        ),
        [Query(queries.incidents(scope, severity, by="slo"), severity) for severity in Severity],
    )
