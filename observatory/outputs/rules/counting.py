"""PromQL that counts events exactly, bucket by bucket, for a recording rule that runs once a minute.

`increase()` extrapolates, and it reports nothing for a series that is born with its errors. Here a bucket is the
difference between the last value known now and the last value known a bucket ago, so consecutive buckets
telescope: counts stay whole, nothing is counted twice, and the scrape interval may be anything up to `LOOKBACK`.

- A counter that fell was reset: it counts what it has counted since.
- A series whose target vanished still gives up what it counted before its last scrape (`last_over_time` sees past
  the staleness marker).
- A series that returns within `MEMORY` is caught up with.
- A series not seen for `MEMORY` is newborn and counts from zero, but only if the SLO was being measured `SETTLED` ago:
  after a restart of Prometheus, or on the first day of a service, old counters are not mistaken for fresh events.
- Nothing at all is no result: unknown, not zero.

Native histograms are looked at every 15 seconds in the same way: their own increases are extrapolated, too.
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
from observatory.planning.series import Counter, NativeEvents, Series

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
            return _known(_sum(counters(bad), totals(sli)), total)
        case Events(good=good):
            return _difference(total, _sum(counters(good), totals(sli)))
        case ErrorOrSlow(bad=bad) if bad:
            timed = (timed_events(sli),)
            slow = _difference(_sum(timed, timed), _sum((fast_events(sli),), timed))
            failed = _sum(counters(bad), totals(sli))
            return _at_most(total, f"({_known(failed, total)})\n+ on () ({_known(slow, total)})")
        case Latency() | ErrorOrSlow():
            return _difference(total, _sum((fast_events(sli),), totals(sli)))
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


def timed_events(sli: Latency | ErrorOrSlow) -> Series:
    """Every event that the histogram has."""
    if sli.native_histogram is not None:
        return NativeEvents(sli.native_histogram)
    return Counter(sli.count)


def fast_events(sli: Latency | ErrorOrSlow) -> Series:
    """Those of them that were fast enough."""
    if sli.native_histogram is not None:
        return NativeEvents(sli.native_histogram, sli.bound)
    return Counter(within_bound(sli))


def within_bound(sli: Latency | ErrorOrSlow) -> Selector:
    """The bucket of a classic histogram whose events were fast enough, under each spelling of its bound: `1` and `1.0`."""
    if "." in sli.bound:
        return sli.buckets.where(Matcher("le", "=", sli.bound))
    return sli.buckets.where(Matcher("le", "=~", rf"{sli.bound}(\.0)?"))


def totals(sli: Events | Latency | ErrorOrSlow) -> tuple[Series, ...]:
    """What counts every event."""
    return (timed_events(sli),) if isinstance(sli, Latency) else counters(sli.total)


def counters(selectors: Sequence[Selector]) -> tuple[Series, ...]:
    """Each of them as what counts by its value."""
    return tuple(map(Counter, selectors))


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


def _sum(summed: Sequence[Series], measured: Sequence[Series]) -> str:
    increments = united([_increments(series, measured) for series in summed])
    return f"sum(\n{_indent(increments)}\n)"


def _increments(series: Series, measured: Sequence[Series]) -> str:
    """What grew by its growth; what fell, or is new to an SLO that is measured, by all it has; what fell otherwise."""
    now, was_there = series.last(), series.tally.last(MEMORY, ago=BUCKET)
    known = " or ".join(total.last(ago=SETTLED) for total in measured)
    return f"{series.grown(since=BUCKET, span=MEMORY)}\nor ({now} and on () count({known}))\nor ({now} and {was_there})"


def _indent(text: str) -> str:
    return "\n".join("  " + line for line in text.split("\n"))
