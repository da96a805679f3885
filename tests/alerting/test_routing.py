from datetime import UTC, datetime, timedelta

import pytest
from support.catalogs import a_catalog, a_service, a_squad
from support.people import an_escalating_catalog
from support.slack import CATCH_ALL

from observatory.alerting import Rules
from observatory.alerting.routing import Call, route, routes
from observatory.catalog import Slack
from observatory.catalog.model import Owns

CATALOG = an_escalating_catalog(hours="Mon-Fri 09:00-18:00")
RULES = Rules(CATCH_ALL)


def minutes(count):
    return timedelta(minutes=count)


def test_a_route_tells_every_call_with_its_time_and_who_is_called():
    found = route({"service": "playlist"}, CATALOG, RULES)
    assert found.squad == "playlists"
    assert found.fallbacks == ("C0ONCALL00", CATCH_ALL)
    assert found.calls == (
        Call(minutes(0), "C0PLAYLISTS", "playlists", "S0PLAYLIST"),
        Call(minutes(15), "C0PLAYLISTS", "playlists", "S0PLAYLIST"),
        Call(minutes(30), "C0SEARCH00", "search", "S0SEARCH00"),
        Call(minutes(45), CATCH_ALL, "platform", "S0PLATFORM"),
    )


def test_a_squad_that_does_not_escalate_is_called_once():
    found = route({"service": "playlist"}, a_catalog(), Rules())
    assert found.calls == (Call(minutes(0), "C0PLAYLISTS", "playlists", "S0PLAYLIST"),)
    assert found.fallbacks == ("C0ONCALL00",)


def test_a_fallback_that_is_the_channel_itself_is_no_other_way():
    squad = a_squad(slack=Slack(channel="C0LONELY00", fallback="C0LONELY00"))
    assert route({"service": "playlist"}, a_catalog(squads=[squad]), Rules("C0LONELY00")).fallbacks == ()


@pytest.mark.parametrize(("catch_all", "calls"), [(CATCH_ALL, 1), (None, 0)])
def test_what_nobody_owns_reaches_the_catch_all_or_nobody(catch_all, calls):
    found = route({"service": "gone"}, CATALOG, Rules(catch_all))
    assert (found.squad, found.ownership.channel, len(found.calls)) == (None, catch_all, calls)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        pytest.param(
            datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 3, 27, 12, tzinfo=UTC), id="in hours"
        ),
        pytest.param(
            datetime(2026, 3, 27, 22, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC), id="over DST"
        ),
    ],
)
def test_a_ticket_waits_for_the_owners_hours(now, due):
    assert route({"service": "playlist"}, CATALOG, RULES).ticket_due(now) == due


def test_without_hours_a_ticket_does_not_wait():
    now = datetime(2026, 3, 28, 3, tzinfo=UTC)
    assert route({"service": "gone"}, CATALOG, RULES).ticket_due(now) == now


def test_there_is_a_route_for_every_service_and_everything_that_is_claimed():
    squad = a_squad(owns=Owns(namespaces=("play", "play-*"), files=("rules/*",)))
    found = routes(a_catalog(a_service(), squads=[squad]), RULES)
    assert sorted(found) == ["file rules/*", "namespace play", "namespace play-*", "service playlist"]
    assert {one.squad for one in found.values()} == {"playlists"}
