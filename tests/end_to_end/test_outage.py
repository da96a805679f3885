"""One outage from the first failing request to the resolved message: nothing of it is simulated but users and Slack."""

from types import SimpleNamespace

import httpx2
import pytest
from support.product import (
    CHANNELS,
    eventually,
    incidents,
    observatory_run,
    quick_catalog,
    ready,
    surroundings,
)
from support.servers import SERVERS, on_each
from support.slack import postings

from observatory.sandbox.demo import Mode, Trouble

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

CHANNEL = "C0PLAYLISTS"
SERIES = 'service="playlist",slo="availability"'


@pytest.fixture(scope="module")
def outages(tmp_path_factory):
    """The same outage on either server."""
    return on_each(_outage, tmp_path_factory)


@pytest.fixture(params=SERVERS)
def outage(request, outages):
    return outages[request.param]


def _outage(server, folder):
    """What could be seen while `playlist` was broken, and after it was healed."""
    with (
        surroundings(folder, server=server) as world,
        observatory_run(world, catalog=quick_catalog(folder / "catalog")),
    ):
        eventually(lambda: ready(world.url), within=150)
        calm = {channel: postings(world.slack.url, channel) for channel in CHANNELS}

        world.simulation.break_service("playlist", Trouble(Mode.ERRORS))
        eventually(lambda: postings(world.slack.url, CHANNEL), within=90)
        burning = SimpleNamespace(
            posted={channel: postings(world.slack.url, channel) for channel in CHANNELS},
            incidents=incidents(world.url),
            metrics=httpx2.get(f"{world.url}/metrics").text,
            page=httpx2.get(f"{world.url}/slos/playlist/availability"),
            ready=httpx2.get(f"{world.url}/readyz").json(),
        )

        world.simulation.heal_service("playlist")
        page = next(one["id"] for one in burning.incidents if one["severity"] == "page")
        eventually(lambda: incidents(world.url, state="resolved"), within=240)
        ts = burning.posted[CHANNEL][0]["ts"]
        thread = eventually(lambda: _closed(world.slack.url, ts), within=60)
        eventually(lambda: "esolved" in postings(world.slack.url, CHANNEL)[0]["text"], within=60)
        over = SimpleNamespace(
            posted={channel: postings(world.slack.url, channel) for channel in CHANNELS},
            incident=httpx2.get(f"{world.url}/api/v1/incidents/{page}").json(),
            thread=thread,
            scraped=_scraped(world.prometheus),
        )
        return SimpleNamespace(calm=calm, burning=burning, over=over)


def _closed(slack, ts):
    """What is in the thread once it says that it is over."""
    thread = postings(slack, CHANNEL, thread_ts=ts)[1:]
    return thread if any("esolved" in one["text"] for one in thread) else None


def _scraped(prometheus):
    query = {"query": 'observatory_slo_sli_ratio{service="playlist",slo="availability"}'}
    return httpx2.get(f"{prometheus}/api/v1/query", params=query).json()["data"]["result"]


def test_nothing_is_said_while_nothing_is_wrong(outage):
    assert not any(outage.calm.values())


def test_the_owner_is_told_and_nobody_else(outage):
    told = {channel: len(messages) for channel, messages in outage.burning.posted.items()}

    assert told == dict.fromkeys(CHANNELS, 0) | {CHANNEL: 1}


def test_the_message_names_service_promise_and_severity(outage):
    text = outage.burning.posted[CHANNEL][0]["text"]

    assert "playlist" in text
    assert "availability" in text


def test_the_api_knows_the_same_incident(outage):
    (page,) = [one for one in outage.burning.incidents if one["severity"] == "page"]

    assert (page["squad"], page["service"], page["slo"], page["state"]) == (
        "playlists",
        "playlist",
        "availability",
        "firing",
    )


def test_the_product_stays_ready_through_it(outage):
    assert outage.burning.ready == {"status": "ready"}


def test_its_metrics_say_that_the_service_burns(outage):
    lines = outage.burning.metrics.splitlines()
    burn = [line for line in lines if line.startswith("observatory_slo_burn_rate{") and SERIES in line]
    fast = next(line for line in burn if 'window="5m"' in line)

    assert float(fast.rsplit(" ", 1)[1]) > 1
    assert any(line.startswith("observatory_incidents{") and SERIES in line for line in lines)


def test_the_server_has_scraped_them(outage):
    assert {one["metric"]["job"] for one in outage.over.scraped} == {"observatory"}


def test_the_portal_shows_the_promise(outage):
    assert outage.burning.page.status_code == 200
    assert "playlist" in outage.burning.page.text
    assert outage.burning.incidents[0]["id"] in outage.burning.page.text


def test_the_same_message_is_resolved_and_its_thread_says_so(outage):
    before, after = outage.burning.posted[CHANNEL], outage.over.posted[CHANNEL]

    assert [message["ts"] for message in after] == [message["ts"] for message in before]
    assert "esolved" in after[0]["text"]
    assert outage.over.incident["state"] == "resolved"


def test_the_thread_has_a_chart_of_the_burn(outage):
    charts = [file["name"] for one in outage.over.thread for file in one.get("files", ())]

    assert charts[:1] == [f"burn-{outage.over.incident['id']}.png"]


def test_nobody_else_hears_of_the_end_either(outage):
    others = {channel for channel, messages in outage.over.posted.items() if messages}

    assert others == {CHANNEL}
