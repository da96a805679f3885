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
"""

from collections.abc import Sequence

from observatory.catalog import Events, Latency, Matcher, Selector, Sli

FRESH = "5m"
"""How old the last scrape may be; as long as Prometheus's own lookback."""
BUCKET = "1m"
"""Must be the interval of the group that records the counts."""
MEMORY = "1h"
SETTLED = "10m"


def total_events(sli: Sli) -> str:
    """Every event of the last bucket; no result when there is nothing to count."""
    return _sum(totals(sli), totals(sli))


def bad_events(sli: Sli, *, total: str) -> str:
    """The bad events of the last bucket: 0 while only the error series are missing, unknown when `total` is.

    Args:
        sli: What counts as good or bad.
        total: PromQL of the same bucket's total, one series; a recorded one costs nothing.
    """
    match sli:
        case Events(bad=bad) if bad:
            return f"(\n{_indent(_sum(bad, totals(sli)))}\n  and on () {total}\n)\nor on () 0 * {total}"
        case Events(good=good):
            return _difference(total, _sum(good, totals(sli)))
        case Latency():
            return _difference(total, _sum((within_bound(sli),), totals(sli)))


def narrowed(sli: Sli, labels: dict[str, str]) -> Sli:
    """The same SLI, every selector narrowed to a service's own labels."""
    matchers = [Matcher(label, "=", value) for label, value in labels.items()]
    match sli:
        case Events():
            return sli.model_copy(
                update={
                    kind: tuple(selector.where(*matchers) for selector in getattr(sli, kind))
                    for kind in ("total", "bad", "good")
                }
            )
        case Latency():
            return sli.model_copy(update={"histogram": sli.histogram.where(*matchers)})


def within_bound(sli: Latency) -> Selector:
    """The bucket whose events were fast enough, under each spelling of its bound: `1` and `1.0`."""
    bound = seconds(sli)
    buckets = Selector(sli.histogram.metric + "_bucket", sli.histogram.matchers)
    if "." in bound:
        return buckets.where(Matcher("le", "=", bound))
    return buckets.where(Matcher("le", "=~", rf"{bound}(\.0)?"))


def seconds(sli: Latency) -> str:
    """The bound in seconds, as a bucket's `le` spells it: 0.3, 1, 2.5."""
    whole, micro = divmod(round(sli.below.total_seconds() * 1_000_000), 1_000_000)
    return f"{whole}.{micro:06d}".rstrip("0").rstrip(".")


def totals(sli: Sli) -> tuple[Selector, ...]:
    """What counts every event."""
    match sli:
        case Events(total=total):
            return total
        case Latency(histogram=histogram):
            return (Selector(histogram.metric + "_count", histogram.matchers),)


def united(expressions: Sequence[str]) -> str:
    """Several vectors as one: a difference or a rate has no name, so `part` keeps equal labels apart."""
    if len(expressions) == 1:
        return expressions[0]
    parts = (
        f'label_replace(\n{_indent(text)},\n  "part", "{part}", "", ""\n)'
        for part, text in enumerate(expressions)
    )
    return "\nor\n".join(parts)


def _difference(total: str, good: str) -> str:
    return (
        f"clamp_min(\n  {total} - on () (\n{_indent(_indent(good))}\n    or on () 0 * {total}\n  ),\n  0\n)"
    )


def _sum(selectors: Sequence[Selector], measured: Sequence[Selector]) -> str:
    increments = united([_increments(selector, measured) for selector in selectors])
    return f"sum(\n{_indent(increments)}\n)"


def _increments(selector: Selector, measured: Sequence[Selector]) -> str:
    now = f"last_over_time({selector}[{FRESH}])"
    before = f"last_over_time({selector}[{MEMORY}] offset {BUCKET})"
    known = " or ".join(f"last_over_time({total}[{FRESH}] offset {SETTLED})" for total in measured)
    return (
        f"({now} - {before}) >= 0\n"
        f"or ({now} and {before})\n"
        f"or (({now} unless {before}) and on () count({known}))"
    )


def _indent(text: str) -> str:
    return "\n".join("  " + line for line in text.split("\n"))
