"""Watchdogs and drills over HTTP."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from support.people import NOW, a_world

from observatory.adapters.memory.signs import MemorySigns
from observatory.entrypoints.api.app import create_app
from observatory.errors import Unavailable
from observatory.settings import Settings

PATH = "/api/v1/watchdogs/paris"
WATCHDOG = {
    "version": "4",
    "groupKey": '{}/{alertname="Watchdog"}:{alertname="Watchdog"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "observatory-watchdog",
    "groupLabels": {"alertname": "Watchdog"},
    "commonLabels": {"alertname": "Watchdog", "severity": "none"},
    "commonAnnotations": {"summary": "always fires"},
    "externalURL": "http://alertmanager:9093",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "Watchdog", "severity": "none"},
            "annotations": {"summary": "always fires"},
            "startsAt": "2026-03-18T02:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph",
            "fingerprint": "e1749c6d2ba4b5a1",
        }
    ],
}
"""As Alertmanager's webhook is documented: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config."""


def over(webhook):
    """The same alerts, declared resolved."""
    ended = [{**one, "status": "resolved"} for one in webhook["alerts"]]
    return {**webhook, "status": "resolved", "alerts": ended}


@pytest.fixture
def world():
    return a_world()


@pytest.fixture
def http(world):
    allowed = replace(world.allowed, signs=MemorySigns())
    with TestClient(create_app(world.views, Settings(), allowed), raise_server_exceptions=False) as client:
        client.signs = allowed.signs
        yield client


def test_alertmanagers_watchdog_is_a_sign_of_life(http):
    assert http.get("/api/v1/watchdogs").json() == []
    assert http.post(PATH, json=WATCHDOG).status_code == 204
    assert http.get("/api/v1/watchdogs").json() == [{"source": "paris", "heard_at": "2026-03-28T22:30:00Z"}]


def test_a_watchdog_that_is_resolved_says_that_prometheus_is_silent(http):
    assert http.post(PATH, json=over(WATCHDOG)).status_code == 204
    assert http.signs.heard() == {}


def test_one_that_fires_among_others_is_enough(http):
    mixed = {**WATCHDOG, "alerts": over(WATCHDOG)["alerts"] + WATCHDOG["alerts"]}
    http.post(PATH, json=mixed)
    assert http.signs.heard() == {"paris": NOW}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{}", id="no-alerts"),
        pytest.param(b'{"alerts": [{"status": "perhaps"}]}', id="another-status"),
        pytest.param(b'{"alerts": {"status": "firing"}}', id="no-list"),
        pytest.param(b"\xff\xfe", id="no-text"),
        pytest.param(b"[" * 50_000, id="a-tower"),
    ],
)
def test_what_is_no_webhook_is_a_mistake(http, body):
    answer = http.post(PATH, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert http.signs.heard() == {}


@pytest.fixture(scope="module")
def anybody():
    """The routes for whoever sends whatever."""
    world = a_world()
    allowed = replace(world.allowed, signs=MemorySigns())
    return TestClient(create_app(world.views, Settings(), allowed), raise_server_exceptions=False)


@given(body=st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_nothing_that_is_sent_breaks_it(anybody, body):
    answer = anybody.post(PATH, content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("source", ["-paris", "a" * 64, "par is", "%2e%2e", "päris"])
def test_a_source_has_a_plain_name(http, source):
    assert http.post(f"/api/v1/watchdogs/{source}", json=WATCHDOG).status_code in (404, 422)
    assert http.signs.heard() == {}


def test_a_database_that_is_away_is_told_so_that_alertmanager_tries_again(http, monkeypatch):
    def away(*_, **__):
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(http.signs, "hear", away)
    assert http.post(PATH, json=WATCHDOG).status_code == 503


def test_who_is_taken_down_on_purpose_is_forgotten(http):
    http.post(PATH, json=WATCHDOG)
    assert [http.delete(PATH).status_code for _ in range(2)] == [204, 404]


def test_a_sign_of_life_needs_the_token(world):
    allowed = replace(world.allowed, signs=MemorySigns())
    http = TestClient(create_app(world.views, Settings(token="s3cret"), allowed))  # noqa: S106 - of this test
    assert http.post(PATH, json=WATCHDOG).status_code == 401
    authorized = {"Authorization": "Bearer s3cret"}
    assert http.post(PATH, json=WATCHDOG, headers=authorized).status_code == 204


def test_a_drill_is_begun_and_looked_at(http, world):
    begun = http.post("/api/v1/drills", json={"squad": "playlists", "by": "anna"})
    assert begun.status_code == 201
    drill = begun.json()
    assert (drill["squad"], drill["arrived"], drill["permalink"]) == ("playlists", False, None)
    assert drill["route"] == [{"channel": "C0PLAYLISTS", "state": "pending", "error": None}]
    assert http.get(f"/api/v1/drills/{drill['id']}").json() == drill
    (entry,) = http.get("/api/v1/audit").json()
    assert (entry["deed"], entry["who"], entry["subject"]) == ("drilled", "anna", drill["id"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"squad": "nobody", "by": "anna"}, 404, id="unknown-squad"),
        pytest.param({"squad": "playlists"}, 422, id="no-name"),
        pytest.param({"squad": "playlists", "by": "anna", "loud": True}, 422, id="unknown-field"),
    ],
)
def test_a_drill_that_makes_no_sense_is_refused(http, body, status):
    assert http.post("/api/v1/drills", json=body).status_code == status


def test_an_incident_is_no_drill(http):
    assert http.get("/api/v1/drills/inc-1").status_code == 404


def test_a_drill_has_a_page_like_any_incident(http):
    drill = http.post("/api/v1/drills", json={"squad": "playlists", "by": "anna"}).json()
    page = http.get(f"/incidents/{drill['id']}")
    assert page.status_code == 200
    assert "drill/playlists" in page.text
    assert http.get("/").status_code == http.get("/squads/playlists").status_code == 200
