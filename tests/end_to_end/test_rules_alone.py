"""Observatory is not running: Prometheus with the generated rules and Alertmanager with the generated routes page alone.

Everything is real but the users and Slack. The rules are those of the example organisation with two changes: they count
every five seconds, in buckets of five seconds, where the committed ones take a minute; and collaboration is being
maintained while it fails.
"""

import re
from datetime import timedelta
from types import SimpleNamespace

import httpx2
import pytest
from support.alertmanager import alertmanager, generated
from support.product import CHANNELS, ROOT, eventually
from support.prometheus import evaluating
from support.slack import postings, words

from observatory.adapters.alertmanager import HttpAlertmanager
from observatory.adapters.files import CatalogFolder
from observatory.application.ports import Pushed
from observatory.bootstrap import system_clock
from observatory.catalog import parse_catalog
from observatory.outputs.alertmanager import tree
from observatory.outputs.rules import rule_files
from observatory.sandbox import slack
from observatory.sandbox.demo import Mode, Trouble
from observatory.sandbox.demo.organisation import SERVICES
from observatory.sandbox.demo.services import MetricsServers, Simulation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PLAYLISTS, SEARCH, PLAYBACK = "C0PLAYLISTS", "C0SEARCH00", "C0PLAYBACK"
WATCHED = ("playlists/", "playback/playback", "playback/listen-together")


UPKEEP = """\
apiVersion: observatory/v1
kind: Event
name: upkeep
squad: playlists
mode: exclude
reason: Announced.
affects: {{services: [collaboration]}}
start: {start:%Y-%m-%d %H:%M}
lasts: 1h
timezone: UTC
"""


def rules():
    """The generated rules on a faster clock, with a maintenance that has just begun."""
    now = system_clock().now()
    upkeep = UPKEEP.format(start=now - timedelta(minutes=now.minute % 5)).encode()
    catalog = parse_catalog({**CatalogFolder(ROOT / "catalog").read(), "upkeep.yml": upkeep}).valid()
    return {
        name: re.sub(r"(interval: |offset )1m\b", r"\g<1>5s", slow).replace("[59s999ms]", "[4s999ms]")
        for name, slow in rule_files(catalog).items()
        if name.startswith(WATCHED) or "/" not in name
    }


def firing(url, service):
    answer = httpx2.get(
        f"{url}/api/v1/query", params={"query": f'ALERTS{{service="{service}",severity="page"}}'}
    )
    return answer.json()["data"]["result"]


def counted(url):
    query = 'count(slo:total_events:sum{window="1h",service="playlist"})'
    return httpx2.get(f"{url}/api/v1/query", params={"query": query}).json()["data"]["result"]


def counts(url, service):
    """Bad events of a service's availability so far: as they are judged, and all of them."""
    series = [f"slo:{kind}bad_events:increase1m" for kind in ("", "unadjusted_")]
    queries = [f'sum(sum_over_time({one}{{service="{service}",slo="availability"}}[1h]))' for one in series]
    answers = [httpx2.get(f"{url}/api/v1/query", params={"query": query}).json() for query in queries]
    return [float(answer["data"]["result"][0]["value"][1]) for answer in answers]


@pytest.fixture(scope="module")
def drill(tmp_path_factory):
    """What Slack shows after an outage of `playlist` that nobody but Prometheus and Alertmanager looked at."""
    folder = tmp_path_factory.mktemp("drill")
    simulation = Simulation(started=system_clock().now(), seed=0)
    ports = {service.name: 0 for service in SERVICES}
    with (
        MetricsServers(simulation, clock=system_clock(), host="127.0.0.1", ports=ports) as services,
        slack.running(channels=CHANNELS) as chat,
        alertmanager(folder / "alertmanager", generated(folder / "alertmanager", chat)) as routes,
        evaluating(
            folder / "prometheus",
            rules=rules(),
            targets=services.addresses,
            every="5s",
            alertmanager=routes.url,
        ) as url,
    ):
        eventually(lambda: counted(url), within=60)
        calm = everything(chat)
        for service in ("playlist", "collaboration"):
            simulation.break_service(service, Trouble(Mode.ERRORS))
        eventually(lambda: firing(url, "playlist"), within=90)
        for channel in (PLAYLISTS, PLAYBACK):
            eventually(lambda channel=channel: postings(chat.url, channel), within=90)
        return SimpleNamespace(calm=calm, told=everything(chat), left_out=counts(url, "collaboration"))


