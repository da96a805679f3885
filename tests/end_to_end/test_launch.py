"""A launch for real: a server, failing users, `observatory run`, and the room of the squad whose evening it is."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx2
import pytest
from support.product import eventually, observatory_run, quick_catalog, ready, surroundings
from support.servers import SERVERS, on_each
from support.slack import postings

from observatory.bootstrap import system_clock
from observatory.sandbox.demo import Mode, Trouble

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

OWNERS_ROOM, ORGANISERS_ROOM = "C0PLAYLISTS", "C0SEARCH00"
SLICE = "premiere/playlist:availability"


def premiere(now: datetime) -> str:
    """Under way since the last full five minutes; search organises it, and playlists' service is what it is about."""
    start = datetime.fromtimestamp(now.timestamp() // 300 * 300, UTC)
    return f"""\
apiVersion: observatory/v1
kind: Event
name: premiere
squad: search
mode: protect
affects: {{slos: [playlist/availability]}}
start: {start:%Y-%m-%d %H:%M}
lasts: 1h
timezone: UTC
budget: 0.1%
alerts: [{{at: 100%, severity: page}}]
freeze: true
"""


@pytest.fixture(scope="module")
def launches(tmp_path_factory):
    """The same launch on either server."""
    return on_each(_launch, tmp_path_factory)


@pytest.fixture(params=SERVERS)
def launch(request, launches):
    return launches[request.param]


def _launch(server, folder):
    """What was said and can be asked once the slice of the launch is gone."""
    catalog = quick_catalog(folder / "catalog")
    (catalog / "search" / "premiere.yml").write_text(premiere(system_clock().now()))
    with surroundings(folder, server=server) as world, observatory_run(world, catalog=catalog):
        eventually(lambda: ready(world.url), within=150)
        world.simulation.break_service("playlist", Trouble(Mode.ERRORS))

        def told():
            return [
                one for one in postings(world.slack.url, ORGANISERS_ROOM) if "of its slice" in one["text"]
            ]

        return SimpleNamespace(
            told=eventually(told, within=200),
            report=httpx2.get(f"{world.url}/api/v1/events/premiere/report").raise_for_status().json(),
            owners=[one["text"] for one in postings(world.slack.url, OWNERS_ROOM)],
            frozen=subprocess.run(
                [sys.executable, "-m", "observatory", "events", "freeze", "--service", "playlist", "--json"],
                env={"OBSERVATORY_CATALOG": str(catalog), "PATH": ""},
                capture_output=True,
                text=True,
                check=False,
            ),
        )


def test_who_organises_a_launch_is_told_when_its_slice_is_gone(launch):
    (message,) = launch.told
    assert SLICE in message["text"]
    assert "PAGE" in message["text"]
    assert [one["slo"] for one in launch.report["incidents"] if one["slo"] == SLICE]
    (line,) = launch.report["slos"]
    assert line["bad"] > line["slice"] > 0
    assert not any(SLICE in text for text in launch.owners)


def test_a_launch_whose_slice_is_gone_freezes_what_it_is_about(launch):
    assert (launch.frozen.returncode, json.loads(launch.frozen.stdout)["by"][0]["event"]) == (20, "premiere")
