"""What native histograms cost Prometheus: seconds of its CPU for a minute of ticks, and for a minute of recorded rules.

    PYTHONPATH=tests .venv/bin/python benchmarks/native_histograms.py            # 200 processes
    PYTHONPATH=tests .venv/bin/python benchmarks/native_histograms.py 50

Each process has one histogram, scraped every 15 seconds, and its service one SLO over how long its requests take.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import requests
from support.catalogs import a_service, a_squad, an_slo, parse_sli
from support.native_histograms import FLAGS, Histogram, Sample, write_all
from support.prometheus import prometheus

from observatory.adapters.clock import SystemClock
from observatory.adapters.prometheus import PrometheusSource
from observatory.application.measure import Measure
from observatory.catalog import ServiceSlo
from observatory.outputs.rules.counting import bad_events, narrowed, total_events
from observatory.planning import plan

PROCESSES, PER_SERVICE, ROUNDS = 200, 10, 10
START, INTERVAL, TICK, MINUTES = 1_780_000_000 // 3600 * 3600, 15, 60, 20
END = START + MINUTES * TICK
SLI = "{latency: {native_histogram: took_seconds, below: 250ms}}"


def main() -> None:
    """Print both."""
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else PROCESSES
    jobs = [f"service-{number}" for number in range(-(-processes // PER_SERVICE))]
    with TemporaryDirectory() as folder, prometheus(Path(folder), flags=FLAGS) as url:
        for batch in _scrapes(processes):
            write_all(url, batch)
        entries = [_entry(job) for job in jobs]
        measure, asked = Measure(PrometheusSource(url), SystemClock()), plan(entries, tick=TICK)
        before = _cpu(url)
        for _ in range(ROUNDS):
            assert not measure(asked, after=END - TICK, until=END).failures  # noqa: S101 - a figure of what failed is none
        ticks = _cpu(url) - before
        for _ in range(ROUNDS):
            for job in jobs:
                _record(url, job)
        rules = _cpu(url) - before - ticks
    print(f"{processes} processes of {len(jobs)} services, seconds of Prometheus's CPU a minute")
    print(f"ticks: {ticks / ROUNDS:.2f}\nrecorded rules: {rules / ROUNDS:.2f}")


def _scrapes(processes: int) -> Iterator[list[Sample]]:
    """What each scrape sees of all processes."""
    random = Random(20)  # noqa: S311 - no secret
    histograms = [Histogram({}) for _ in range(processes)]
    for at in range(START, END + 1, INTERVAL):
        for histogram in histograms:
            for _ in range(random.randrange(20)):
                histogram.observe(random.lognormvariate(-2, 1))
        yield [
            Sample(
                {"__name__": "took_seconds", "job": f"service-{number // PER_SERVICE}", "pod": str(number)},
                at,
                Histogram(dict(histogram.counts), histogram.total),
            )
            for number, histogram in enumerate(histograms)
        ]


def _entry(job: str) -> ServiceSlo:
    service = a_service(job, selector={"job": job}, slos=(an_slo("slo", sli=parse_sli(SLI)),))
    return ServiceSlo(a_squad(), service, service.slos[0])


def _record(url: str, job: str) -> None:
    sli = narrowed(parse_sli(SLI), {"job": job})
    total = total_events(sli)
    for promql in (total, bad_events(sli, total=f"({total})")):
        requests.post(f"{url}/api/v1/query", {"query": promql, "time": END}, timeout=60).raise_for_status()


def _cpu(url: str) -> float:
    """Seconds that the server has computed so far."""
    lines = requests.get(f"{url}/metrics", timeout=60).text.splitlines()
    (value,) = (line.split()[1] for line in lines if line.startswith("process_cpu_seconds_total "))
    return float(value)


if __name__ == "__main__":
    main()
