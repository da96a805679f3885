"""Who acknowledged, what is silenced and why: on the pages of an incident and of a squad."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from support.people import ANNA, NOW, a_page, a_silence, a_world

from observatory.alerting import Matcher, Subject
from observatory.application.silencing import NewSilence
from observatory.entrypoints.api.app import create_app
from observatory.settings import Settings


@pytest.fixture
def world():
    world = a_world()
    world.open(a_page(escalation=2, also_told=("C0SEARCH00",)))
    return world


@pytest.fixture
def http(world):
    with TestClient(create_app(world.views, Settings(), world.allowed)) as client:
        yield client


def test_the_incident_says_who_acknowledged_it_and_whom_it_had_called(world, http):
    world.allowed.acknowledge("inc-1", actor=ANNA)
    page = " ".join(http.get("/incidents/inc-1").text.split())
    assert "by anna, <time" in page
    assert 'anna acknowledged it <span class="faint">through api</span>' in page
    assert "2×, nobody had acknowledged it in time; told C0SEARCH00" in page


def test_the_incident_says_who_silenced_it_until_when_and_why(world, http):
    reason = "<script>alert(1)</script> the database moves"
    wanted = NewSilence(
        (Matcher(Subject.SERVICE, "playlist"),), "playlists", reason, NOW + timedelta(hours=1)
    )
    world.allowed.add_silence(wanted, actor=ANNA)
    for path in ("/incidents/inc-1", "/squads/playlists"):
        page = http.get(path).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; the database moves" in page
        assert "<script>alert" not in page
        assert "Sat 28 Mar" not in page
        assert "23:30 UTC" in page


@pytest.mark.parametrize(
    ("matchers", "shown"),
    [
        (["squad=playlists"], True),
        (["slo=~playlist/.*", "severity=ticket"], True),
        (["service=search"], False),
        (["squad=playlists", "service=search"], False),
    ],
)
def test_a_squad_sees_the_silences_that_concern_it(world, http, matchers, shown):
    world.alerts.record([], [], silences=[a_silence(*matchers)])
    assert ("the database moves" in http.get("/squads/playlists").text) is shown


def test_a_silence_of_the_future_says_when_it_begins_and_one_that_ended_is_gone(world, http):
    later = a_silence(starts_at=NOW + timedelta(minutes=15))
    world.alerts.record([], [], silences=[later, a_silence(id="s2", ends_at=NOW)])
    page = http.get("/squads/playlists").text
    assert page.count("the database moves") == 1
    assert "from 22:45 UTC" in page
