import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.catalogs import PLACE, a_catalog, a_service, a_squad

from observatory.alerting import OwnedBecause, Rules, resolve_owner
from observatory.catalog import Catalog, Place, Slack
from observatory.catalog.model import Owns

CATALOG = a_catalog(
    a_service("playlist", squad="playlists"),
    a_service("lyrics", squad="playback", selector={"job": "web", "handler": "lyrics"}),
    a_service("player", squad="playback", selector={"job": "web"}),
    a_service("twin-a", squad="search", selector={"app": "twin"}),
    a_service("twin-b", squad="playback", selector={"app": "twin"}),
    squads=[
        a_squad("playlists"),
        a_squad("playback", owns=Owns(namespaces=("play*", "web"), files=("rules/play*",))),
        a_squad("search", owns=Owns(namespaces=("playground", "*-search"), files=("rules/playground.yml",))),
    ],
)
RULES = Rules(catch_all="C0ALL")
BY_LABEL, BY_SERVICE = OwnedBecause.SQUAD_LABEL, OwnedBecause.SERVICE_IN_CATALOG
BY_FILE, BY_NAMESPACE, NOBODY = OwnedBecause.FILE_OWNER, OwnedBecause.NAMESPACE_RULE, OwnedBecause.CATCH_ALL


def owner_of(**labels):
    return resolve_owner(labels, CATALOG, RULES)


@pytest.mark.parametrize(
    ("labels", "squad", "reason"),
    [
        pytest.param(
            {"squad": "search", "service": "playlist"}, "search", BY_LABEL, id="label before service"
        ),
        pytest.param({"squad": "gone", "service": "playlist"}, "playlists", BY_SERVICE, id="unknown squad"),
        pytest.param({"squad": "", "service": "playlist"}, "playlists", BY_SERVICE, id="empty label"),
        pytest.param(
            {"team": "search", "service": "playlist"}, "playlists", BY_SERVICE, id="untrusted label"
        ),
        pytest.param(
            {"service": "playlist", "namespace": "web"}, "playlists", BY_SERVICE, id="before namespace"
        ),
        pytest.param({"job": "playlist"}, "playlists", BY_SERVICE, id="labels of its series"),
        pytest.param(
            {"service": "kube-dns", "job": "web"}, "playback", BY_SERVICE, id="foreign service label"
        ),
        pytest.param({"app": "twin"}, None, NOBODY, id="labels of two squads' services"),
        pytest.param({"app": "twin", "namespace": "web"}, "playback", BY_NAMESPACE, id="namespace decides"),
        pytest.param({"rule_file": "rules/playback.yml"}, "playback", BY_FILE, id="file by pattern"),
        pytest.param({"rule_file": "rules/playground.yml"}, "search", BY_FILE, id="the exact file wins"),
        pytest.param({"rule_file": "catalog/search/own.yml"}, "search", BY_FILE, id="the squad's own folder"),
        pytest.param(
            {"rule_file": "rules/play.yml", "namespace": "a-search"}, "playback", BY_FILE, id="file first"
        ),
        pytest.param({"namespace": "playlists"}, "playback", BY_NAMESPACE, id="namespace by pattern"),
        pytest.param({"namespace": "playground"}, "search", BY_NAMESPACE, id="the exact namespace wins"),
        pytest.param({"namespace": "play-search"}, "search", BY_NAMESPACE, id="the longer pattern wins"),
        pytest.param({"namespace": "kube-system"}, None, NOBODY, id="nobody's namespace"),
        pytest.param({}, None, NOBODY, id="no label"),
    ],
)
def test_the_first_rule_that_knows_a_squad_decides(labels, squad, reason):
    owner = owner_of(**labels)
    assert (owner.squad.name if owner.squad else None, owner.reason) == (squad, reason)
    assert owner.trail[-1].rule is reason
    assert [step.decides for step in owner.trail] == [False] * (len(owner.trail) - 1) + [True]


def test_the_catalog_names_the_owner_and_where_it_is_written():
    owner = owner_of(service="playlist")
    assert owner.squad is CATALOG.squads["playlists"]
    assert (owner.channel, owner.fallback) == ("C0PLAYLISTS", "C0ONCALL00")
    assert (owner.reason, owner.place) == (BY_SERVICE, PLACE)


