"""The rules of the same SLOs in three shapes, live and side by side: ours, Sloth's and Pyrra's.

    .venv/bin/python benchmarks/rules.py                # 500 SLOs, 3 days of past, 10 minutes
    .venv/bin/python benchmarks/rules.py 100 1 3        # SLOs, days, minutes

Four Prometheus servers scrape one target every 15 s: 500 services of two pods, each answering well or with errors
(2 000 counters). Three of them have rules of one shape each, the fourth has none: what it takes is taken off the others.
All are given the same past, scraped once a minute, and with it what their rules would have recorded; so long windows are
as dear as they are for an organisation that began days ago. After that every sample is scraped, every rule evaluated.
Where a shape says nothing about intervals, rules are evaluated once a minute, Prometheus's own default.

Budgets are compared with the events that there were, as a reader sees them when the time is up.
"""

import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import numpy as np
from numpy.typing import NDArray
from prometheus_client.parser import text_string_to_metric_families
from rule_shapes import BUDGET, METRIC, Group, pyrra_groups, sloth_groups

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.catalogs import a_catalog, a_service
from support.prometheus import prometheus

from observatory.adapters.clock import SystemClock
from observatory.outputs.rules import rule_files
from observatory.sandbox.demo.remote_write import Series, write

SLOS, DAYS, MINUTES = 500, 3, 10
PODS, SCRAPE, SLACK = 2, 15, 60
"""`SLACK`: minutes of traffic made up for the time that starting and measuring takes."""
DAY, MINUTE = 86_400, 60
FIVE, AT_ONCE = 5, 120
RECEIVING = ("--web.enable-remote-write-receiver",)
Counts = NDArray[np.int64]


def now() -> float:
    """Unix seconds."""
    return SystemClock().now().timestamp()


