"""What every planned query says of gauges and of expressions that a squad wrote itself, and how selectors are narrowed.

The PromQL that counts events is in `counters`.
"""

from collections.abc import Iterable, Sequence

from observatory.catalog import WINDOW, Condition, Matcher, Promql, Selector
from observatory.planning.series import Dialect, present

ALIVE = "vector(1)"
"""Asks nothing but whether anybody answers."""


def narrow(selector: Selector, labels: Sequence[str], groups: Iterable[Sequence[str]]) -> Selector:
    """The selector narrowed to groups of label values; with several labels it may match more than the groups."""
    columns = [sorted(set(column)) for column in zip(*groups, strict=True)]
    return selector.where(
        *(
            Matcher(label, "=~", "|".join(map(literal, column)))
            for label, column in zip(labels, columns, strict=True)
        )
    )


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
    value = f"({present(gauge, dialect)} >= -Inf)"
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


def literal(value: str) -> str:
    """`value` as a regular expression (RE2) that matches itself."""
    return "".join(f"\\{character}" if character in r"\.+*?()|[]{}^$" else character for character in value)
