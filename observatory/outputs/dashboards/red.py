"""Rate, errors, duration: a service's traffic as its own counters tell it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from observatory.catalog import ErrorOrSlow, Events, Latency, Service
from observatory.outputs.dashboards import traffic
from observatory.outputs.dashboards.layout import Section
from observatory.outputs.dashboards.panels import BAD, About, Panel, Scale, lines
from observatory.outputs.dashboards.queries import Query
from observatory.outputs.rules.counting import narrowed, totals


def red_section(service: Service) -> Section | None:
    """From the counters that the SLOs count already; None for a service that has none."""
    every = {slo.name: narrowed(slo.sli, dict(service.selector)) for slo in service.slos}
    slis = {name: sli for name, sli in every.items() if isinstance(sli, Events | Latency | ErrorOrSlow)}
    events = {name: sli for name, sli in slis.items() if isinstance(sli, Events)}
    timed = [sli for sli in slis.values() if isinstance(sli, Latency | ErrorOrSlow)]
    histograms = {(sli.timed, sli.native_histogram is None): sli for sli in reversed(timed)}
    if not slis:
        return None
    rate = _rate(next(iter(events.values()), None) or next(iter(slis.values())))
    panels = [rate, *_errors(service, events), *_durations([*reversed(histograms.values())])]
    return Section(BAD, "Rate, errors, duration", panels)


def _rate(sli: Events | Latency | ErrorOrSlow) -> Panel:
    label = _telling_label(sli)
    query = (
        Query(traffic.total_rate(sli), "requests")
        if label is None
        else Query(traffic.rate_by(totals(sli), label), f"{{{{{label}}}}}")
    )
    return lines(
        About(
            "rate",
            "Rate" if label is None else f"Rate by {label}",
            "How much traffic is there, and what becomes of it?",
        ),
        [query],
        Scale("reqps"),
        stacked=True,
    )


def _telling_label(sli: Events | Latency | ErrorOrSlow) -> str | None:
    """The label that tells good from bad: one that only the bad (or good) selectors name."""
    match sli:
        case Events(total=total, bad=bad, good=good):
            common = {matcher.label for selector in total for matcher in selector.matchers}
            metrics = {selector.metric for selector in total}
            return next(
                (
                    matcher.label
                    for selector in (*bad, *good)
                    if selector.metric in metrics
                    for matcher in selector.matchers
                    if matcher.label not in common
                ),
                None,
            )
        case Latency() | ErrorOrSlow():
            return None


def _errors(service: Service, events: dict[str, Events]) -> Sequence[Panel]:
    if not events:
        return ()
    budget = min(float(slo.budget) for slo in service.slos if slo.name in events)
    return (
        lines(
            About(
                "errors",
                "Errors",
                f"Which share of the events is bad? Above the line ({budget * 100:g} %), the strictest promise is "
                "being broken.",
            ),
            [
                Query(f"({traffic.bad_rate(sli)}) / ({traffic.total_rate(sli)} > 0)", name)
                for name, sli in events.items()
            ],
            Scale("percentunit", steps=((BAD, budget),)),
        ),
    )


def _durations(slis: Sequence[Latency | ErrorOrSlow]) -> Iterator[Panel]:
    """A panel for each histogram, told apart by its matchers where the metric's name does not do it."""
    often = Counter(sli.timed.metric for sli in slis)
    for sli in slis:
        yield _duration(sli, sli.timed.metric if often[sli.timed.metric] == 1 else str(sli.timed))


def _duration(sli: Latency | ErrorOrSlow, name: str) -> Panel:
    return lines(
        About(
            f"duration-{name}",
            f"Duration ({name})",
            "How long do requests take: for the typical one, and for the slow ones?",
        ),
        [Query(traffic.quantile(sli, q), f"p{q[2:]}") for q in ("0.50", "0.95", "0.99")],
        Scale(sli.unit),
    )
