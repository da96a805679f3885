from datetime import timedelta

import pytest
from support.views import browse, small_views

from observatory.entrypoints.api.access import SESSION

TOKEN = "correct horse"  # noqa: S105 - of a test


def signed_in(**settings):
    client = browse(small_views(), token=TOKEN, **settings)
    client.post("/sign-in", data={"token": TOKEN})
    return client


def test_the_token_opens_the_pages_until_the_session_ends():
    client = signed_in()
    clock = client.app.state.views.clock
    assert client.get("/").status_code == 200
    clock.advance(SESSION - timedelta(seconds=1))
    assert client.get("/").status_code == 200
    clock.advance(timedelta(seconds=1))
    assert client.get("/").status_code == 303


def test_a_wrong_token_opens_nothing():
    client = browse(small_views(), token=TOKEN)
    answer = client.post("/sign-in", data={"token": "wrong", "next": "/slos"})
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert 'value="/slos"' in answer.text
    assert "set-cookie" not in answer.headers
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    ("settings", "secure"),
    [
        pytest.param({}, False, id="http"),
        pytest.param({"public_url": "https://slo.example"}, True, id="https"),
    ],
)
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(settings, secure):
    client = browse(small_views(), token=TOKEN, **settings)
    cookie = client.post("/sign-in", data={"token": TOKEN}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert ("secure" in cookie) is secure
    assert TOKEN not in cookie


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        pytest.param("/squads/playlists", "/squads/playlists", id="ours"),
        pytest.param("//evil.example", "/", id="other-host"),
        pytest.param("/\\evil.example", "/", id="backslash"),
        pytest.param("https://evil.example", "/", id="address"),
        pytest.param("/\t/evil.example", "/", id="tab-that-browsers-drop"),
        pytest.param("", "/", id="empty"),
    ],
)
def test_signing_in_leads_to_our_own_pages_only(wanted, location):
    answer = browse(small_views(), token=TOKEN).post("/sign-in", data={"token": TOKEN, "next": wanted})
    assert (answer.status_code, answer.headers["location"]) == (303, location)


def test_the_way_to_sign_in_remembers_where_one_wanted_to_go():
    client = browse(small_views(), token=TOKEN)
    page = client.get(client.get("/slos?state=breached").headers["location"])
    assert 'name="next" value="/slos?state=breached"' in page.text


def test_signing_in_is_by_post_alone():
    client = browse(small_views(), token=TOKEN)
    assert "set-cookie" not in client.get(f"/sign-in?token={TOKEN}").headers


def test_signing_out_takes_the_cookie_back():
    client = signed_in()
    assert client.post("/sign-out").status_code == 303
    assert client.get("/").status_code == 303


def test_without_a_token_there_is_nothing_to_sign_in_to():
    client = browse(small_views())
    assert client.post("/sign-in", data={"token": "x"}).headers["location"] == "/"
    assert "Sign out" not in client.get("/").text
