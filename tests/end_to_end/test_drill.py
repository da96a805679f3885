"""`observatory drill` against the product and a development Slack: the proof, the way round a dead channel, the exit code."""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import httpx2
import pytest
from support.people import a_world, served
from support.slack import CHANNELS, postings

from observatory.adapters.clock import SystemClock
from observatory.adapters.slack import SlackMessenger
from observatory.application.deliver import Deliver
from observatory.entrypoints.api.app import create_app
from observatory.entrypoints.cli import main
from observatory.sandbox.slack import running
from observatory.settings import Settings

SEARCH = "C0SEARCH00"


@pytest.fixture
def slack():
    with running(channels=CHANNELS | {SEARCH: "search"}, pace=None) as slack:
        yield slack


@pytest.fixture
def drill(slack, monkeypatch, capsys):
    """Runs the command beside an outbox that is delivered; gives the exit code and what it said."""
    world, ended = a_world(clock=SystemClock()), Event()
    messenger = SlackMessenger("xoxb-test", base_url=slack.api_url)

    def deliver(executor):
        rounds = Deliver(
            world.alerts,
            messenger,
            world.clock,
            lambda: world.board.snapshot.catalog,
            executor,
            "w1",
            catch_all="C0CATCHALL",
        )
        while not ended.wait(0.05):
            rounds()
            world.allowed.drills()

    def run(*words):
        monkeypatch.setenv("OBSERVATORY_URL", url)
        monkeypatch.setenv("OBSERVATORY_USER", "anna")
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["observatory", "drill", *words])
        with pytest.raises(SystemExit) as exited:
            main()
        return exited.value.code, capsys.readouterr()

    with ThreadPoolExecutor(4) as executor, served(create_app(world.views, Settings(), world.allowed)) as url:
        delivering = Thread(target=deliver, args=(executor,))
        delivering.start()
        yield run
        ended.set()
        delivering.join()


def told(slack, channel):
    return [message["text"] for message in postings(slack.url, channel)]


def test_every_squad_is_reached_and_the_proof_is_a_link_to_the_message(slack, drill):
    code, said = drill("--all")
    assert not code
    rows = [line.split() for line in said.out.splitlines() if f" {slack.url}/archives/" in line]
    assert [row[:2] for row in rows] == [[name, "arrived"] for name in ("platform", "playlists", "search")]
    assert rows[1][4] == "C0PLAYLISTS"
    assert rows[1][5].startswith(f"{slack.url}/archives/C0PLAYLISTS/p")
    assert len(told(slack, "C0PLAYLISTS")) == 1


def test_it_is_closed_in_its_thread(slack, drill):
    drill("--squad", "playlists")
    (root,) = postings(slack.url, "C0PLAYLISTS")
    for _ in range(200):
        thread = postings(slack.url, "C0PLAYLISTS", thread_ts=root["ts"])
        if len(thread) > 1:
            break
        Event().wait(0.05)
    assert "Drill over: it arrived after" in thread[1]["text"]


def test_a_dead_channel_shows_where_it_went_and_is_a_failure(slack, drill):
    body = {"id": "C0PLAYLISTS", "name": "playlists", "archived": True}
    httpx2.post(f"{slack.url}/admin/channels", json=body).raise_for_status()
    code, said = drill("--squad", "playlists", "--squad", "search")
    assert code == 2
    assert "elsewhere" in said.out
    assert "C0PLAYLISTS (is_archived) →" in said.out


def test_what_does_not_arrive_in_time_is_a_failure(slack, drill):
    body = {"method": "chat.postMessage", "trouble": "status", "status": 429, "retry_after": "60", "times": 9}
    httpx2.post(f"{slack.url}/admin/faults", json=body).raise_for_status()
    code, said = drill("--squad", "playlists", "--wait", "1")
    assert code == 2
    assert "not arrived" in said.out


@pytest.mark.parametrize("words", [(), ("--all", "--squad", "search"), ("--squad", "nobody")])
def test_a_drill_of_nobody_is_a_mistake(drill, words):
    code, said = drill(*words)
    assert code == 1
    assert "squad" in said.err
