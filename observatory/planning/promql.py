"""The PromQL that counts events exactly: what every planned query says.

Counters first, then gauges, then expressions that a squad wrote itself.

An increment over a tick is the difference of each series' last sample now and one tick ago; differences of
consecutive ticks telescope, so nothing is extrapolated and the sum over any span is a whole number. Both sides are
`last_over_time`, not plain selectors: those lose what a target counted between the last tick and its end, because
Prometheus marks its series stale.
"""

from collections.abc import Iterable, Sequence
from enum import Enum

from observatory.catalog import WINDOW, Condition, Matcher, Promql, Selector


class Dialect(Enum):
    """What a server takes for PromQL.

    VictoriaMetrics's MetricsQL differs in two ways that matter here. Over a span, `a or b` of series with the same labels
    is one series with the labels of `a`; and how old a sample of a plain selector may be follows from how far apart
    samples are, unless the rollup is named.
    """

    PROMQL = "PromQL"
    METRICSQL = "MetricsQL"


LOOKBACK = "5m"
"""How old a sample may be to count as present: Prometheus's own default, so scrapes may be that far apart."""
MEMORY = "2h"
"""A series that comes back within this time goes on counting where it stopped."""
PROBES = ("3h", "6h", "12h", "1d", "2d")
"""When to look for a series that has been away for longer."""
ALIVE = "vector(1)"
"""Asks nothing but whether anybody answers."""
PART = "__part"
"""The label that tells the parts of a query about breaks apart."""
FRESH = {Dialect.PROMQL: "__name__", Dialect.METRICSQL: PART}
"""The label that rows of series that were reset or are new have, and others have not."""


def narrow(selector: Selector, labels: Sequence[str], groups: Iterable[Sequence[str]]) -> Selector:
    """The selector narrowed to groups of label values; with several labels it may match more than the groups."""
    columns = [sorted(set(column)) for column in zip(*groups, strict=True)]
    return selector.where(
        *(
            Matcher(label, "=~", "|".join(map(literal, column)))
            for label, column in zip(labels, columns, strict=True)
        )
    )


def growth(
    selector: Selector, by: Sequence[str], *, tick: int, presence: bool, dialect: Dialect = Dialect.PROMQL
) -> str:
    """How much each group of series counted in the last tick.

    A series with a sample in both ticks and no reset gives its difference; one that was reset or is new gives its
    value and is marked with one more label, `FRESH`. So a group has up to two rows: the marked one holds what may have
    to be taken back or more has to be added (see `breaks`). In PromQL the mark costs nothing: a difference has lost the
    metric's name, and `last_over_time` keeps it.
    With `presence`, series that are there and did not grow give 0: a group without a row is missing.
    """
    now, before = _now(selector), _before(selector, LOOKBACK, tick)
    grown = f"({now} - {before} >= 0 or {_fresh(now, before, dialect)}) > 0"
    there = f"{_present(selector, dialect)} * 0"
    return f"sum by ({','.join([*by, FRESH[dialect]])}) ({f'{grown} or {there}' if presence else grown})"


def breaks(selector: Selector, by: Sequence[str], *, tick: int, dialect: Dialect = Dialect.PROMQL) -> str:
    """What there is to know of series that were reset or were not there a tick ago, told apart by `__part`.

    lost:     what series counted in this tick before they were reset, which `growth` does not have
    born:     what `growth` counted of new series, from zero
    returned: what of that they had counted before they went away, so it is no news. A series last seen within
              `MEMORY` goes on where it stopped, unless it was reset; one seen at a probe is taken back whole.
    first:    groups of which nothing was known; what they counted before is their starting point
    """
    now, before, known = _now(selector), _before(selector, LOOKBACK, tick), _before(selector, MEMORY, tick)
    seen = "(" + " or ".join(_present(selector, dialect, ago=probe) for probe in PROBES) + ")"
    labels = f"({','.join(by)})"
    parts = {
        "lost": f"sum by {labels} (max_over_time({selector}[{tick}s]) - {before} > 0 and {now} < {before})",
        "born": f"sum by {labels} ({now} unless {before})",
        "returned": f"sum by {labels} ({known} <= {now} unless {before}"
        f" or (({now} unless {before}) unless {known}) and {seen})",
        "first": f"group by {labels} ({now}) unless group by {labels} ({known} or {seen})",
    }
    return " or ".join(f'label_replace({text}, "{PART}", "{part}", "", "")' for part, text in parts.items())


