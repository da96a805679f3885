"""What an SLI over a gauge looks at, beside the bound that it must keep."""

from collections.abc import Sequence

from observatory.catalog import Freshness, Queue, ServiceSlo, Sliced, Threshold
from observatory.outputs.dashboards.panels import BAD, About, Panel, Scale, lines
from observatory.outputs.dashboards.queries import Query, sli_of
from observatory.planning.promql import compared

_JUDGED = {
    "any": "A minute is bad as soon as one series is beyond it.",
    "all": "A minute is bad when every series is beyond it.",
    "avg": "A minute is bad when the mean of all series is beyond it.",
    "sum": "A minute is bad when the sum of all series is beyond it.",
}


def gauge_panel(entry: ServiceSlo) -> Sequence[Panel]:
    """The values against their bound; a probe has only two values, which its bad minutes show already."""
    sli = sli_of(entry)
    if not isinstance(sli, Threshold | Freshness | Queue):
        return ()
    condition = sli.condition
    bound, unit = f"{condition.value:f}", "s" if _is_time(sli) else "short"
    return (
        lines(
            About(
                "value",
                f"{sli.gauge.metric} against {bound}{' s' if unit == 's' else ''}",
                f"How far is it from the bound? Bad is {condition.op} {bound}. {_JUDGED[condition.across]}",
            ),
            _queries(sli),
            Scale(unit, steps=((BAD, float(condition.value)),), minimum=None),
        ),
    )


def _queries(sli: Sliced) -> Sequence[Query]:
    value, across = compared(sli.gauge, sli.condition), sli.condition.across
    if across in ("avg", "sum"):
        return [Query(f"{across}({value})", across)]
    return [Query(f"max({value})", "highest"), Query(f"min({value})", "lowest")]


def _is_time(sli: Sliced) -> bool:
    return isinstance(sli, Freshness) or (isinstance(sli, Queue) and sli.oldest_age is not None)
