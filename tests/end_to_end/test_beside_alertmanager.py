"""A real Alertmanager and a real Observatory beside each other: who tells people of somebody else's alert."""

from datetime import timedelta
from types import SimpleNamespace

import httpx2
import pytest
from support.alertmanager import alertmanager, generated
from support.product import CHANNELS, ROOT, World, eventually, observatory_run
from support.slack import postings

from observatory.adapters.alertmanager import HttpAlertmanager
from observatory.application.ports import Pushed
from observatory.bootstrap import system_clock
from observatory.outputs.alertmanager import tree
from observatory.sandbox import slack
from observatory.sandbox.demo.processes import port_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SEARCH = "C0SEARCH00"
NODE_DOWN = {"alertname": "NodeDown", "squad": "search", "severity": "page", "instance": "node-7"}


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """An alert fires in Alertmanager while Observatory is on watch; then somebody silences it there."""
    folder = tmp_path_factory.mktemp("beside")
    now = system_clock().now
    with (
        slack.running(channels=CHANNELS) as chat,
        alertmanager(folder / "alertmanager", generated(folder / "alertmanager", chat)) as server,
    ):
        world = World(folder, None, "http://127.0.0.1:9", chat, port_for(0))
        with observatory_run(
            world, catalog=ROOT / "catalog", OBSERVATORY_ALERTMANAGER_URLS=f'["{server.url}"]'
        ):
            theirs = HttpAlertmanager(server.url)
            eventually(lambda: on_watch(theirs), within=60)
            theirs.push([Pushed(NODE_DOWN, now() - timedelta(seconds=5), now() + timedelta(minutes=5))])
            held = next(one for one in theirs.alerts() if one.report.alert.name == "NodeDown")
            told = eventually(lambda: postings(chat.url, SEARCH), within=60)
            server.silence(
                {"alertname": "NodeDown"},
                starts=now().isoformat(),
                ends=(now() + timedelta(hours=1)).isoformat(),
            )
            quiet = eventually(lambda: silenced(postings(chat.url, SEARCH)), within=60)
            incidents = httpx2.get(f"{world.url}/api/v1/incidents").json()
            page = httpx2.get(f"{world.url}/incidents/{incidents[0]['id']}")
            everything = {channel: postings(chat.url, channel) for channel in CHANNELS}
    return SimpleNamespace(
        held=held, told=told, quiet=quiet, incidents=incidents, page=page, everything=everything
    )


def on_watch(server):
    return [one for one in server.alerts() if one.report.alert.labels.get(tree.WATCHES) == tree.ALERTS]


def silenced(messages):
    return [one for one in messages if "🔕 Silenced" in one["text"]]


def test_alertmanager_keeps_quiet_and_observatory_tells_the_owner_once(story):
    assert story.held.is_muted
    assert len(story.told) == 1
    assert "🔴 PAGE: NodeDown" in story.told[0]["text"]
    assert "attachments" not in story.told[0], "Alertmanager told it"


def test_nobody_else_hears_of_it(story):
    assert {channel for channel, told in story.everything.items() if told} == {SEARCH}


def test_a_silence_in_alertmanager_shows_in_the_same_message_with_its_author(story):
    assert [one["ts"] for one in story.quiet] == [story.told[0]["ts"]]
    assert "ada" in str(story.quiet[0]["blocks"])


def test_it_is_one_incident_of_the_squad(story):
    (incident,) = story.incidents
    assert (incident["slo"], incident["squad"], incident["state"]) == ("NodeDown", "search", "silenced")


def test_it_has_a_page_as_every_incident_has(story):
    assert story.page.status_code == 200
    assert "NodeDown" in story.page.text
