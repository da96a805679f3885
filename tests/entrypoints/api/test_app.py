import re

import pytest
from starlette.testclient import TestClient
from support.views import browse, organisation, small_views

from observatory.entrypoints.api.app import create_app
from observatory.settings import Settings


def test_the_description_lists_every_route_for_programs_and_none_for_people():
    paths = browse(small_views()).get("/api/v1/openapi.json").json()["paths"]
    assert {
        "/api/v1/slos",
        "/api/v1/slos/{service}/{slo}",
        "/api/v1/squads",
        "/api/v1/incidents",
        "/metrics",
    } <= set(paths)
    assert not {"/", "/slos", "/sign-in"} & set(paths)


def test_a_wrong_path_and_a_wrong_method_say_what_would_be_right():
    client = browse(small_views())
    assert "/api/v1/openapi.json" in client.get("/api/v1/slo").json()["detail"]
    refused = client.delete("/api/v1/slos")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")
    assert "it takes GET" in refused.json()["detail"]


def test_a_mistake_of_ours_is_told_without_its_inside():
    views = small_views()
    object.__setattr__(views, "burn_down", lambda _: 1 / 0)
    client = TestClient(create_app(views, Settings()), raise_server_exceptions=False)
    answer = client.get("/slos/playlist/availability")
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("stripped", [True, False], ids=["proxy-strips-the-path", "proxy-keeps-the-path"])
def test_it_may_live_below_a_path(stripped):
    client = browse(organisation(), public_url="https://music.example/observatory/")
    page = client.get("/squads/playlists" if stripped else "/observatory/squads/playlists")
    assert page.status_code == 200
    links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
    assert links
    assert [link for link in links if not link.startswith("/observatory/")] == []
    assert client.get("/observatory/static/portal.css").status_code == 200
