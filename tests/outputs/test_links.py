import re

import pytest

from observatory.outputs.links import dashboard_url, service_uid, squad_uid

LONG = "a-service-whose-name-is-far-too-long-to-be-a-uid"


def test_a_uid_is_readable_where_the_name_allows_it():
    assert (service_uid("playlist"), squad_uid("playlists")) == ("service-playlist", "squad-playlists")


@pytest.mark.parametrize("name", [LONG, LONG + "-2", "x" * 63, "with_underscore", "Ünïcode"])
def test_every_uid_is_one_that_grafana_and_kubernetes_take(name):
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", service_uid(name))


def test_names_that_differ_at_the_end_have_different_uids():
    assert len({service_uid(f"{LONG}-{number}") for number in range(1000)}) == 1000


def test_a_service_and_a_squad_of_the_same_name_do_not_meet():
    assert service_uid(LONG) != squad_uid(LONG)
    assert service_uid("search") != squad_uid("search")


@pytest.mark.parametrize(
    ("grafana", "url"),
    [
        ("https://grafana.example/", "https://grafana.example/d/service-a"),
        ("https://example/grafana", "https://example/grafana/d/service-a"),
        (None, "/d/service-a"),
    ],
)
def test_a_dashboard_has_an_address(grafana, url):
    assert dashboard_url(service_uid("a"), grafana) == url
