"""PromQL that counts events exactly, bucket by bucket, for a recording rule that runs once a minute.

`increase()` extrapolates, and it reports nothing for a series that is born with its errors. Here a bucket is the
difference between the last value known now and the last value known a bucket ago, so consecutive buckets
telescope: counts stay whole, nothing is counted twice, and the scrape interval may be anything up to `FRESH`.

- A counter that fell was reset: it counts what it has counted since.
- A series whose target vanished still gives up what it counted before its last scrape (`last_over_time` sees past
  the staleness marker).
- A series that returns within `MEMORY` is caught up with.
- A series not seen for `MEMORY` is newborn and counts from zero, but only if the SLO was being measured `SETTLED` ago:
  after a restart of Prometheus, or on the first day of a service, old counters are not mistaken for fresh events.
- Nothing at all is no result: unknown, not zero.

SLIs over gauges count minutes: one event each, bad or good by the gauge's value at its end. Expressions that a squad
wrote itself are recorded as they are, with the bucket for their window.
"""

from collections.abc import Sequence

from observatory.catalog import (
    ErrorOrSlow,
    Events,
    Freshness,
    Latency,
    Matcher,
    Probe,
    Promql,
    Queue,
    Selector,
    Sli,
    Threshold,
)
from observatory.planning.promql import expressions, slices

FRESH = "5m"
"""How old the last scrape may be; as long as Prometheus's own lookback."""
BUCKET = "1m"
"""Must be the interval of the group that records the counts."""
MEMORY = "1h"
SETTLED = "10m"


def total_events(sli: Sli) -> str:
    """Every event of the last bucket; no result when there is nothing to count."""
    match sli:
        case Events() | Latency() | ErrorOrSlow():
            return _sum(totals(sli), totals(sli))
        case Probe() | Threshold() | Freshness() | Queue():
            return f"0 * ({slices(sli.gauge, (), sli.condition)}) + 1"
        case Promql():
            return expressions(sli, window=BUCKET)[0]


def bad_events(sli: Sli, *, total: str) -> str:
    """The bad events of the last bucket: 0 while only the error series are missing, unknown when `total` is.

    Args:
        sli: What counts as good or bad.
        total: PromQL of the same bucket's total, one series; a recorded one costs nothing.
    """
    match sli:
        case Events(bad=bad) if bad:
            return _known(_sum(bad, totals(sli)), total)
        case Events(good=good):
            return _difference(total, _sum(good, totals(sli)))
        case ErrorOrSlow(bad=bad) if bad:
            slow = _difference(_sum((sli.count,), (sli.count,)), _sum((within_bound(sli),), (sli.count,)))
            failed = _sum(bad, totals(sli))
            return _at_most(total, f"({_known(failed, total)})\n+ on () ({_known(slow, total)})")
        case Latency() | ErrorOrSlow():
            return _difference(total, _sum((within_bound(sli),), totals(sli)))
        case Probe() | Threshold() | Freshness() | Queue():
            return slices(sli.gauge, (), sli.condition)
        case Promql():
            return _at_most(total, _known(expressions(sli, window=BUCKET)[1], total))


def narrowed(sli: Sli, labels: dict[str, str]) -> Sli:
    """The same SLI, every selector narrowed to a service's own labels; what a squad wrote itself stays as it is."""
    matchers = [Matcher(label, "=", value) for label, value in labels.items()]
    update: dict[str, object] = {}
    for name in type(sli).model_fields:
        match getattr(sli, name):
            case Selector() as selector:
                update[name] = selector.where(*matchers)
            case tuple() as selectors:
                update[name] = tuple(selector.where(*matchers) for selector in selectors)
    return sli.model_copy(update=update)


def within_bound(sli: Latency | ErrorOrSlow) -> Selector:
    """The bucket whose events were fast enough, under each spelling of its bound: `1` and `1.0`."""
    if "." in sli.bound:
        return sli.buckets.where(Matcher("le", "=", sli.bound))
    return sli.buckets.where(Matcher("le", "=~", rf"{sli.bound}(\.0)?"))


def totals(sli: Events | Latency | ErrorOrSlow) -> tuple[Selector, ...]:
    """What counts every event."""
    return (sli.count,) if isinstance(sli, Latency) else sli.total


def united(expressions: Sequence[str]) -> str:
    """Several vectors as one: a difference or a rate has no name, so `part` keeps equal labels apart."""
    if len(expressions) == 1:
        return expressions[0]
    parts = (
        f'label_replace(\n{_indent(text)},\n  "part", "{part}", "", ""\n)'
        for part, text in enumerate(expressions)
    )
    return "\nor\n".join(parts)


def _known(bad: str, total: str) -> str:
    """These bad events, 0 where there are none of their series, nothing where there is no total."""
    return f"(\n{_indent(bad)}\n  and on () {total}\n)\nor on () 0 * {total}"


def _at_most(total: str, bad: str) -> str:
    """These bad events, each at most once."""
    return f"(\n{_indent(bad)}\n) <= on () {total}\nor on () {total}"


def _difference(total: str, good: str) -> str:
    return (
        f"clamp_min(\n  {total} - on () (\n{_indent(_indent(good))}\n    or on () 0 * {total}\n  ),\n  0\n)"
    )


def _sum(selectors: Sequence[Selector], measured: Sequence[Selector]) -> str:
    increments = united([_increments(selector, measured) for selector in selectors])
    return f"sum(\n{_indent(increments)}\n)"


def _increments(selector: Selector, measured: Sequence[Selector]) -> str:
    """What grew by its growth; what fell, or is new to an SLO that is measured, by all it has; what fell otherwise."""
    now = f"last_over_time({selector}[{FRESH}])"
    before = f"last_over_time({selector}[{MEMORY}] offset {BUCKET})"
    known = " or ".join(f"last_over_time({total}[{FRESH}] offset {SETTLED})" for total in measured)
    return f"({now} - {before}) >= 0\nor ({now} and on () count({known}))\nor ({now} and {before})"


def _indent(text: str) -> str:
    return "\n".join("  " + line for line in text.split("\n"))
