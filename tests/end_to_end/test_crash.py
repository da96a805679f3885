"""The service is killed while Slack is being told: after the next start everybody has been told, and once."""

import re
from types import SimpleNamespace

import httpx2
import pytest
from support.product import eventually, incidents, observatory_run, quick_catalog, surroundings
from support.servers import SERVERS, on_each
from support.slack import plan_fault, postings

from observatory.sandbox.demo import Mode, Trouble

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

NEVER_ARRIVED, ANSWER_LATE, ANSWER_LOST = "C0PLAYLISTS", "C0SEARCH00", "C0PLAYBACK"
SERVICES = {NEVER_ARRIVED: "playlist", ANSWER_LATE: "search", ANSWER_LOST: "playback"}
LONGER_THAN_THE_TEST = {"trouble": "hang", "seconds": 3600}
FAULTS = (
    {"channel": NEVER_ARRIVED, **LONGER_THAN_THE_TEST},
    {"channel": ANSWER_LATE, "applied": True, **LONGER_THAN_THE_TEST},
    {"channel": ANSWER_LOST, "applied": True, "trouble": "drop"},
    {"channel": ANSWER_LOST, "method": "conversations.history", **LONGER_THAN_THE_TEST},
)


@pytest.fixture(scope="module")
def crashes(tmp_path_factory):
    """The same crash on either server."""
    return on_each(_crash, tmp_path_factory)


@pytest.fixture(params=SERVERS)
def crash(request, crashes):
    return crashes[request.param]


def _crash(server, folder):
    """What Slack shows, and what the outbox says, after a kill -9 with three posts under way.

    Everything is broken before the start, so that one tick opens all incidents and one round of delivery takes all of
    them: the first has not given up yet when the last one has begun to look for the message whose answer was lost.
    """
    with surroundings(folder, server=server) as world:
        catalog = quick_catalog(folder / "catalog")
        for service in SERVICES.values():
            world.simulation.break_service(service, Trouble(Mode.ERRORS))
        for fault in FAULTS:
            plan_fault(world.slack.url, **fault)
        with observatory_run(world, catalog=catalog) as process:
            eventually(lambda: httpx2.get(f"{world.slack.url}/admin/faults").json() == [], within=200)
            process.kill()
            process.wait()
        killed = {channel: postings(world.slack.url, channel) for channel in SERVICES}
        with observatory_run(world, catalog=catalog):
            eventually(lambda: all(postings(world.slack.url, channel) for channel in SERVICES), within=150)
            eventually(lambda: _all_told(world.url), within=150)
            return SimpleNamespace(
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


def test_two_posts_had_arrived_when_the_service_was_killed_and_one_had_not(crash):
    assert {channel: len(messages) for channel, messages in crash.killed.items()} == {
        NEVER_ARRIVED: 0,
        ANSWER_LATE: 1,
        ANSWER_LOST: 1,
    }


@pytest.mark.parametrize("channel", SERVICES)
def test_every_incident_was_told_once(crash, channel):
    told = [message["text"] for message in crash.posted[channel]]
    about = [text for text in told if f"{SERVICES[channel]}/availability" in text]

    assert len(about) == 1, told


@pytest.mark.parametrize("channel", [ANSWER_LATE, ANSWER_LOST])
def test_what_had_arrived_is_the_message_that_is_kept_current(crash, channel):
    (before,) = crash.killed[channel]
    (promise,) = re.findall(r"[\w-]+/[\w-]+", before["text"])
    (after,) = [one for one in crash.posted[channel] if promise in one["text"]]

    assert after["ts"] == before["ts"]


def test_no_incident_was_opened_twice(crash):
    opened = [(one["service"], one["slo"], one["severity"]) for one in crash.incidents]

    assert len(opened) == len(set(opened))
