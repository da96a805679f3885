"""The whole product, wired as in production over SQLite: a tick, a warm start, a cold start, and memory.

    .venv/bin/python benchmarks/product.py                  # ticks and warm starts at 100, 1 000 and 10 000 SLOs
    .venv/bin/python benchmarks/product.py 1000             # other numbers of SLOs
    .venv/bin/python benchmarks/product.py cold 1000        # first start: 30 days of the past

A tick reads the catalog's folder, asks Prometheus, writes the buckets, sums, evaluates, decides and swaps what the
portal shows. Beside it, in turns, the same fused queries alone, their answers thrown away. A warm start is all of
`build`: parse the catalog, migrate, load 30 days of history. A cold start asks for every minute of 30 days; beside it
the same queries alone. Each number of SLOs runs in a process of its own, so that its memory is its own.
"""

import gc
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import getpagesize
from statistics import median
from time import perf_counter

import numpy as np
import requests
import structlog
import tick as fused
from storage import END, traffic
from support.prometheus import Series, prometheus, write_past

from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.sql import SqlHistory, create_engine, migrate
from observatory.adapters.sql.history import BUCKETS_PER_BLOCK
from observatory.application.fill import Progress
from observatory.bootstrap import Observatory, build, load_catalog
from observatory.evaluation import Provenance, evaluate, windows_for
from observatory.planning import Plan, plan
from observatory.settings import Settings

