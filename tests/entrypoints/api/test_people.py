"""What people do over HTTP: acknowledge, silence, read the audit log; and who may."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from support.people import NOW, a_page, a_world

from observatory.entrypoints.api.app import create_app
from observatory.settings import Settings

SILENCE = {
    "matchers": ["service=playlist"],
    "owner": "playlists",
    "reason": "the database moves",
    "by": "anna",
    "lasts": "2h",
}


@pytest.fixture
def world():
    world = a_world()
    world.open(a_page())
    return world


@pytest.fixture
def http(world):
    with TestClient(create_app(world.views, Settings(), world.allowed)) as client:
        yield client


def test_an_incident_is_acknowledged_and_shows_by_whom(http):
    done = http.post("/api/v1/incidents/inc-1/acknowledge", json={"by": " anna "})
    assert (done.status_code, done.json()["answer"]) == (200, "acknowledged")
    shown = http.get("/api/v1/incidents/inc-1").json()
    assert (shown["state"], shown["acknowledged_by"]) == ("acknowledged", "anna")
    assert done.json()["incident"]["acknowledged_by"] == "anna"
    again = http.post("/api/v1/incidents/inc-1/acknowledge", json={"by": "bob"}).json()
    assert (again["answer"], again["incident"]["acknowledged_by"]) == ("already_acknowledged", "anna")


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        pytest.param("inc-1", {"json": {}}, 422, id="nobody"),
        pytest.param("inc-1", {"json": {"by": " "}}, 422, id="no-name"),
        pytest.param("inc-1", {"json": {"by": "x" * 81}}, 422, id="endless"),
        pytest.param("inc-1", {"json": {"by": "anna", "as": "root"}}, 422, id="unknown-field"),
        pytest.param(
            "inc-1",
            {"content": b'{"by": NaN}', "headers": {"content-type": "application/json"}},
            422,
            id="nan",
        ),
        pytest.param(
            "inc-1",
            {"content": rb'{"by": "\ud800"}', "headers": {"content-type": "application/json"}},
            422,
            id="half",
        ),
        # A form of another site can't set application/json without being asked first.
        pytest.param(
            "inc-1",
            {"content": b'{"by": "anna"}', "headers": {"content-type": "text/plain"}},
            422,
            id="a-form",
        ),
        pytest.param("gone", {"json": {"by": "anna"}}, 404, id="unknown-incident"),
    ],
)
def test_what_is_not_right_is_a_problem_and_changes_nothing(http, world, path, sent, status):
    answer = http.post(f"/api/v1/incidents/{path}/acknowledge", **sent)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert world.alerts.audit() == []


def test_a_silence_is_added_listed_ended_and_audited(http, world):
    added = http.post("/api/v1/silences", json=SILENCE)
    assert added.status_code == 201
    silence = added.json()
    assert (silence["active"], silence["matchers"]) == (True, ["service=playlist"])
    assert http.get("/api/v1/silences").json() == [silence]
    assert http.get("/api/v1/incidents/inc-1").json()["silence"] == silence["id"]
    world.clock.advance(timedelta(minutes=5))
    ended = http.delete(f"/api/v1/silences/{silence['id']}", params={"by": "bob"}).json()
    assert ended["active"] is False
    assert http.get("/api/v1/silences").json() == []
    assert http.get("/api/v1/silences", params={"ended": True}).json() == [ended]
    audit = http.get("/api/v1/audit", params={"subject": silence["id"]}).json()
    assert [(one["who"], one["deed"], one["way"]) for one in audit] == [
        ("bob", "silence_expired", "api"),
        ("anna", "silenced", "api"),
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"matchers": []}, ["body.matchers"], id="no-matcher"),
        pytest.param({"matchers": ["x=1", "y"]}, ["there is no x", "not understood"], id="all-at-once"),
        pytest.param({"lasts": "8d"}, ["longer than 7 days"], id="too-long"),
        pytest.param({"lasts": "900000d"}, ["body.lasts"], id="endless"),
        pytest.param({"lasts": "999999w999999d"}, ["body.lasts"], id="more-than-there-is"),
        pytest.param({"lasts": "2 hours"}, ["for example 2h"], id="other-words"),
        pytest.param({"lasts": None}, ["exactly one of ends_at and lasts"], id="no-end"),
        pytest.param({"ends_at": "2027-01-01T00:00:00Z"}, ["exactly one of"], id="two-ends"),
        pytest.param({"lasts": None, "ends_at": "2026-03-29T00:00:00"}, ["body.ends_at"], id="no-zone"),
        pytest.param({"matchers": ["service=playlst"]}, ["did you mean playlist?"], id="typo"),
        pytest.param({"owner": " ", "reason": ""}, ["owner has", "reason has"], id="blank"),
    ],
)
def test_a_silence_that_is_not_right_says_what_would_be(http, changes, says):
    body = {key: value for key, value in (SILENCE | changes).items() if value is not None}
    answer = http.post("/api/v1/silences", json=body)
    assert answer.status_code == 422
    assert all(phrase in answer.json()["detail"] for phrase in says), answer.json()
    assert http.get("/api/v1/silences").json() == []


def test_longer_than_a_week_has_to_be_asked_for_twice(http):
    assert http.post("/api/v1/silences", json=SILENCE | {"lasts": "8d", "confirm": True}).status_code == 201


def test_times_come_back_in_utc(http):
    asked = SILENCE | {"lasts": None, "ends_at": "2026-03-29T12:00:00+02:00"}
    made = http.post("/api/v1/silences", json={key: one for key, one in asked.items() if one}).json()
    assert made["ends_at"] == "2026-03-29T10:00:00Z"


def test_nobody_acts_without_the_token_and_a_cookie_is_not_enough(world):
    settings = Settings(token="s3cret")  # noqa: S106 - of this test alone
    with TestClient(create_app(world.views, settings, world.allowed)) as http:
        path, body = "/api/v1/incidents/inc-1/acknowledge", {"by": "anna"}
        assert http.post(path, json=body).status_code == 401
        http.post("/sign-in", data={"token": "s3cret"})
        assert http.get("/api/v1/incidents").status_code == 200
        assert http.post(path, json=body).status_code == 401
        assert http.post(path, json=body, headers={"Authorization": "Bearer s3cret"}).status_code == 200


def test_the_command_line_is_known_by_its_name(http, world):
    http.post(
        "/api/v1/incidents/inc-1/acknowledge",
        json={"by": "anna"},
        headers={"User-Agent": "observatory-cli/1"},
    )
    (entry,) = world.alerts.audit()
    assert (entry.at, entry.actor.way) == (NOW, "cli")
