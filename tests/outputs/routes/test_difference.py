from support.catalogs import a_catalog, a_service, a_squad
from support.people import an_escalating_catalog

from observatory.alerting import Rules
from observatory.catalog import Catalog, Slack
from observatory.catalog.model import Owns
from observatory.outputs.routes import describe_routes

RULES = Rules("C0CATCHALL")


def test_the_same_definitions_move_nothing():
    catalog = an_escalating_catalog()
    assert describe_routes(catalog, catalog, RULES) == "### Alert routes\n\nEvery alert goes where it went.\n"


def test_a_service_that_changes_hands_is_told_in_all_that_changes_for_people():
    squads = [a_squad(), a_squad("search", slack=Slack(channel="C0SEARCH00", mention="S0SEARCH00"))]
    before = a_catalog(a_service(), squads=squads)
    after = a_catalog(a_service(squad="search"), squads=squads)
    assert describe_routes(before, after, RULES).splitlines()[2:] == [
        "Touches **playlists**, **search**.",
        "",
        "| alerts of | what | before | after |",
        "|---|---|---|---|",
        "| service playlist | owner | playlists | search |",
        "| service playlist | channel | C0PLAYLISTS | C0SEARCH00 |",
        "| service playlist | when it fails | C0ONCALL00, C0CATCHALL | C0CATCHALL |",
        "| service playlist | calls | S0PLAYLIST | S0SEARCH00 |",
        "| service playlist | unanswered pages | playlists | search |",
    ]


def test_hours_and_escalations_are_told():
    told = describe_routes(a_catalog(), an_escalating_catalog(hours="Mon-Fri 09:00-18:00"), RULES)
    assert "| service playlist | tickets | at any time | Mon-Fri 09:00-18:00 Europe/Stockholm |" in told
    assert (
        "| unanswered pages | playlists | playlists → 15m: playlists → 30m: search → 45m: platform |" in told
    )


def test_a_service_that_is_new_or_gone_and_a_claim_are_told():
    squad = a_squad(owns=Owns(namespaces=("play-*",)))
    told = describe_routes(Catalog(), a_catalog(squads=[squad]), RULES)
    assert "| service playlist | owner | - | playlists |" in told
    assert "| `namespace play-*` | channel | - | C0PLAYLISTS |" in told
    gone = describe_routes(a_catalog(squads=[squad]), Catalog(), RULES)
    assert "| service playlist | owner | playlists | - |" in gone