def bounds(selector: Selector, by: Sequence[str], *, apart: Sequence[Matcher] = ()) -> str:
    """Which buckets the histograms of each group have, whatever these matchers say."""
    kept = tuple(m for m in selector.matchers if m.label != "le" and m not in apart)
    every = Selector(selector.metric, kept)
    return f"group by ({','.join([*by, 'le'])}) ({_now(every)})"


def le(bound: str) -> Matcher:
    """The bucket of this bound, in both ways it is written: `1` and, since Prometheus 3, `1.0`."""
    ways = [bound, f"{bound}.0"] if bound.isdigit() else [bound]
    return Matcher("le", "=~", "|".join(map(literal, ways)))


SLICE = 60
"""Seconds: what an SLI over time counts as one event, so that ticks of any length count the same."""


def badness(
    gauge: Selector,
    by: Sequence[str],
    condition: Condition,
    *,
    tick: int,
    dialect: Dialect = Dialect.PROMQL,
) -> str:
    """The share of each group's last tick that was bad, looked at once a slice and at its end."""
    now = slices(gauge, by, condition, dialect=dialect)
    return now if tick <= SLICE else f"avg_over_time(({now})[{tick - 1}s:{SLICE}s])"


def compared(gauge: Selector, condition: Condition, *, dialect: Dialect = Dialect.PROMQL) -> str:
    """Of each series, what is compared: its value or, of a Unix time, its age."""
    value = f"({_present(gauge, dialect)} >= -Inf)"
    return f"(time() - {value})" if condition.age else value


def slices(
    gauge: Selector, by: Sequence[str], condition: Condition, *, dialect: Dialect = Dialect.PROMQL
) -> str:
    """Whether the slice that ends now is bad (1) or good (0), for each group; no row where nothing has a value.

    A gauge whose target is gone says nothing any more. NaN is no value.
    """
    labels, bad = f"({','.join(by)})", f"{condition.op} bool {condition.value:f}"
    value = compared(gauge, condition, dialect=dialect)
    match condition.across:
        case "any":
            return f"max by {labels} ({value} {bad})"
        case "all":
            return f"min by {labels} ({value} {bad})"
        case _:
            return f"{condition.across} by {labels} ({value}) {bad}"


def expressions(sli: Promql, *, window: str) -> tuple[str, str]:
    """Total and bad events of the last `window`, one series each.

    A ratio that is not a number (0 of 0) means no events; one that is absent, that nothing was measured.
    """
    total = None if sli.total is None else f"sum({sli.total.replace(WINDOW, window)})"
    if sli.ratio is None:
        return total or "", f"clamp_min(sum({(sli.bad or '').replace(WINDOW, window)}) < Inf, 0)"
    ratio = f"avg({sli.ratio.replace(WINDOW, window)})"
    share = f"clamp({ratio}, 0, 1)" if sli.of == "bad" else f"(1 - clamp({ratio}, 0, 1))"
    known = f"abs({ratio}) < Inf"
    if total is None:
        return f"count({known}) or 0 * count({ratio})", share
    return f"({total} and on () ({known})) or ({total} == 0)", f"{share} * on () {total}"


def _now(selector: Selector) -> str:
    return f"last_over_time({selector}[{LOOKBACK}])"


def _before(selector: Selector, span: str, tick: int) -> str:
    return f"last_over_time({selector}[{span}] offset {tick}s)"


def _present(selector: Selector, dialect: Dialect, *, ago: str | None = None) -> str:
    """The newest sample of each series, unless its target has gone since: the server marks it stale at once."""
    offset = f" offset {ago}" if ago else ""
    if dialect is Dialect.METRICSQL:
        return f"default_rollup({selector}[{LOOKBACK}]{offset})"
    return f"{selector}{offset}"


def _fresh(now: str, before: str, dialect: Dialect) -> str:
    """The value of series that are new or were reset; wanted only where there is no difference."""
    if dialect is Dialect.PROMQL:
        return now
    return f'label_replace({now} unless {before} <= {now}, "{FRESH[dialect]}", "fresh", "", "")'


def literal(value: str) -> str:
    """`value` as a regular expression (RE2) that matches itself."""
    return "".join(f"\\{character}" if character in r"\.+*?()|[]{}^$" else character for character in value)
