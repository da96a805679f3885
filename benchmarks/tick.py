"""How much a whole tick takes on top of the queries that it needs, and how much memory an SLO.

    .venv/bin/python benchmarks/tick.py            # 100, 1 000 and 10 000 SLOs
    .venv/bin/python benchmarks/tick.py 1000       # other numbers of SLOs

Machines differ, so what counts is the ratio of two times taken in turns in one run: the whole tick (ask, read,
assemble, append to 30 days of history, sum over all windows, and every stage in STAGES), and its fused queries alone,
sent by as many threads, their answers received and thrown away. Real data in a real Prometheus: each service has a
counter of requests with two codes, scraped every 30 s.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import requests

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.catalogs import a_service, a_squad
from support.prometheus import Series, prometheus, write_past

from observatory.adapters.clock import SystemClock
from observatory.adapters.prometheus import PrometheusSource
from observatory.application.measure import Measure
from observatory.application.rounds import Limits
from observatory.catalog import ServiceSlo
from observatory.measurement import FIELDS, Buckets, History, Measurement
from observatory.planning import Plan, plan

SIZES = (100, 1_000, 10_000)
TICK, ROUNDS = 60, 7
HOUR, DAY = 3600, 86400
SCRAPES, INTERVAL = 120, 30
START = 1_780_000_000 // HOUR * HOUR
END = START + SCRAPES * INTERVAL
WINDOWS = {
    **{f"{minutes}m": timedelta(minutes=minutes) for minutes in (5, 30)},
    **{f"{hours}h": timedelta(hours=hours) for hours in (1, 2, 6)},
    **{f"{days}d": timedelta(days=days) for days in (1, 3, 30)},
}
PATIENT = Limits(query=timedelta(minutes=1), round=timedelta(minutes=5))


@dataclass(frozen=True)
class Ticked:
    """What a tick has at hand when the stages after measuring begin."""

    measurement: Measurement
    kept: Sequence[Buckets]
    """What is to be stored."""
    sums: pd.DataFrame
    now: int


Stage = Callable[[Ticked], None]
STAGES: Mapping[str, Stage] = {}
"""More of the tick, by name: they are timed with it."""


@dataclass
class Stopwatch:
    """Seconds by the name of what took them."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Add what the block takes."""
        start = perf_counter()
        yield
        self.taken.setdefault(name, []).append(perf_counter() - start)

    def median(self, name: str) -> float:
        """Seconds."""
        return median(self.taken[name])


def names(size: int) -> list[str]:
    return [f"service-{number:05d}" for number in range(size)]


def past(size: int) -> Iterator[Series]:
    random = np.random.default_rng(1)
    times = range(START, END + 1, INTERVAL)
    for name in names(size):
        for code, rate in (("200", 50.0), ("500", 0.05)):
            counts = random.poisson(rate, len(times)).cumsum().tolist()
            yield Series("http_requests_total", f'job="{name}",code="{code}"', times, counts)


def entries(size: int) -> list[ServiceSlo]:
    squad = a_squad()
    services = [a_service(name) for name in names(size)]
    return [ServiceSlo(squad, service, service.slos[0]) for service in services]


def full_history(slos: Sequence[str], *, until: int) -> History:
    """30 days in memory, every page of it written."""
    history = History(tick=TICK)
    history.track(slos)
    random = np.random.default_rng(2)
    for seconds, span in ((HOUR, 31 * DAY), (300, 3 * DAY + HOUR), (TICK, 7 * HOUR)):
        for start in range(until - span, until, max(HOUR, 12 * seconds)):
            ends = np.arange(start + seconds, min(start + max(HOUR, 12 * seconds), until) + 1, seconds)
            total = random.poisson(seconds, (len(ends), len(slos))).astype(float)
            tables = dict.fromkeys(FIELDS, total // 100) | {
                "total": total,
                "measured": np.full_like(total, seconds),
            }
            history.append(Buckets(seconds, ends, tuple(slos), **tables))
    return history


@cache
def _encoded(promql: str) -> str:
    return urlencode({"query": promql})


def bare(url: str, planned: Plan, now: int) -> None:
    """The queries alone: encoded once and for all, sent as many at once as the product sends, read, thrown away."""
    with requests.Session() as session, ThreadPoolExecutor(PATIENT.at_once) as pool:

        def post(promql: str) -> None:
            answer = session.post(
                f"{url}/api/v1/query",
                data=f"{_encoded(promql)}&time={now}",
                headers={
                    "Accept-Encoding": "identity",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                timeout=60,
            )
            answer.raise_for_status()

        list(pool.map(post, [query.growth for query in planned.queries]))


def tick(measure: Measure, planned: Plan, history: History, now: int, watch: Stopwatch) -> None:
    with watch.time("tick"):
        with watch.time("measure"):
            measurement = measure(planned, after=now - TICK, until=now)
        with watch.time("append"):
            kept = history.append(measurement.buckets)
        with watch.time("sums"):
            sums = history.sums(WINDOWS, now=now)
        for name, stage in STAGES.items():
            with watch.time(name):
                stage(Ticked(measurement, kept, sums, now))
    if measurement.failures or measurement.buckets.total.min() <= 0:
        raise SystemExit(f"not measured: {measurement.failures[:1]}")


def run(url: str, size: int) -> None:
    watch = Stopwatch()
    catalog = entries(size)
    with watch.time("plan"):
        planned = plan(catalog, tick=TICK)
    history = full_history(planned.slos, until=START + 10 * TICK // HOUR * HOUR)
    measure = Measure(PrometheusSource(url), SystemClock(), limits=PATIENT)
    for number in range(ROUNDS + 1):
        now = START + TICK * (10 + number)
        with watch.time("bare"):
            bare(url, planned, now)
        tick(measure, planned, history, now, watch)
        if number == 0:  # the first of each pays for what is then at hand
            watch.taken = {"plan": watch.taken["plan"]}
    whole, alone = watch.median("tick"), watch.median("bare")
    stages = "  ".join(
        f"{name} {watch.median(name):.3f} s" for name in ("measure", "append", "sums", *STAGES)
    )
    print(
        f"{size:>6} SLOs  {len(planned.queries):>3} queries  tick {whole:.3f} s  queries alone {alone:.3f} s  "
        f"ratio {whole / alone:.2f}  per SLO {whole / size * 1e6:.0f} us  memory {history.nbytes / size / 1000:.1f} kB an SLO\n"
        f"       {stages}  (plan, once per catalog: {watch.median('plan'):.3f} s)",
        flush=True,
    )


def main() -> None:
    sizes = [int(argument) for argument in sys.argv[1:]] or SIZES
    with tempfile.TemporaryDirectory() as folder:
        print(f"writing an hour of {2 * max(sizes)} series into Prometheus", flush=True)
        write_past(Path(folder) / "data", past(max(sizes)))
        with prometheus(Path(folder)) as url:
            for size in sizes:
                run(url, size)


if __name__ == "__main__":
    main()
