"""The same SLOs over the same windows from the same Prometheus: slo-generator and Observatory, in one run.

    .venv/bin/python benchmarks/peers.py          # 200 SLOs
    .venv/bin/python benchmarks/peers.py 50       # another number

slo-generator 2.6.0 is installed into an environment of its own in a temporary folder. It asks two `increase()` queries
for each SLO and window, one after the other. Observatory's tick asks what was counted since the last tick, for all SLOs
together, appends it to its history, and sums the same four windows there. `status`, which has no history, asks for
every minute of the windows. Imports and reading definitions are outside all three times.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.catalogs import a_service, a_squad, an_slo
from support.prometheus import Series, prometheus, write_past
from tick import HOUR, full_history

from observatory.adapters.clock import SystemClock
from observatory.adapters.prometheus import PrometheusSource
from observatory.application.measure import Measure
from observatory.application.rounds import Limits
from observatory.application.status import Status
from observatory.catalog import ServiceSlo
from observatory.evaluation import Provenance, evaluate, windows_for
from observatory.planning import plan

PEER = ("slo-generator[prometheus]==2.6.0", "setuptools<81")
WINDOWS = {"1h": 3600, "12h": 43_200, "7d": 604_800, "28d": 2_419_200}
INTERVAL, DAYS, TICK, ROUNDS = 120, 28, 60, 7
PATIENT = Limits(query=timedelta(minutes=2), round=timedelta(minutes=15), at_once=2)
TIMED = """
import json, logging, sys, time
from slo_generator.compute import compute
logging.disable(logging.CRITICAL)
config, slos = json.load(open(sys.argv[1]))
start = time.perf_counter()
reports = [report for slo in slos for report in compute(slo, config)]
taken = time.perf_counter() - start
print(json.dumps([taken, sum(report["valid"] for report in reports)]))
"""


def names(size: int) -> list[str]:
    return [f"service-{number:04d}" for number in range(size)]


def past(size: int, end: int) -> Iterator[Series]:
    """Two counters for each service. slo-generator can only ask about now, so the past ends now."""
    random = np.random.default_rng(1)
    times = range(end - DAYS * 86_400, end + 1, INTERVAL)
    for name in names(size):
        for code, rate in (("200", 50.0), ("500", 0.05)):
            counts = random.poisson(rate, len(times)).cumsum().tolist()
            yield Series("http_requests_total", f'job="{name}",code="{code}"', times, counts)


def install(folder: Path) -> Path:
    """The Python of a new environment that has slo-generator."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PEER], check=True)
    return python


def peers_definitions(url: str, size: int) -> tuple[Mapping[str, object], list[Mapping[str, object]]]:
    """slo-generator's configuration and SLOs."""
    steps = [
        {"name": name, "window": window, "burn_rate_threshold": 1, "alert": False}
        | {f"message_{when}": when for when in ("alert", "ok")}
        for name, window in WINDOWS.items()
    ]
    config = {
        "backends": {"prometheus": {"url": url}},
        "error_budget_policies": {"default": {"steps": steps}},
    }
    slos = [
        {
            "metadata": {"name": name, "labels": {}},
            "spec": {
                "description": name,
                "goal": 0.999,
                "backend": "prometheus",
                "method": "good_bad_ratio",
                "exporters": [],
                "service_level_indicator": {
                    "filter_good": f'http_requests_total{{job="{name}",code="200"}}',
                    "filter_valid": f'http_requests_total{{job="{name}"}}',
                },
            },
        }
        for name in names(size)
    ]
    return config, slos


def time_peer(python: Path, folder: Path, url: str, size: int) -> tuple[float, int]:
    """Seconds for all SLOs and windows, and how many reports it holds to be valid itself.

    Its two queries are asked at different moments: in between a scrape may land, and more be good than there is.
    """
    definitions = folder / "peer.json"
    definitions.write_text(json.dumps(peers_definitions(url, size)))
    printed = subprocess.run(
        [python, "-W", "ignore", "-c", TIMED, definitions], check=True, capture_output=True, text=True
    ).stdout
    seconds, valid = json.loads(printed.splitlines()[-1])
    return float(seconds), int(valid)


def entries(size: int) -> list[ServiceSlo]:
    squad = a_squad()
    services = [a_service(name, slos=(an_slo(days=DAYS),)) for name in names(size)]
    return [ServiceSlo(squad, service, service.slos[0]) for service in services]


def time_us(url: str, size: int, end: int) -> tuple[float, float]:
    """Seconds of a tick (measured, appended, summed and evaluated), and of evaluating from nothing."""
    catalog, source, clock = entries(size), PrometheusSource(url), SystemClock()
    measure = Measure(source, clock, limits=PATIENT)
    status = Status(source, measure, clock, timedelta(seconds=TICK), timedelta(0))
    start = perf_counter()
    status(catalog)
    whole = perf_counter() - start
    planned = plan(catalog, tick=TICK)
    history = full_history(planned.slos, until=(end - ROUNDS * TICK) // HOUR * HOUR)
    windows = {name: timedelta(seconds=seconds) for name, seconds in WINDOWS.items()} | dict(
        windows_for(catalog)
    )
    ticks = []
    for now in range(end - ROUNDS * TICK, end + 1, TICK):
        start = perf_counter()
        history.append(measure(planned, after=now - TICK, until=now).buckets)
        sums = history.sums(windows, now=now)
        evaluation = evaluate(catalog, sums, Provenance(clock.now(), clock.now()))
        ticks.append(perf_counter() - start)
    if any(status.total is None or status.failure for status in evaluation.statuses().values()):
        raise SystemExit("not measured")
    return median(ticks[1:]), whole


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = install(folder / "peer")
        end = int(SystemClock().now().timestamp()) // TICK * TICK
        print(f"writing {DAYS} days of {2 * size} series, scraped every {INTERVAL} s", flush=True)
        write_past(folder / "data", past(size, end))
        with prometheus(folder) as url:
            tick, whole = time_us(url, size, end)
            peer, valid = time_peer(python, folder, url, size)
    print(f"{size} SLOs x {len(WINDOWS)} windows")
    print(
        f"  slo-generator 2.6.0, {2 * size * len(WINDOWS)} queries       {peer:8.3f} s   {valid} reports valid"
    )
    print(f"  Observatory, a tick                     {tick:8.3f} s   {peer / tick:6.0f} times as fast")
    print(f"  Observatory, status without a history   {whole:8.3f} s   {peer / whole:6.1f} times as fast")


if __name__ == "__main__":
    main()
