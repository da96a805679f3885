import pytest
from support.catalogs import PLACE, a_catalog, a_service, a_squad

from observatory.alerting import OwnedBecause, resolve_owner
from observatory.catalog import Catalog, Slack


def test_the_catalog_names_the_owner_and_where_it_is_written():
    catalog = a_catalog(a_service("playlist", squad="playlists"))
    owner = resolve_owner("playlist", catalog, catch_all="C0ALL")
    assert owner.squad is catalog.squads["playlists"]
    assert (owner.channel, owner.fallback) == ("C0PLAYLISTS", "C0ONCALL00")
    assert (owner.reason, owner.place) == (OwnedBecause.OWNER_IN_CATALOG, PLACE)


@pytest.mark.parametrize("catch_all", ["C0ALL", None])
def test_a_squad_without_a_fallback_falls_back_to_the_catch_all(catch_all):
    squad = a_squad(slack=Slack(channel="C0PLAYLISTS"))
    owner = resolve_owner("playlist", a_catalog(squads=[squad]), catch_all=catch_all)
    assert owner.fallback == catch_all


@pytest.mark.parametrize("catch_all", ["C0ALL", None])
def test_a_service_that_nobody_knows_is_for_the_catch_all(catch_all):
    owner = resolve_owner("billing", a_catalog(), catch_all=catch_all)
    assert (owner.squad, owner.channel, owner.fallback, owner.place) == (None, catch_all, None, None)
    assert owner.reason is OwnedBecause.UNKNOWN_SERVICE


def test_a_service_of_a_squad_that_nobody_knows_is_for_the_catch_all_and_has_a_place():
    catalog = Catalog(services={"playlist": a_service("playlist", squad="disbanded")})
    owner = resolve_owner("playlist", catalog, catch_all="C0ALL")
    assert (owner.squad, owner.channel, owner.place) == (None, "C0ALL", PLACE)
    assert owner.reason is OwnedBecause.UNKNOWN_SQUAD
