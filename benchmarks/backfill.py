"""A first start that is killed half-way, at full size: what the next one still has to do.

    .venv/bin/python benchmarks/backfill.py            # 1 000 SLOs, 30 days
    .venv/bin/python benchmarks/backfill.py 300 10     # other numbers of SLOs and days

`observatory run` starts over an empty database, with a Prometheus that knows the whole past, and is killed (SIGKILL) when
half of it is filled. A second one takes over. In the end every SLO's events are compared with those that were written.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2
import numpy as np
import tick as fused
from numpy.typing import NDArray
from product import SCRAPES_APART, write_catalog
from support.prometheus import Series, prometheus, write_past

from observatory.adapters.clock import SystemClock
from observatory.sandbox.demo.processes import port_for

SLOS, DAYS = 1_000, 30
HOUR, WINDOW = 3600, 30 * fused.DAY


class Run:
    """`observatory run` in a process of its own."""

    def __init__(self, folder: Path, url: str, port: int, name: str) -> None:
        self.log, self.url = folder / f"{name}.log", f"http://127.0.0.1:{port}"
        env = {
            "PATH": os.defpath,
            "OBSERVATORY_CATALOG": str(folder / "catalog"),
            "OBSERVATORY_PROMETHEUS_URL": url,
            "OBSERVATORY_DATABASE_URL": f"sqlite:///{folder / 'observatory.db'}",
            "OBSERVATORY_PORT": str(port),
        }
        self.began = time.perf_counter()
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "observatory", "run"]
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=folder)

    def filled(self) -> tuple[float, float]:
        """Days filled, and of how many."""
        lines = [line for line in self.log.read_text().splitlines() if '"history"' in line]
        newest = json.loads(lines[-1]) if lines else {"days": 0.0, "of": float("inf")}
        return newest["days"], newest["of"]

    def until(self, reached: Callable[[], bool]) -> float:
        """Seconds since it began, once this is so."""
        while not reached():
            if self.process.poll() is not None:
                raise SystemExit(self.log.read_text()[-2000:])
            time.sleep(0.2)
        return time.perf_counter() - self.began

    def end(self, how: signal.Signals) -> None:
        """Signal it, and wait until it is gone."""
        self.process.send_signal(how)
        self.process.wait(timeout=60)


def measured_until(url: str) -> int:
    name = "observatory_measured_until_timestamp_seconds "
    (line,) = [line for line in httpx2.get(f"{url}/metrics").text.splitlines() if line.startswith(name)]
    return int(float(line.removeprefix(name)))


@dataclass
class Past:
    """What was counted: (service, code) to events at each of `times`."""

    times: NDArray[np.int64]
    counted: Mapping[tuple[str, str], NDArray[np.uint32]]

    @classmethod
    def of(cls, slos: int, days: int) -> Self:
        """Two counters a service, up to now."""
        now = int(SystemClock().now().timestamp())
        times = np.arange(now - (days + 1) * fused.DAY, now, SCRAPES_APART)
        random = np.random.default_rng(1)
        rates = {"200": 200.0, "500": 0.2}
        return cls(
            times,
            {
                (name, code): random.poisson(rate, len(times)).astype(np.uint32)
                for name in fused.names(slos)
                for code, rate in rates.items()
            },
        )

    def series(self) -> Iterator[Series]:
        """As Prometheus is to remember them."""
        for (name, code), counts in self.counted.items():
            labels = f'job="{name}",code="{code}"'
            yield Series("http_requests_total", labels, self.times.tolist(), counts.cumsum().tolist())

    def between(self, after: int, until: int, name: str) -> tuple[int, int]:
        """Bad and all events of a service."""
        within = (self.times > after) & (self.times <= until)
        good, bad = (int(self.counted[name, code][within].sum()) for code in ("200", "500"))
        return bad, good + bad


def shown_at_once(url: str) -> tuple[int, list[Any]]:
    """The end of the first tick that was judged after the past was filled, and every SLO's numbers of then."""
    filled = int(SystemClock().now().timestamp())
    while True:
        at, shown = measured_until(url), httpx2.get(f"{url}/api/v1/slos", timeout=60).json()
        if at == measured_until(url) > filled:
            return at, shown
        time.sleep(1)


def killed_and_resumed(folder: Path, url: str) -> tuple[int, list[Any]]:
    """What the second process shows when it is done."""
    port = port_for(0)
    first = Run(folder, url, port, "first")
    taken = first.until(lambda: 2 * first.filled()[0] >= first.filled()[1])
    first.end(signal.SIGKILL)
    done, whole = first.filled()
    print(f"killed after {taken:.0f} s with {done:.1f} of {whole:.1f} days filled", flush=True)
    second = Run(folder, url, port, "second")
    taken = second.until(lambda: second.filled()[0] >= second.filled()[1])
    print(f"the next filled the other {second.filled()[1]:.1f} days in {taken:.0f} s", flush=True)
    found = shown_at_once(second.url)
    second.end(signal.SIGTERM)
    return found


def main(slos: int, days: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, past = Path(name), Past.of(slos, days)
        write_catalog(folder / "catalog", slos)
        print(f"writing {days} days of {2 * slos} series, scraped every {SCRAPES_APART} s", flush=True)
        write_past(folder / "prometheus" / "data", past.series())
        with prometheus(folder / "prometheus", config="global: {}") as url:
            at, shown = killed_and_resumed(folder, url)
    begins = (at - WINDOW) // HOUR * HOUR
    right = [
        (one["events"]["bad"], one["events"]["total"]) == past.between(begins, at, one["service"])
        for one in shown
    ]
    print(f"{sum(right):,} of {len(right):,} SLOs have every event once")
    if not all(right):
        raise SystemExit(1)


if __name__ == "__main__":
    main(*([int(word) for word in sys.argv[1:]] or (SLOS, DAYS)))
