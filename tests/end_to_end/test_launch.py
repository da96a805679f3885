"""A launch for real: Prometheus, failing users, `observatory run`, and the room of the squad whose evening it is."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import httpx2
import pytest
from support.product import eventually, observatory_run, quick_catalog, ready, surroundings
from support.slack import postings

from observatory.bootstrap import system_clock
from observatory.sandbox.demo import Mode, Trouble

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

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


def test_who_organises_a_launch_is_told_when_its_slice_is_gone(tmp_path):
    catalog = quick_catalog(tmp_path / "catalog")
    (catalog / "search" / "premiere.yml").write_text(premiere(system_clock().now()))
    with surroundings(tmp_path) as world, observatory_run(world, catalog=catalog):
        eventually(lambda: ready(world.url), within=60)
        world.simulation.break_service("playlist", Trouble(Mode.ERRORS))

        def told():
            return [
                one for one in postings(world.slack.url, ORGANISERS_ROOM) if "of its slice" in one["text"]
            ]

        (message,) = eventually(told, within=120)
        report = httpx2.get(f"{world.url}/api/v1/events/premiere/report").raise_for_status().json()
        frozen = subprocess.run(
            [sys.executable, "-m", "observatory", "events", "freeze", "--service", "playlist", "--json"],
            env={"OBSERVATORY_CATALOG": str(catalog), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        owners = [one["text"] for one in postings(world.slack.url, OWNERS_ROOM)]
    assert SLICE in message["text"]
    assert "PAGE" in message["text"]
    assert [one["slo"] for one in report["incidents"] if one["slo"] == SLICE]
    (line,) = report["slos"]
    assert line["bad"] > line["slice"] > 0
    assert not any(SLICE in text for text in owners)
    assert (frozen.returncode, json.loads(frozen.stdout)["by"][0]["event"]) == (20, "premiere")
