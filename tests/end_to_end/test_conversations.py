"""An outage of a service that others stand on, from counters to messages: few of them, and nothing untold."""

from collections import Counter

import pytest
from support.catalogs import SQUAD_YAML
from support.people import ANNA
from support.wiring import DAY, HOUR, MINUTE, START, Events, Life, seconds, service_yaml

from observatory.alerting import NotificationKind
from observatory.application.delivery import DeliveryState
from observatory.evaluation import Severity

PLAYLISTS, SEARCH = "C0PLAYLISTS", "C0SEARCH00"
SLOS = 4
ENDS = 10 * MINUTE


def several(name, squad, depends_on="[]"):
    """A service with four SLOs, all of which fail together."""
    text = service_yaml(name).replace("squad: playlists", f"squad: {squad}\ndepends_on: {depends_on}")
    head, slo = text.split("slos:\n")
    return head + "slos:\n" + "".join(slo.replace("availability", f"slo-{number}") for number in range(SLOS))


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """`search` fails for more than an hour, and `playlist`, which asks it, with it."""
    life = Life(tmp_path_factory.mktemp("outage"))
    search_squad = SQUAD_YAML.replace("playlists", "search").replace(PLAYLISTS, SEARCH)
    life.write("search-squad", search_squad.replace("S0PLAYLIST", "S0SEARCH00"))
    life.write("playlist", several("playlist", "playlists", "[search]"))
    life.write("search", several("search", "search"))
    minutes = range(seconds(START - DAY), seconds(START + DAY), 60)
    burns = range(seconds(START - HOUR), seconds(START + ENDS), 60)
    for name in ("playlist", "search"):
        life.happens(name, Events(dict.fromkeys(minutes, 60.0), dict.fromkeys(burns, 20.0)))
    life.begin()
    go_on(life, 5)
    return life


def go_on(life, minutes):
    """Ticks, and between them as many rounds of delivery as a minute has."""
    for _ in range(minutes):
        life.observatory.tick()
        life.observatory.catch_up()
        for _ in range(20):
            life.observatory.deliver()
            life.clock.advance(MINUTE / 20)


def roots(life):
    return [one for one in life.messenger.written if one.thread_ts is None]


def below(life, root):
    return [one.message.text for one in life.messenger.written if one.thread_ts == root.ts]


def test_eight_pages_are_two_messages_and_everything_else_is_said_below(life):
    assert sorted(one.channel for one in roots(life)) == [PLAYLISTS, SEARCH]
    for root in roots(life):
        said = "\n".join(below(life, root))
        assert len([number for number in range(SLOS) if f"slo-{number}" in said + root.message.text]) == SLOS


def test_each_squad_is_called_by_name_once(life):
    calls = Counter(
        one.notification.destination for one in life.alerts.deliveries(limit=1000) if one.notification.mention
    )
    assert calls == {PLAYLISTS: 1, SEARCH: 1}


def test_every_incident_that_people_should_know_was_told_and_delivered(life):
    sent = {
        one.notification.subject
        for one in life.alerts.deliveries(limit=1000)
        if one.state is DeliveryState.SENT and one.notification.kind is not NotificationKind.UPDATE
    }
    announced = {one.id for one in life.alerts.incidents() if one.announced_at is not None}
    assert len(announced) >= 2 * SLOS
    assert announced <= sent


def test_the_dependant_names_its_cause_and_its_owner(life):
    (own,) = [one for one in roots(life) if one.channel == PLAYLISTS]
    (other,) = [one for one in roots(life) if one.channel == SEARCH]
    assert "Probably caused by search* (owner: search)" in str(own.message.blocks)
    assert "Probably caused by" not in str(other.message.blocks)


def test_one_press_takes_it_on_and_at_the_end_every_thread_is_closed(life):
    for root in roots(life):
        first = next(one for one in life.alerts.deliveries(limit=1000) if one.ts == root.ts)
        life.observatory.actions.acknowledge(first.notification.incident, actor=ANNA)
    go_on(life, 50)
    assert not [one for one in life.alerts.incidents() if one.is_open and one.severity is Severity.PAGE]
    pages, tickets = roots(life)[:2], roots(life)[2:]
    for root in pages:
        assert "Resolved" in root.message.text
        assert sum("Resolved" in text for text in below(life, root)) == SLOS
    # What still drains the budget over days is a ticket now: one conversation a service, too.
    assert sorted(one.channel for one in tickets) in ([], [PLAYLISTS, SEARCH])
