"""The whole product among real neighbours: Prometheus, demo services, a development Slack, `observatory run`."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import httpx2
from support.servers import PROMETHEUS, serving

from observatory.adapters.files import CatalogFolder
from observatory.bootstrap import system_clock
from observatory.catalog import parse_catalog
from observatory.entrypoints.cli.slack import channel_names
from observatory.sandbox import slack
from observatory.sandbox.demo.organisation import SERVICES
from observatory.sandbox.demo.processes import port_for
from observatory.sandbox.demo.services import MetricsServers, Simulation

ROOT = Path(__file__).parents[2]
CHANNELS = channel_names(parse_catalog(CatalogFolder(ROOT / "catalog").read()).valid().squads.values())
_BUILDING = Lock()
"""While FastAPI builds an app, it turns warnings off for a moment: for every thread, so that no two may do it at once."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class World:
    """What surrounds the product."""

    folder: Path
    simulation: Simulation
    prometheus: str
    slack: slack.Running
    port: int
    """Where Prometheus expects the product's /metrics."""

    @property
    def url(self) -> str:
        """Where the product serves."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def surroundings(folder: Path, *, server: str = PROMETHEUS) -> Iterator[World]:
    """Demo services whose users have just come, scraped every second; nothing of it has a past."""
    clock = system_clock()
    simulation = Simulation(started=clock.now(), seed=0)
    ports = {service.name: 0 for service in SERVICES}
    with ExitStack() as stack:
        services = stack.enter_context(MetricsServers(simulation, clock=clock, host="127.0.0.1", ports=ports))
        with _BUILDING:
            chat = stack.enter_context(slack.running(channels=CHANNELS))
        port = port_for(0)
        targets = services.addresses | {"observatory": f"127.0.0.1:{port}"}
        url = stack.enter_context(serving(server, folder / "server", targets=targets))
        yield World(folder, simulation, url, chat, port)


def quick_catalog(folder: Path) -> Path:
    """The example organisation, whose SLOs promise half of a day's events.

    At a burn rate of 1 and a budget of a half, an outage of a young service pages as soon as it has outweighed what
    went before, and is over as soon as it is outweighed itself: seconds, where a month's budget takes minutes.
    """
    for file in (ROOT / "catalog").rglob("*.yml"):
        text = re.sub(r"objective: [\d.]+", "objective: 50", file.read_text())
        text = re.sub(r"\bwindow: .+", "window: 1d", text)
        # Months of five-second ticks take minutes to fill.
        text = re.sub(r"\n *more_windows: .+", "", text)
        text = re.sub(r"\nbehaviour:(\n +.+)+", "", text)
        target = folder / file.relative_to(ROOT / "catalog")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder


@contextmanager
def observatory_run(world: World, *, catalog: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """`observatory run` as a user would start it, with short ticks; its log goes to `folder`/observatory.log."""
    env = {
        "PATH": os.defpath,
        "OBSERVATORY_CATALOG": str(catalog),
        "OBSERVATORY_PROMETHEUS_URL": world.prometheus,
        "OBSERVATORY_DATABASE_URL": f"sqlite:///{world.folder / 'observatory.db'}",
        "OBSERVATORY_SLACK_TOKEN": "xoxb-test",
        "OBSERVATORY_SLACK_API_URL": world.slack.api_url,
        "OBSERVATORY_PORT": str(world.port),
        "OBSERVATORY_PUBLIC_URL": world.url,
        "OBSERVATORY_TICK": "5",
        "OBSERVATORY_LAG": "2",
        **settings,
    }
    with (world.folder / "observatory.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "observatory", "run"], env=env, stdout=log, stderr=log, cwd=world.folder
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def eventually(look: Callable[[], _T | None], *, within: float) -> _T:
    """What `look` sees, as soon as that is anything; an address that does not answer yet is nothing."""
    ends = time.monotonic() + within
    while True:
        try:
            seen = look()
        except httpx2.TransportError:
            seen = None
        if seen:
            return seen
        assert time.monotonic() < ends, f"waited {within} s in vain for {look.__qualname__}"
        time.sleep(0.1)


def ready(url: str) -> bool:
    """Whether the product says that its numbers may be relied upon."""
    return httpx2.get(f"{url}/readyz").is_success


def incidents(url: str, **query: str) -> list[dict[str, Any]]:
    """The product's incidents, newest first."""
    found: list[dict[str, Any]] = (
        httpx2.get(f"{url}/api/v1/incidents", params=query).raise_for_status().json()
    )
    return found
