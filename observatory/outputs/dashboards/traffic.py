"""The PromQL of what services count by themselves: rates, latencies, processes."""

from collections.abc import Sequence
from typing import assert_never

from observatory.catalog import (
    ErrorOrSlow,
    Events,
    Freshness,
    Latency,
    Probe,
    Promql,
    Queue,
    Selector,
    Sli,
    Threshold,
)
from observatory.outputs.rules.counting import counters, fast_events, timed_events, totals, united
from observatory.planning.promql import expressions, slices
from observatory.planning.series import Series

RATE = "$__rate_interval"


def total_rate(measured: Sli) -> str:
    """Events per second; a slice of time is one event a minute."""
    match measured:
        case Events() | Latency() | ErrorOrSlow():
            return _sum_of_rates(totals(measured))
        case Probe() | Threshold() | Freshness() | Queue():
            return f"(0 * ({slices(measured.gauge, (), measured.condition)}) + 1) / 60"
        case Promql():
            return f"({expressions(measured, window='1m')[0]}) / 60"
        case _:
            assert_never(measured)


def bad_rate(measured: Sli) -> str:
    """Bad events per second; 0 while only the error series are missing."""
    total = total_rate(measured)
    match measured:
        case Events(bad=bad) if bad:
            return f"{_sum_of_rates(counters(bad))} or 0 * {total}"
        case Events(good=good):
            counted = _sum_of_rates(counters(good))
        case ErrorOrSlow(bad=bad) if bad:
            timed, fast = timed_events(measured).rate(RATE), fast_events(measured).rate(RATE)
            slow = f"sum({timed}) - (sum({fast}) or 0 * {total})"
            return f"({_sum_of_rates(counters(bad))} or 0 * {total}) + clamp_min({slow}, 0)"
        case Latency() | ErrorOrSlow():
            counted = f"sum({fast_events(measured).rate(RATE)})"
        case Probe() | Threshold() | Freshness() | Queue():
            return f"({slices(measured.gauge, (), measured.condition)}) / 60"
        case Promql():
            return f"({expressions(measured, window='1m')[1]}) / 60 or 0 * {total}"
        case _:
            assert_never(measured)
    return f"clamp_min({total} - ({counted} or 0 * {total}), 0)"


def _sum_of_rates(summed: Sequence[Series]) -> str:
    return f"sum({united([series.rate(RATE) for series in summed])})"


def rate_by(summed: Sequence[Series], label: str) -> str:
    """Events per second, told apart by a label."""
    return f"sum by ({label}) ({united([series.rate(RATE) for series in summed])})"


def quantile(measured: Latency | ErrorOrSlow, q: str) -> str:
    """A latency that the share `q` of the requests stays below, in the histogram's unit."""
    if measured.native_histogram is not None:
        return f"histogram_quantile({q}, sum({_rate(measured.native_histogram)}))"
    return f"histogram_quantile({q}, sum by (le) ({_rate(measured.buckets)}))"


def per_minute(selector: Selector, *, ago: str = "") -> str:
    """Events per minute, now or some time `ago`."""
    offset = f" offset {ago}" if ago else ""
    return f"60 * sum(rate({selector}[{RATE}]{offset}))"


def process_starts(labels: str, *, by: str = "") -> str:
    """When the youngest process began, milliseconds: deploys and restarts."""
    grouping = f" by ({by})" if by else ""
    return f"1000 * max{grouping} (process_start_time_seconds{{{labels}}})"


def versions(labels: str) -> str:
    """How many processes run each version."""
    return f'count by (version) ({{__name__=~".+_build_info",{labels}}})'


def _rate(selector: Selector) -> str:
    return f"rate({selector}[{RATE}])"
