"""Alertmanager's webhook over HTTP."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient
from support.people import a_world

from observatory.adapters.memory.reports import MemoryReports
from observatory.application.alertmanager import Receive
from observatory.entrypoints.api import alertmanager
from observatory.entrypoints.api.app import create_app
from observatory.errors import Unavailable
from observatory.settings import Settings

PATH = "/api/v1/alertmanager"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
RECORDED = {
    "receiver": "observatory",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "PostgresDown", "service": "playlist", "severity": "page"},
            "annotations": {"summary": "Postgres is down"},
            "startsAt": "2026-11-20T13:15:04.5Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example/graph?g0.expr=up",
            "fingerprint": "d22bf7e9a0a3ff17",
        },
        {
            "status": "resolved",
            "labels": {"alertname": "NodeDown"},
            "annotations": {},
            "startsAt": "2026-11-20T13:00:00+01:00",
            "endsAt": "2026-11-20T13:10:00+01:00",
            "generatorURL": "",
            "fingerprint": "57c5aa2ee53b1b6f",
        },
    ],
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager.example:9093",
    "version": "4",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
}
"""What version 0.25 sends, firing and resolved in one message."""


class Away(MemoryReports):
    """A database that can't be reached."""

    def hear(self, told):  # noqa: ARG002 - the port's
        raise Unavailable("the database does not answer")


@pytest.fixture
def reports():
    return MemoryReports()


def serving(reports, **settings):
    world = a_world()
    allowed = replace(world.allowed, receive=Receive(reports))
    return TestClient(create_app(world.views, Settings(**settings), allowed), raise_server_exceptions=False)


def with_alert(**changes):
    alert = RECORDED["alerts"][0] | changes
    return RECORDED | {"alerts": [alert, RECORDED["alerts"][1]]}


def test_what_fires_and_what_is_over_is_kept(reports):
    answer = serving(reports).post(PATH, json=RECORDED)

    assert answer.status_code == 200
    assert answer.json() == {"alerts": 2, "news": 2, "passed_over": 0, "unreadable": []}
    over, fires = reports.reports(since=LONG_AGO)
    assert (fires.alert.name, fires.firing, fires.ended_at) == ("PostgresDown", True, None)
    assert (over.alert.name, over.firing, over.ended_at) == (
        "NodeDown",
        False,
        datetime(2026, 11, 20, 12, 10, tzinfo=UTC),
    )


def test_the_same_webhook_twice_is_no_news(reports):
    http = serving(reports)
    http.post(PATH, json=RECORDED)

    assert http.post(PATH, json=RECORDED).json()["news"] == 0


def test_what_newer_versions_add_is_passed_over(reports):
    newer = RECORDED | {"notification_reason": "first notification", "routeLabels": {"a": "b"}}

    assert serving(reports).post(PATH, json=newer).json()["news"] == 2


def test_what_cannot_be_stored_is_to_be_sent_again():
    answer = serving(Away()).post(PATH, json=RECORDED)

    assert (answer.status_code, "does not answer" in answer.json()["detail"]) == (503, True)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        pytest.param({"startsAt": "yesterday"}, "startsAt", id="no time"),
        pytest.param({"startsAt": "2026-11-20T13:15:04"}, "timezone", id="no zone"),
        pytest.param({"fingerprint": "../../etc"}, "fingerprint", id="no fingerprint"),
        pytest.param({"labels": {}}, "labels", id="no labels"),
        pytest.param({"labels": {"a": 1}}, "labels.a", id="a number for a label"),
        pytest.param({"status": "burning"}, "status", id="no status"),
    ],
)
def test_one_alert_that_cannot_be_read_costs_nothing_but_itself(reports, changes, wrong):
    answer = serving(reports).post(PATH, json=with_alert(**changes)).json()

    assert answer["news"] == 1
    assert answer["unreadable"][0].startswith("alerts[0]")
    assert wrong in answer["unreadable"][0]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half of it"),
        pytest.param(b"[]", id="a list"),
        pytest.param(json.dumps(RECORDED | {"version": "3"}).encode(), id="an older version"),
        pytest.param(json.dumps({"version": "4"}).encode(), id="no alerts"),
        pytest.param(b"\xff\xfe", id="no text"),
    ],
)
def test_what_is_no_webhook_is_told_so(reports, body):
    answer = serving(reports).post(PATH, content=body)

    assert (answer.status_code, reports.reports(since=LONG_AGO)) == (422, [])


def test_a_body_is_read_no_further_than_its_limit(reports, monkeypatch):
    monkeypatch.setattr(alertmanager, "LARGEST", 100)

    assert serving(reports).post(PATH, json=RECORDED).status_code == 413


def test_endless_labels_are_cut_and_stored(reports):
    labels = {"alertname": "A\0B"} | {f"label{number:03}": "x" * 5_000 for number in range(200)}
    serving(reports).post(PATH, json=with_alert(labels=labels, annotations={"summary": "y" * 100_000}))

    (fires,) = [one for one in reports.reports(since=LONG_AGO) if one.firing]
    assert (len(fires.alert.labels), fires.alert.name) == (64, "A\ufffdB")
    assert max(map(len, fires.alert.labels.values())) == 1_000


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param({"alertname": "ObservatoryOnWatch", "origin": "observatory"}, id="on watch"),
        pytest.param({"alertname": "ErrorBudgetBurn", "origin": "observatory"}, id="pushed by us"),
        pytest.param({"alertname": "Watchdog", "severity": "none"}, id="no word to people"),
    ],
)
def test_what_came_from_us_and_what_is_for_machines_is_passed_over(reports, labels):
    answer = serving(reports).post(PATH, json=with_alert(labels=labels)).json()

    assert (answer["news"], answer["passed_over"]) == (1, 1)


@pytest.mark.parametrize(
    ("method", "path", "secret", "status"),
    [
        pytest.param("POST", PATH, "for-people", 200, id="everybody's token"),
        pytest.param("POST", PATH, "for-alertmanager", 200, id="its own token"),
        pytest.param("POST", PATH, "guessed", 401, id="another one"),
        pytest.param("POST", PATH, "", 401, id="none"),
        pytest.param("GET", "/api/v1/slos", "for-alertmanager", 401, id="its own opens nothing else"),
        pytest.param("POST", "/api/v1/silences", "for-alertmanager", 401, id="nor can it silence"),
        pytest.param("DELETE", "/api/v1/watchdogs/am", "for-alertmanager", 401, id="nor forget a watchdog"),
    ],
)
def test_alertmanager_shows_its_own_token_and_can_send_alerts_with_it_only(
    reports, method, path, secret, status
):
    secrets = {"token": "for-people", "alertmanager_token": "for-alertmanager"}
    http = serving(reports, **secrets)

    answer = http.request(method, path, json=RECORDED, headers={"Authorization": f"Bearer {secret}"})

    assert answer.status_code == status
