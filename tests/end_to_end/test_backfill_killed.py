"""A first start is killed while it reads the past: the next goes on where it was, and the numbers are the same."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import httpx2
import numpy as np
import pytest
from support.product import eventually, ready
from support.prometheus import Series
from support.servers import SERVERS, on_each, serving

from observatory.adapters.clock import SystemClock
from observatory.sandbox.demo.processes import port_for
from observatory.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

DAYS, APART = 30, 240
SERVICES = [f"service-{number:02}" for number in range(8)]
SERVICE = (
    "apiVersion: observatory/v1\nkind: Service\nname: {0}\nsquad: playback\nselector: {{job: {0}}}\n"
    "slos: [{{name: availability, objective: 99, sli: {{events: {{total: requests_total,"
    " bad: 'requests_total{{code=\"500\"}}'}}}}}}]\n"
)
SQUAD = "apiVersion: observatory/v1\nkind: Squad\nname: playback\nslack: {channel: C0PLAYBACK0}\n"
SOME = 3
"""Portions of the past that the first process has filled, at least."""


@dataclass
class Past:
    """Settings of an Observatory, and what its server has counted: (service, code) to events, at each time."""

    settings: Settings
    times: np.ndarray
    counted: dict[tuple[str, str], np.ndarray]

    def between(self, after, until, name):
        """Bad and all events of a service."""
        within = (self.times > after) & (self.times <= until)
        bad, good = self.counted[name, "500"][within].sum(), self.counted[name, "200"][within].sum()
        return bad, bad + good


@contextmanager
def a_past(server, folder):
    """A server that knows 30 days of every service, and a catalog of them."""
    catalog = folder / "catalog"
    catalog.mkdir()
    (catalog / "squad.yml").write_text(SQUAD)
    for name in SERVICES:
        (catalog / f"{name}.yml").write_text(SERVICE.format(name))
    now = int(SystemClock().now().timestamp())
    times = range(now - (DAYS + 1) * 86_400, now, APART)
    random = np.random.default_rng(5)
    counted = {
        (name, code): random.poisson(mean, len(times))
        for name in SERVICES
        for code, mean in (("200", 30), ("500", 0.2))
    }
    known = [
        Series("requests_total", f'job="{name}",code="{code}"', times, np.cumsum(counts))
        for (name, code), counts in counted.items()
    ]
    with serving(server, folder / "server", known) as url:
        settings = Settings(
            catalog=catalog,
            prometheus_url=url,
            database_url=f"sqlite:///{folder / 'observatory.db'}",
            port=port_for(0),
        )
        yield Past(settings, np.array(times), counted)


class Run:
    """`observatory run`, and what it says of the past."""

    def __init__(self, settings, log):
        env = {
            "PATH": os.defpath,
            "OBSERVATORY_CATALOG": str(settings.catalog),
            "OBSERVATORY_PROMETHEUS_URL": settings.prometheus_url,
            "OBSERVATORY_DATABASE_URL": settings.database_url.get_secret_value(),
            "OBSERVATORY_PORT": str(settings.port),
        }
        self.url = f"http://127.0.0.1:{settings.port}"
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "observatory", "run"],
                env=env,
                stdout=file,
                stderr=file,
                cwd=log.parent,
            )

    def filled(self):
        """(days filled, of so many) after each portion."""
        lines = [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]
        return [(line["days"], line["of"]) for line in lines if line["event"] == "history"]


@contextmanager
def running(settings, log):
    run = Run(settings, log)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait(timeout=60)


def measured_until(url):
    name = "observatory_measured_until_timestamp_seconds "
    (line,) = [one for one in httpx2.get(f"{url}/metrics").text.splitlines() if one.startswith(name)]
    return int(float(line.removeprefix(name)))


def shown_at_once(url):
    """The end of the first tick after the fill, and every SLO's numbers of then; None before, and between two ticks."""
    at, shown = measured_until(url), httpx2.get(f"{url}/api/v1/slos").raise_for_status().json()
    whole = all(one["coverage"] > 0.999 for one in shown)
    return (at, shown) if whole and measured_until(url) == at else None


def _story(server, folder):
    """What the first process had filled when it was killed, what the second one had to fill, and what it then shows."""
    with a_past(server, folder) as past:
        with running(past.settings, folder / "first.log") as run:
            eventually(lambda: len(run.filled()) >= SOME, within=120)
            run.process.send_signal(signal.SIGKILL)
            run.process.wait(timeout=60)
            killed = run.filled()
        with running(past.settings, folder / "second.log") as run:
            eventually(
                lambda: ready(run.url) and run.filled() and run.filled()[-1][0] >= run.filled()[-1][1],
                within=120,
            )
            at, shown = eventually(lambda: shown_at_once(run.url), within=120)
            return SimpleNamespace(past=past, killed=killed, resumed=run.filled(), at=at, shown=shown)


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    """The same two starts on either server."""
    return on_each(_story, tmp_path_factory)


@pytest.fixture(params=SERVERS)
def story(request, stories):
    return stories[request.param]


def test_it_was_killed_on_the_way(story):
    done, whole = story.killed[-1]
    assert 0 < done < whole
    assert whole == pytest.approx(DAYS, abs=0.2)


def test_the_next_one_asks_only_for_what_is_left(story):
    done, whole = story.killed[-1]
    left, portion = story.resumed[-1][1], story.killed[0][0]
    assert left <= whole - done + 1 / 12
    assert left > whole - done - 2 * portion, (
        "more was left out than may have been written after the last word"
    )


def test_every_event_of_the_month_is_counted_once(story):
    begins = (story.at - DAYS * 86_400) // 3600 * 3600
    assert {one["service"]: (one["events"]["bad"], one["events"]["total"]) for one in story.shown} == {
        name: story.past.between(begins, story.at, name) for name in SERVICES
    }
