"""The service is killed while Slack is being told: after the next start everybody has been told, and once."""

from types import SimpleNamespace

import httpx2
import pytest
from support.product import eventually, incidents, observatory_run, quick_catalog, ready, surroundings
from support.slack import postings

from observatory.sandbox.demo import Mode, Trouble

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

NEVER_ARRIVED, ANSWER_LOST = "C0PLAYLISTS", "C0SEARCH00"
SERVICES = {NEVER_ARRIVED: "playlist", ANSWER_LOST: "search"}


def hang(channel, *, applied):
    return {"trouble": "hang", "seconds": 20, "channel": channel, "applied": applied}


@pytest.fixture(scope="module")
def crash(tmp_path_factory):
    """What Slack shows, and what the outbox says, after a kill -9 with two posts under way."""
    folder = tmp_path_factory.mktemp("crash")
    with surroundings(folder) as world:
        catalog = quick_catalog(folder / "catalog")
        with observatory_run(world, catalog=catalog) as process:
            eventually(lambda: ready(world.url), within=60)
            faults = f"{world.slack.url}/admin/faults"
            for fault in (hang(NEVER_ARRIVED, applied=False), hang(ANSWER_LOST, applied=True)):
                httpx2.post(faults, json=fault).raise_for_status()
            for service in SERVICES.values():
                world.simulation.break_service(service, Trouble(Mode.ERRORS))
            eventually(lambda: httpx2.get(faults).json() == [], within=120)
            process.kill()
            process.wait()
        killed = {channel: postings(world.slack.url, channel) for channel in SERVICES}
        with observatory_run(world, catalog=catalog):
            eventually(lambda: all(postings(world.slack.url, channel) for channel in SERVICES), within=150)
            eventually(lambda: _all_told(world.url), within=150)
            yield SimpleNamespace(
                killed=killed,
                posted={channel: postings(world.slack.url, channel) for channel in SERVICES},
                incidents=incidents(world.url),
            )


def _all_told(url):
    """Whether nothing waits in the outbox for its first delivery."""
    lines = httpx2.get(f"{url}/metrics").text.splitlines()
    waiting = [line for line in lines if line.startswith("observatory_recent_deliveries{")]
    unsettled = [line for line in waiting if 'state="sending"' in line or 'state="ambiguous"' in line]
    return waiting and all(float(line.rsplit(" ", 1)[1]) == 0 for line in unsettled)


def test_one_post_had_arrived_when_the_service_was_killed_and_one_had_not(crash):
    assert [len(crash.killed[channel]) for channel in (NEVER_ARRIVED, ANSWER_LOST)] == [0, 1]


@pytest.mark.parametrize("channel", [NEVER_ARRIVED, ANSWER_LOST])
def test_every_incident_was_told_once(crash, channel):
    told = [message["text"] for message in crash.posted[channel]]
    about = [text for text in told if f"{SERVICES[channel]}/availability" in text]

    assert len(about) == 1, told


def test_no_incident_was_opened_twice(crash):
    opened = [(one["service"], one["slo"], one["severity"]) for one in crash.incidents]

    assert len(opened) == len(set(opened))