def test_every_rule_that_was_asked_is_told_with_its_reason_and_place():
    owner = owner_of(squad="playlist", service="serach", team="search", namespace="web")
    assert [(step.rule, step.says, str(step.place)) for step in owner.trail] == [
        (BY_LABEL, "label squad=playlist: there is no squad playlist, did you mean playlists?", "None"),
        (BY_LABEL, "label team=search is not trusted: it may come from a metric", "None"),
        (BY_SERVICE, "no service serach is in the catalog", "None"),
        (BY_NAMESPACE, "namespace web is claimed as web", "catalog/playback/squad.yml:1:1"),
    ]


def test_labels_that_are_listed_name_an_owner_in_the_order_of_the_list():
    rules = Rules(owner_labels=("team", "squad"))
    owner = resolve_owner({"squad": "search", "team": "playback"}, CATALOG, rules)
    assert (owner.squad, owner.reason) == (CATALOG.squads["playback"], BY_LABEL)


def test_without_a_trusted_label_even_squad_is_nobodys_word():
    owner = resolve_owner({"squad": "search", "service": "playlist"}, CATALOG, Rules(owner_labels=()))
    assert owner.squad is CATALOG.squads["playlists"]
    assert "not trusted" in owner.trail[0].says


@pytest.mark.parametrize("catch_all", ["C0ALL", None])
def test_a_squad_without_a_fallback_falls_back_to_the_catch_all(catch_all):
    squad = a_squad(slack=Slack(channel="C0PLAYLISTS"))
    owner = resolve_owner({"service": "playlist"}, a_catalog(squads=[squad]), Rules(catch_all))
    assert owner.fallback == catch_all


@pytest.mark.parametrize("catch_all", ["C0ALL", None])
def test_what_nobody_owns_is_for_the_catch_all(catch_all):
    owner = resolve_owner({"service": "billing"}, a_catalog(), Rules(catch_all))
    assert (owner.squad, owner.channel, owner.fallback, owner.place) == (None, catch_all, None, None)
    assert ("nobody can be told" in owner.trail[-1].says) is (catch_all is None)


def test_a_service_of_a_squad_that_nobody_knows_is_for_the_catch_all_and_has_a_place():
    catalog = Catalog(services={"playlist": a_service("playlist", squad="disbanded")})
    owner = resolve_owner({"service": "playlist"}, catalog, RULES)
    assert (owner.squad, owner.channel, owner.place) == (None, "C0ALL", PLACE)
    assert owner.reason is NOBODY


def test_a_service_of_a_squad_that_nobody_knows_belongs_to_the_squad_of_its_folder():
    place = Place("catalog/search/old.yml", 1)
    service = a_service("old", squad="disbanded", place=place)
    catalog = Catalog(services={"old": service}, squads={"search": a_squad("search")})
    owner = resolve_owner({"service": "old"}, catalog, RULES)
    assert (owner.squad, owner.reason) == (catalog.squads["search"], BY_FILE)


def test_a_folder_that_two_squads_share_is_neithers():
    squads = [a_squad(name, place=Place("catalog/squads.yml", 1)) for name in ("one", "two")]
    catalog = Catalog(squads={squad.name: squad for squad in squads})
    assert resolve_owner({"rule_file": "catalog/rules.yml"}, catalog, RULES).reason is NOBODY


WORDS = st.sampled_from(
    ["playlist", "playlists", "search", "playback", "web", "twin", "gone", "", "<!channel>"]
)
LABELS = st.dictionaries(
    st.sampled_from(["squad", "service", "job", "app", "namespace", "rule_file", "team"]), WORDS
)


@given(LABELS, LABELS)
def test_whatever_the_labels_somebody_is_told_and_foreign_labels_change_nothing(labels, foreign):
    owner = resolve_owner(labels, CATALOG, RULES)
    assert owner.channel is not None
    assert owner.channel == (owner.squad.slack.channel if owner.squad else "C0ALL")
    more = {f"x_{name}": value for name, value in foreign.items()}
    assert resolve_owner(labels | more, CATALOG, RULES) == owner
