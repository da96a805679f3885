"""The dead man's switch with a real Alertmanager: it speaks, it is stopped, the platform squad is paged, it speaks again."""

import re
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from support.alertmanager import alertmanager, free_port, start
from support.people import CATCH_ALL, a_world, an_escalating_catalog, served

from observatory.adapters.clock import SystemClock
from observatory.adapters.memory.signs import MemorySigns
from observatory.alerting import IncidentState
from observatory.application.watchdog import MISSED, Watchdog
from observatory.entrypoints.api.app import create_app
from observatory.settings import Settings

ROOT = Path(__file__).parents[2]
INTERVAL = timedelta(seconds=1)
FOREVER = {"labels": {"alertname": "Watchdog"}, "endsAt": "2100-01-01T00:00:00Z"}
WAIT = 30


def documented(address):
    """The configuration of the page about running, quicker, and with our address."""
    page = (ROOT / "docs/running.md").read_text()
    (block,) = [
        one for one in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "observatory-watchdog" in one
    ]
    config = yaml.safe_load(block)
    (route,) = config["route"]["routes"]
    interval = int(route["repeat_interval"].removesuffix("s"))
    assert (
        2 * interval <= Settings().watchdog_interval.total_seconds()
    )  # Alertmanager leaves out every other one
    assert route["group_interval"] == route["repeat_interval"]
    route |= {"group_interval": "400ms", "repeat_interval": "400ms"}
    (webhook,) = config["receivers"][0]["webhook_configs"]
    webhook["url"] = address + re.sub(r"^https://[^/]+", "", webhook["url"])
    webhook.pop("http_config")
    config["route"]["receiver"] = "observatory-watchdog"
    return yaml.safe_dump(config)


class Post:
    """Observatory as far as it listens for signs of life."""

    def __init__(self, stack):
        clock = SystemClock()
        world = a_world(clock=clock)
        self.signs = MemorySigns()
        self.alerts = world.alerts
        self.url = stack.enter_context(
            served(create_app(world.views, Settings(), replace(world.allowed, signs=self.signs)))
        )
        self.dog = Watchdog(
            self.signs,
            world.alerts,
            world.announce,
            an_escalating_catalog,
            clock,
            interval=INTERVAL,
            squad="platform",
            catch_all=CATCH_ALL,
        )

    def until(self, look):
        """Watch until there is something to see."""
        ends = time.monotonic() + WAIT
        while not look():
            assert time.monotonic() < ends, "waited in vain"
            self.dog()
            time.sleep(0.05)

    def states(self):
        return [one.state for one in self.alerts.incidents()]


@pytest.mark.slow
def test_an_alertmanager_that_falls_silent_pages_and_one_that_speaks_again_resolves(tmp_path):
    with ExitStack() as stack:
        post = Post(stack)
        config = documented(post.url)
        with alertmanager(tmp_path / "first", config) as speaking:
            speaking.send(FOREVER)
            post.until(post.signs.heard)
            first = post.signs.heard()["paris"]
            post.until(lambda: post.signs.heard()["paris"] > first + MISSED * INTERVAL)
            assert post.states() == []
        post.until(post.states)
        (incident,) = post.alerts.incidents()
        assert (incident.slo, incident.squad, incident.state) == (
            "watchdog/paris",
            "platform",
            IncidentState.FIRING,
        )
        (page,) = post.alerts.deliveries()
        assert "watchdog paris has fallen silent" in page.message.text
        again = start(tmp_path / "first", free_port())
        stack.callback(again.process.wait, timeout=20)
        stack.callback(again.process.terminate)
        again.send(FOREVER)
        post.until(lambda: post.states() == [IncidentState.RESOLVED])