def everything(chat):
    return {channel: postings(chat.url, channel) for channel in CHANNELS}


def test_nothing_is_said_while_nothing_is_wrong(drill):
    assert not any(drill.calm.values())


def test_an_outage_pages_its_squad_and_that_of_the_journey_and_no_other(drill):
    assert {channel for channel, told in drill.told.items() if told} == {PLAYLISTS, PLAYBACK}


def test_the_journeys_page_names_the_component_that_fails(drill):
    said = words(drill.told[PLAYBACK][0])

    assert "🔴 PAGE: listen-together/" in said
    assert "Most of it comes from playlist/availability" in said or "collaboration/availability" in said


def test_what_fails_in_its_maintenance_is_counted_apart_and_tells_nobody(drill):
    judged, every = drill.left_out

    assert (judged, every > 0) == (0, True)
    assert not any("collaboration/" in words(one).partition("burns")[0] for one in drill.told[PLAYLISTS])


def test_the_page_says_what_burns_whose_it_is_and_calls_who_is_on_call(drill):
    said = words(drill.told[PLAYLISTS][0])

    assert "🔴 PAGE: playlist/" in said
    assert "burns its error budget" in said
    assert "<!subteam^S0PLAYLIST>" in said
    assert "Owner: playlists, whose other channel is <#C0ONCALL00>" in said
    assert "|Runbook>" in said
    assert "|Prometheus>" in said


def an_alert(now, *, ends=None, **labels):
    return Pushed(labels, now - timedelta(seconds=5), ends or now + timedelta(minutes=5))


@pytest.fixture(scope="module")
def routes(tmp_path_factory):
    """The generated routes, and nobody who evaluates rules."""
    folder = tmp_path_factory.mktemp("routes")
    with (
        slack.running(channels=CHANNELS) as chat,
        alertmanager(folder / "alertmanager", generated(folder / "alertmanager", chat)) as server,
    ):
        yield SimpleNamespace(chat=chat, server=server, now=system_clock().now)


def test_a_label_pings_nobody(routes):
    evil = {"alertname": "<!channel>", "squad": "search", "service": "<@U1> & <!here>", "severity": "page"}
    HttpAlertmanager(routes.server.url).push([an_alert(routes.now(), **evil)])

    (told,) = eventually(lambda: postings(routes.chat.url, SEARCH), within=30)

    assert "&lt;@U1&gt; &amp; &lt;!here&gt;: &lt;!channel&gt;" in words(told)
    assert "<!here>" not in words(told)
    assert "<!channel>" not in words(told)


def test_while_observatory_is_on_watch_alertmanager_keeps_quiet_and_then_tells_what_it_held_back(routes):
    server = HttpAlertmanager(routes.server.url)
    burns = {"squad": "playback", "service": "lyrics", "slo": "availability", "severity": "page"}
    seen = {"alertname": tree.ON_WATCH, tree.WATCHES: tree.SLOS, "service": "lyrics"}
    before = len(postings(routes.chat.url, SEARCH))
    server.push([an_alert(routes.now(), **seen)])
    server.push([an_alert(routes.now(), alertname="ErrorBudgetBurnFast", **burns)])
    # Sent later and just as patient: when it has come, the other one would have come as well.
    server.push([an_alert(routes.now(), alertname="Other", squad="search", severity="page")])
    eventually(lambda: len(postings(routes.chat.url, SEARCH)) > before, within=30)
    assert postings(routes.chat.url, PLAYBACK) == []

    server.push([an_alert(routes.now(), ends=routes.now(), **seen)])

    (told,) = eventually(lambda: postings(routes.chat.url, PLAYBACK), within=30)
    assert "lyrics/availability burns its error budget" in words(told)
