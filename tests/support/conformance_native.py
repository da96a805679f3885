"""Random services whose durations are native histograms: what a server is told of them, scrape by scrape."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from itertools import groupby

from support.conformance_oracle import DAY, HOUR
from support.conformance_worlds import NATIVE, Event, Life, Service, a_service
from support.native_histograms import Histogram, Sample, write_all


def a_native_service(number: int, *, at: int) -> Service:
    """The random service of this number, evaluated at `at`; its histograms are there from the start, though empty."""
    drawn = a_service(number, at=at, kinds=tuple(NATIVE), longest=DAY // 3)
    return replace(drawn, name=f"{drawn.name}-{drawn.kind.replace('_', '-')}", lazy=False)


def tell(url: str, services: Iterable[Service]) -> None:
    """Write all that scrapes saw of them, hour by hour."""
    samples = merge(
        *(_of(service, life) for service in services for life in service.lives), key=lambda sample: sample.at
    )
    for _, of_hour in groupby(samples, key=lambda sample: sample.at // HOUR):
        write_all(url, of_hour)


def _of(service: Service, life: Life) -> Iterator[Sample]:
    """What each scrape of a process saw, ascending in time."""
    histograms = {ok: Histogram({}) for ok in "01"}
    times, seen = service.answered(life), 0
    for at in times:
        new = _until(life.events, seen, at)
        seen += len(new)
        for event in new:
            ok = "1" if service.kind == "native" or not event.bad else "0"
            histograms[ok].observe(event.seconds)
        yield from _seen(service, life, at, histograms, seen)


def _until(events: Sequence[Event], first: int, at: int) -> Sequence[Event]:
    last = first
    while last < len(events) and events[last].at <= at:
        last += 1
    return events[first:last]


def _seen(
    service: Service, life: Life, at: int, histograms: dict[str, Histogram], count: int
) -> Iterator[Sample]:
    own = {"job": service.name, "pod": life.pod}

    def sample(metric: str, value: Histogram | float, **more: str) -> Sample:
        kept = replace(value, counts=dict(value.counts)) if isinstance(value, Histogram) else value
        return Sample({"__name__": metric, **own, **more}, at, kept)

    if service.kind == "native":
        yield sample("duration_seconds", histograms["1"])
        return
    yield sample("calls_total", float(count))
    for ok, histogram in histograms.items():
        yield sample("call_seconds", histogram, ok=ok)
