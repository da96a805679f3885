from datetime import UTC, datetime, timedelta

import pytest
from support.views import browse, organisation, small_views

from observatory.entrypoints.api.access import COOKIE, is_session, session_value

NOW = datetime(2026, 3, 18, tzinfo=UTC)
TOKEN = "correct horse"  # noqa: S105 - of a test
PROGRAMS = (
    "/metrics",
    "/readyz",
    "/api/v1/slos",
    "/api/v1/squads",
    "/api/v1/incidents",
    "/api/v1/openapi.json",
)
PAGES = (
    "/",
    "/slos",
    "/squads/playlists",
    "/slos/playlist/availability",
    "/incidents/x",
    "/static/refresh.js",
)


@pytest.mark.parametrize("path", PROGRAMS)
def test_programs_need_the_token(path):
    client = browse(small_views(), token=TOKEN)
    refused = client.get(path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert client.get(path, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_people_are_sent_to_sign_in_and_back(path):
    answer = browse(small_views(), token=TOKEN).get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer correct",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN} x",
        "Bearer \u00e9",
    ],
)
def test_anything_but_the_token_is_refused(header):
    client = browse(small_views(), token=TOKEN)
    assert client.get("/api/v1/slos", headers={"Authorization": header.encode("latin-1")}).status_code == 401


def test_the_process_says_that_it_lives_to_anyone():
    assert browse(small_views(), token=TOKEN).get("/healthz").status_code == 200


def test_every_route_of_the_schema_and_of_the_portal_is_closed():
    client = browse(organisation(), token=TOKEN)
    for route in client.app.routes:
        path = getattr(route, "path", "")
        if path not in {"/healthz", "/sign-in", "/sign-out", "/static", "/slack/interactions", ""}:
            methods = getattr(route, "methods", None) or {"GET"}
            for method in methods:
                assert client.request(method, path.replace("{", "").replace("}", "")).status_code in {
                    303,
                    401,
                }, path


def test_a_cookie_opens_reading_and_nothing_else():
    client = browse(small_views(), token=TOKEN)
    clock = client.app.state.views.clock.now()
    client.cookies.set(COOKIE, session_value(TOKEN, expires=clock + timedelta(hours=1)))
    assert client.get("/api/v1/slos").status_code == 200
    assert client.head("/").status_code == 200
    assert client.post("/api/v1/slos").status_code == 401


@pytest.mark.parametrize(
    ("value", "good"),
    [
        pytest.param(session_value(TOKEN, expires=NOW + timedelta(seconds=1)), True, id="ours"),
        pytest.param(session_value(TOKEN, expires=NOW), False, id="expired"),
        pytest.param(session_value("old", expires=NOW + timedelta(days=1)), False, id="of-an-old-token"),
        pytest.param(
            "9999999999." + session_value(TOKEN, expires=NOW + timedelta(days=1)).partition(".")[2],
            False,
            id="prolonged",
        ),
        pytest.param(TOKEN, False, id="the-token-itself"),
        pytest.param("", False, id="empty"),
        pytest.param(".", False, id="dot"),
        pytest.param("\u00fc.\u00fc", False, id="no-ascii"),
    ],
)
def test_a_session_is_ours_current_and_unchanged(value, good):
    assert is_session(value, TOKEN, now=NOW) is good


def test_the_cookie_does_not_hold_the_token():
    assert TOKEN not in session_value(TOKEN, expires=NOW)