@dataclass(frozen=True)
class World:
    """Events of every service, minute by minute from `start` (Unix seconds, a whole minute)."""

    start: int
    bad: Counts
    """(minutes, services)"""
    total: Counts

    @property
    def jobs(self) -> Sequence[str]:
        """Services, by the label that finds them."""
        return [f"service-{number:04d}" for number in range(self.total.shape[1])]

    def until(self, moment: float) -> tuple[Counts, Counts]:
        """Bad and total events so far, by service; a quarter of a minute is a quarter of its events."""
        minute, quarter = divmod(int(moment - self.start) // SCRAPE, MINUTE // SCRAPE)
        bad, total = (
            before[minute] + counts[minute] * quarter // (MINUTE // SCRAPE)
            for before, counts in zip(self._before, (self.bad, self.total), strict=True)
        )
        return bad, total

    @cached_property
    def _before(self) -> tuple[Counts, Counts]:
        """(minutes, services): events before each minute."""
        bad, total = (counts.cumsum(axis=0) - counts for counts in (self.bad, self.total))
        return bad, total

    def counters(self, moment: float) -> Counts:
        """(pods, 2, services): what the counters of good and of bad answers show; pods take turns."""
        bad, total = self.until(moment)
        return np.array([[(counts + pod) // PODS for counts in (total - bad, bad)] for pod in range(PODS)])


def made_up(slos: int, *, start: int, minutes: int) -> World:
    """Days and nights ten to one, and one incident of two hours a day at any hour: uneven, as traffic is."""
    random = np.random.default_rng(7)
    moments = start + MINUTE * np.arange(minutes)
    by_day = np.where(moments % DAY // 3600 % 24 // 12 == 1, 1.0, 0.1)
    total = random.poisson(by_day[:, None] * random.lognormal(8, 1, slos)) + 60
    chance = np.full(total.shape, BUDGET / 10)
    for service in range(slos):
        for day in range(0, minutes - SLACK, DAY // MINUTE):
            begins = day + random.integers(0, 20 * 60)
            chance[begins : begins + 120, service] = random.uniform(0.002, 0.05)
    return World(start, random.binomial(total, chance), total)


def exposition(world: World, moment: float) -> str:
    """What the one target says."""
    lines = [f"# TYPE {METRIC} counter"]
    for pod, answers in enumerate(world.counters(moment)):
        for code, counts in zip(("200", "500"), answers, strict=True):
            lines += [
                f'{METRIC}{{job="{job}",pod="{pod}",code="{code}"}} {count}'
                for job, count in zip(world.jobs, counts.tolist(), strict=True)
            ]
    return "\n".join(lines) + "\n"


@contextmanager
def target(world: World) -> Iterator[str]:
    """Serve the exposition of the present moment; gives host:port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = exposition(world, now()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody asked."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


Recorded = Callable[[World, slice], list[Series]]


@dataclass(frozen=True)
class Shape:
    """One way to write the rules of SLOs."""

    name: str
    files: Callable[[Sequence[str]], Mapping[str, str]]
    """Rule files by name, for these services."""
    recorded: Recorded
    """What its rules read of what they recorded, for these minutes of the past."""
    used: str = ""
    """PromQL: the share of the budget that is used, and the label that holds the service."""
    label: str = ""


def files_of(groups_of: Callable[[str], Sequence[Group]]) -> Callable[[Sequence[str]], Mapping[str, str]]:
    """A file a service; JSON is YAML."""
    return lambda jobs: {f"{job}.yml": json.dumps({"groups": groups_of(job)}) for job in jobs}


def our_files(jobs: Sequence[str]) -> Mapping[str, str]:
    files = rule_files(a_catalog(*(a_service(job) for job in jobs)))
    return {name.replace("/", "-"): text for name, text in files.items() if not name.startswith("tests/")}


def our_counts(world: World, minutes: slice) -> list[Series]:
    """Minute buckets, and buckets of five minutes at every fifth."""
    fifths = np.arange(minutes.start, minutes.stop) % FIVE == FIVE - 1
    series = []
    for kind, counts in (("bad", world.bad), ("total", world.total)):
        sums = _sums(counts, minutes, FIVE)
        for number, job in enumerate(world.jobs):
            labels = {"service": job, "slo": "availability"}
            series += [
                Series(
                    labels | {"__name__": f"slo:{kind}_events:increase1m", "squad": "playlists"},
                    counts[minutes, number].astype(float),
                ),
                Series(
                    labels | {"__name__": f"slo:{kind}_events:increase5m"},
                    np.where(fifths, sums[:, number], np.nan),
                ),
            ]
    return series


def sloth_ratios(world: World, minutes: slice) -> list[Series]:
    ratios = _sums(world.bad, minutes, FIVE) / _sums(world.total, minutes, FIVE)
    return [
        Series(
            {
                "__name__": "slo:sli_error:ratio_rate5m",
                "sloth_id": f"{job}-availability",
                "sloth_service": job,
                "sloth_slo": "availability",
                "sloth_window": "5m",
            },
            ratios[:, number].copy(),
        )
        for number, job in enumerate(world.jobs)
    ]


def _sums(counts: Counts, minutes: slice, length: int) -> NDArray[np.float64]:
    """Sums of the last `length` minutes, at each of these minutes."""
    first = max(0, minutes.start - length + 1)
    total = np.vstack([np.zeros((1, counts.shape[1])), counts[first : minutes.stop].cumsum(axis=0)])
    ends = np.arange(minutes.start, minutes.stop) + 1 - first
    return total[ends] - total[np.maximum(0, ends - length)]


SHAPES = (
    Shape("no rules", lambda _: {}, lambda *_: []),
    Shape("Observatory", our_files, our_counts, "1 - slo:error_budget_remaining:ratio", "service"),
    Shape(
        "Sloth's",
        files_of(sloth_groups),
        sloth_ratios,
        "1 - slo:period_error_budget_remaining:ratio",
        "sloth_service",
    ),
    Shape(
        "Pyrra's",
        files_of(pyrra_groups),
        lambda *_: [],
        f'sum by (job) ({METRIC}:increase30d{{code=~"5.."}}) / sum by (job) ({METRIC}:increase30d) / {BUDGET}',
        "job",
    ),
)


def write_past(url: str, shape: Shape, world: World, minutes: slice) -> None:
    """Raw counters and what the rules would have recorded, a piece of time after the other."""
    with httpx2.Client(base_url=url, timeout=120) as client:
        for first in range(minutes.start, minutes.stop, AT_ONCE):
            part = slice(first, min(first + AT_ONCE, minutes.stop))
            ends = world.start + MINUTE * (np.arange(part.start, part.stop) + 1)
            write(client, [*_raw(world, ends), *shape.recorded(world, part)], ends * 1000)


def _raw(world: World, ends: Counts) -> list[Series]:
    shown = np.array([world.counters(end) for end in ends.tolist()], dtype=float)
    return [
        Series(
            {"__name__": METRIC, "job": job, "pod": str(pod), "code": code}, shown[:, pod, bad, number].copy()
        )
        for pod in range(PODS)
        for bad, code in enumerate(("200", "500"))
        for number, job in enumerate(world.jobs)
    ]


def load(folder: Path, url: str, shape: Shape, world: World, address: str) -> None:
    """From now on it scrapes and evaluates."""
    (folder / "rules").mkdir()
    for name, text in shape.files(world.jobs).items():
        (folder / "rules" / name).write_text(text)
    job = {"job_name": "world", "honor_labels": True, "static_configs": [{"targets": [address]}]}
    config = {
        "global": {"scrape_interval": f"{SCRAPE}s", "evaluation_interval": "1m"},
        "scrape_configs": [job],
        "rule_files": [f"{folder}/rules/*.yml"],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    httpx2.post(f"{url}/-/reload", timeout=300).raise_for_status()


@dataclass(frozen=True)
class Cost:
    """What a server has spent, or holds."""

    rules: int
    evaluating: float
    """Seconds in rule evaluations."""
    processor: float
    held: float
    """Bytes of memory."""
    series: int


def cost(url: str) -> Cost:
    """As its own metrics say."""
    sums: dict[str, float] = {}
    text = httpx2.get(f"{url}/metrics", timeout=60).text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if "quantile" not in sample.labels:
                sums[sample.name] = sums.get(sample.name, 0) + sample.value
    failed = sums.get("prometheus_rule_evaluation_failures_total", 0)
    if failed:
        raise SystemExit(f"{failed:.0f} rule evaluations failed")
    return Cost(
        rules=int(sums.get("prometheus_rule_group_rules", 0)),
        evaluating=sums["prometheus_rule_evaluation_duration_seconds_sum"],
        processor=sums["process_cpu_seconds_total"],
        held=sums["process_resident_memory_bytes"],
        series=int(sums["prometheus_tsdb_head_series"]),
    )


def errors(url: str, shape: Shape, world: World) -> Sequence[float]:
    """How far each budget is off, in points of a percentage; what is not there is 100 points off."""
    answer = httpx2.post(f"{url}/api/v1/query", data={"query": shape.used}, timeout=60).json()
    said = {row["metric"][shape.label]: float(row["value"][1]) for row in answer["data"]["result"]}
    bad, total = world.until(now())
    truth = bad / total / BUDGET
    return [
        abs(said.get(job, used + 1) - used) * 100
        for job, used in zip(world.jobs, truth.tolist(), strict=True)
    ]


def row(shape: Shape, spent: Sequence[float], off: Sequence[float], rules: int) -> str:
    evaluating, processor, held, series = spent
    return (
        f"| {shape.name} | {rules:,} | {evaluating:.2f} s | {processor:.1f} s | {held / 1e6:.0f} MB "
        f"| {series:,.0f} | {statistics.median(off):.2f} | {max(off):.2f} |"
    )


def differences(before: Cost, after: Cost, bare: tuple[Cost, Cost]) -> Sequence[float]:
    """Evaluating and processor time in between; memory and series on top of a server without rules."""
    spent = [getattr(after, name) - getattr(before, name) for name in ("evaluating", "processor")]
    spent[1] -= bare[1].processor - bare[0].processor
    return [*spent, after.held - bare[1].held, after.series - bare[1].series]


def compare(folder: Path, world: World, days: int, minutes: int) -> None:
    with ExitStack() as stack:
        address = stack.enter_context(target(world))
        folders = [folder / str(number) for number in range(len(SHAPES))]
        for each in folders:
            each.mkdir()
        urls = [stack.enter_context(prometheus(each, config="{}", flags=RECEIVING)) for each in folders]
        written = 0
        for _ in range(2):  # the second time what has passed during the first
            past = slice(written, int(now() - world.start) // MINUTE)
            for url, shape in zip(urls, SHAPES, strict=True):
                write_past(url, shape, world, past)
            written = past.stop
        for each, url, shape in zip(folders, urls, SHAPES, strict=True):
            load(each, url, shape, world, address)
        print(f"{len(world.jobs)} SLOs, {days} days written; {minutes} minutes from now", flush=True)
        time.sleep(MINUTE)  # every group has begun
        before = [cost(url) for url in urls]
        time.sleep(minutes * MINUTE)
        after = [cost(url) for url in urls]
        print("| shape | rules | evaluating | processor | memory | series | median error | worst error |")
        print("| --- " * 8 + "|")
        for number, shape in enumerate(SHAPES[1:], start=1):
            spent = differences(before[number], after[number], (before[0], after[0]))
            print(row(shape, spent, errors(urls[number], shape, world), after[number].rules), flush=True)


def main() -> None:
    asked = [int(argument) for argument in sys.argv[1:]]
    slos, days, minutes = (*asked, *(SLOS, DAYS, MINUTES)[len(asked) :])
    start = int(now()) // MINUTE * MINUTE - days * DAY
    world = made_up(slos, start=start, minutes=days * DAY // MINUTE + SLACK)
    with tempfile.TemporaryDirectory(prefix="observatory-rules-") as name:
        compare(Path(name), world, days, minutes)


if __name__ == "__main__":
    main()