SIZES = (100, 1_000, 10_000)
TICK, ROUNDS, LAG = 60, 7, 30
PER_FILE = 3
FIRST = fused.START + 10 * TICK
DAYS, SCRAPES_APART = 30, 240
WARM = ((60, fused.DAY // 4), (300, 3 * fused.DAY), (3600, DAYS * fused.DAY))


def write_catalog(folder: Path, size: int) -> None:
    """A service for each SLO; as many SLOs to a file as a squad usually promises of one service."""
    folder.mkdir()
    squad = "apiVersion: observatory/v1\nkind: Squad\nname: playlists\nslack: {channel: C0PLAYLISTS}\n"
    (folder / "squad.yml").write_text(squad)
    names = fused.names(size)
    for start in range(0, size, PER_FILE):
        documents = [
            f"apiVersion: observatory/v1\nkind: Service\nname: {name}\nsquad: playlists\n"
            f"runbook: https://runbooks.example/{name}\nselector: {{job: {name}}}\nslos:\n"
            "  - {name: availability, objective: 99.9, window: 30d, sli: {events: "
            "{total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}'}}}\n"
            for name in names[start : start + PER_FILE]
        ]
        (folder / f"services-{start:06}.yml").write_text("---\n".join(documents))


def write_history(url: str, slos: tuple[str, ...], until: int) -> None:
    """30 calm days in the database, as a process that ran until then left them."""
    engine = create_engine(url)
    migrate(engine)
    history = SqlHistory(engine)
    for seconds, span in WARM:
        portion = BUCKETS_PER_BLOCK * seconds
        for end in reversed(range(until, until - span, -portion)):
            made = traffic(len(slos), seconds, portion, incidents=0, part=end)
            history.save(replace(made, slos=slos, ends=made.ends + (end - END)))
    history.mark_covered(slos, since=until - 31 * fused.DAY)
    engine.dispose()


class Catalogued:
    """The product over a catalog of one size, its clock standing still until it is moved."""

    def __init__(self, folder: Path, url: str, size: int, *, now: int) -> None:
        self.url, self.size = url, size
        self.clock = ManualClock(datetime.fromtimestamp(now + LAG, UTC))
        self.settings = Settings(
            catalog=folder / "catalog",
            prometheus_url=url,
            prometheus_timeout=timedelta(minutes=1),
            database_url=f"sqlite:///{folder / 'observatory.db'}",
        )
        write_catalog(self.settings.catalog, size)
        self.entries = tuple(load_catalog(self.settings).slos())
        self.plan: Plan = plan(self.entries, tick=TICK)

    def build(self, *, tell: Callable[[Progress], object] = id) -> Observatory:
        """The product, with the state that it left."""
        return build(self.settings, clock=self.clock, tell=tell)

    @property
    def database(self) -> str:
        """Its SQLAlchemy URL."""
        return self.settings.database_url.get_secret_value()


def ticks(folder: Path, url: str, size: int) -> None:
    here = Catalogued(folder, url, size, now=FIRST)
    write_history(here.database, here.plan.slos, until=fused.START)
    gc.collect()
    gc.freeze()  # as `observatory` does before it begins
    before = memory()
    began = perf_counter()
    product = here.build()
    warm = perf_counter() - began
    product.tick()
    product.catch_up()
    whole, bare = [], []
    for number in range(1, ROUNDS + 1):
        now = FIRST + number * TICK
        here.clock.advance(timedelta(seconds=TICK))
        began = perf_counter()
        fused.bare(url, here.plan, now)
        bare.append(perf_counter() - began)
        began = perf_counter()
        product.tick()
        whole.append(perf_counter() - began)
    check(product, size, ticks=ROUNDS + 1)
    tick, alone, pandas = median(whole), median(bare), evaluating(product, here)
    print(
        f"| {size:,} | {len(here.plan.queries)} | {tick:.3f} s | {alone:.3f} s | {tick / alone:.2f} "
        f"| {tick / size * 1e6:.0f} us | {pandas:.3f} s | {warm:.2f} s | {(memory() - before) / size / 1000:.0f} kB |",
        flush=True,
    )


def check(product: Observatory, size: int, *, ticks: int) -> None:
    health, statuses = product.views.board.health, product.views.board.snapshot.statuses
    if health.failed_ticks or health.ticks != ticks or not health.backfilled or len(statuses) != size:
        raise SystemExit(f"not as it should be: {health}")


def evaluating(product: Observatory, here: Catalogued) -> float:
    """Seconds of summing and evaluating: the part of a tick that is pandas."""
    history = product.recorder.history
    at = datetime.fromtimestamp(history.newest or 0, UTC)
    taken = []
    for _ in range(ROUNDS):
        began = perf_counter()
        sums = history.sums(windows_for(here.entries), now=history.newest or 0)
        evaluate(here.entries, sums, Provenance(at, here.clock.now(), {}, product.recorder.since))
        taken.append(perf_counter() - began)
    return median(taken)


def month(size: int, end: int) -> Iterator[Series]:
    """30 days of two counters a service."""
    random = np.random.default_rng(1)
    times = range(end - DAYS * fused.DAY, end + 1, SCRAPES_APART)
    return (
        Series("http_requests_total", f'job="{name}",code="{code}"', times, counts)
        for name in fused.names(size)
        for code, rate in (("200", 200.0), ("500", 0.2))
        for counts in [random.poisson(rate, len(times)).cumsum().tolist()]
    )


def cold(folder: Path, size: int) -> None:
    end = fused.START
    print(f"writing {DAYS} days of {2 * size} series, scraped every {SCRAPES_APART} s", flush=True)
    write_past(folder / "data", month(size, end))
    with prometheus(folder) as url:
        here = Catalogued(folder, url, size, now=end)
        alone = BareMonth(here, end)
        began = perf_counter()
        product = here.build(tell=alone)
        product.catch_up()
        whole = perf_counter() - began - alone.seconds
    if not product.catch_up.complete:
        raise SystemExit("not filled")
    print(
        f"cold start, {size:,} SLOs: {whole:.1f} s; the queries alone {alone.seconds:.1f} s; "
        f"ratio {whole / alone.seconds:.2f}; ours {whole - alone.seconds:.1f} s on top",
        flush=True,
    )


class BareMonth:
    """After each step of a fill its queries once more, alone: two at a time as it sends them, answers thrown away."""

    def __init__(self, here: Catalogued, end: int) -> None:
        self.here, self.until, self.end = here, end, end
        self.seconds = 0.0

    def __call__(self, progress: Progress) -> None:
        """The step that ended just now."""
        began = perf_counter()
        after = self.end - progress.done
        with requests.Session() as session, ThreadPoolExecutor(2) as pool:

            def post(promql: str) -> None:
                form = {"query": promql, "start": after + TICK, "end": self.until, "step": TICK}
                url = f"{self.here.url}/api/v1/query_range"
                headers = {"Accept-Encoding": "identity"}
                session.post(url, data=form, headers=headers, timeout=300).raise_for_status()

            list(pool.map(post, [query.promql for query in self.here.plan.queries]))
        self.until = after
        self.seconds += perf_counter() - began


def memory() -> int:
    """Bytes that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * getpagesize()


def apart(*arguments: object) -> None:
    subprocess.run([sys.executable, __file__, *map(str, arguments)], check=True)


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as name:
        match sys.argv[1:]:
            case ["cold", size]:
                cold(Path(name), int(size))
            case ["at", url, size]:
                ticks(Path(name), url, int(size))
            case sizes:
                every = [int(size) for size in sizes] or SIZES
                write_past(Path(name) / "data", fused.past(max(every)))
                print(
                    "| SLOs | queries | tick | queries alone | ratio | tick an SLO | pandas | warm start | memory an SLO |"
                )
                print("| --- " * 9 + "|", flush=True)
                with prometheus(Path(name)) as url:
                    for size in every:
                        apart("at", url, size)


if __name__ == "__main__":
    main()
