"""One SLO on its service's dashboard: promise, budget, burn, and the events behind them."""

from collections.abc import Sequence

from observatory.catalog import (
    Calendar,
    Catalog,
    ErrorOrSlow,
    Events,
    Latency,
    Probe,
    Promql,
    ServiceSlo,
)
from observatory.catalog.durations import duration_text
from observatory.evaluation import Severity
from observatory.evaluation.tiers import tiers_for
from observatory.outputs.dashboards import queries, traffic
from observatory.outputs.dashboards.figures import figures
from observatory.outputs.dashboards.gauges import gauge_panel
from observatory.outputs.dashboards.layout import Section
from observatory.outputs.dashboards.panels import (
    BAD,
    WARNING,
    About,
    Panel,
    Scale,
    lines,
    timeline,
)
from observatory.outputs.dashboards.queries import Query, Scope, scope_of, sli_of


def objective_section(entry: ServiceSlo, catalog: Catalog) -> Section:
    """From the state of the promise down to single events."""
    scope = scope_of(entry)
    slo = entry.slo
    panels = [
        *figures(entry, scope),
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
            Query(f"60 * ({traffic.bad_rate(sli)})", "bad"),
            Query(f"60 * {traffic.total_rate(sli)}", "all"),
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
        [Query(f"60 * ({traffic.bad_rate(sli)})", name) for name, sli in slis.items()],
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
            [Query(traffic.quantile(sli, q), f"p{_percent(q)}") for q in quantiles],
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
