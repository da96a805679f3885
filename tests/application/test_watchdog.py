"""Others' signs of life: three that stay away page the platform squad, by the way that every page takes."""

from datetime import timedelta

import pytest
from support.people import ANNA, CATCH_ALL, NOW, a_silence, an_escalating_catalog

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.signs import MemorySigns
from observatory.alerting import IncidentState, NotificationKind, Priority
from observatory.application.acknowledge import Acknowledge
from observatory.application.announce import Addresses, Announce
from observatory.application.ledger import Ledger
from observatory.application.snapshot import Board, Health, Snapshot
from observatory.application.watchdog import Watchdog
from observatory.errors import Unavailable

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Yard:
    """A watchdog, whom it watches, and what it tells."""

    def __init__(self, *, squad="playlists"):
        self.clock, self.signs, self.alerts = ManualClock(NOW), MemorySigns(), MemoryAlerts()
        catalog = an_escalating_catalog()
        announce = Announce(Addresses(catch_all=CATCH_ALL), lambda *_: 0.0, interactive=True)
        self.dog = Watchdog(
            self.signs,
            self.alerts,
            announce,
            lambda: catalog,
            self.clock,
            interval=MINUTE,
            squad=squad,
            catch_all=CATCH_ALL,
        )
        board = Board(Snapshot(catalog), Health(started_at=NOW))
        self.acknowledge = Acknowledge(Ledger(self.alerts, board, announce), self.clock)

    def passes(self, length, *, heard=()):
        """Time goes by, in steps of ten seconds; who is `heard` gives a sign a minute."""
        for step in range(int(length / (10 * SECOND))):
            if step % 6 == 0:
                for source in heard:
                    self.signs.hear(source, at=self.clock.now())
            self.dog()
            self.clock.advance(10 * SECOND)

    def told(self, kind=NotificationKind.ROOT):
        rows = reversed(self.alerts.deliveries())
        return [one for one in rows if one.notification.kind is kind]

    def incident(self):
        (one,) = self.alerts.incidents()
        return one


@pytest.fixture
def yard():
    return Yard()


def words(delivery):
    return str(delivery.message)


def test_who_was_never_heard_is_not_missed(yard):
    yard.passes(10 * MINUTE)
    assert yard.alerts.incidents() == []


def test_three_signs_that_stay_away_page_the_squad_once(yard):
    yard.passes(5 * MINUTE, heard=["paris"])
    last = yard.signs.heard()["paris"]
    yard.passes(last + 3 * MINUTE - yard.clock.now())
    yard.dog()
    assert yard.alerts.incidents() == []
    yard.passes(2 * MINUTE)
    incident = yard.incident()
    assert (incident.slo, incident.squad, incident.opened_at) == ("watchdog/paris", "playlists", last)
    (page,) = yard.told()
    assert (page.notification.destination, page.notification.priority) == ("C0PLAYLISTS", Priority.PAGE)
    assert "watchdog paris has fallen silent" in page.message.text
    assert "<!subteam^" in words(page)


def test_a_sign_again_resolves_it_and_says_so_in_the_thread(yard):
    yard.passes(MINUTE, heard=["paris"])
    yard.passes(5 * MINUTE)
    yard.passes(MINUTE, heard=["paris"])
    assert yard.incident().state is IncidentState.RESOLVED
    (reply,) = yard.told(NotificationKind.REPLY)
    assert "Heard again after 6" in reply.message.text
    (edit,) = yard.told(NotificationKind.UPDATE)
    assert "is heard again" in edit.message.text
    yard.passes(5 * MINUTE)
    assert len(yard.alerts.incidents()) == 2


def test_a_source_that_is_expected_no_more_is_resolved(yard):
    yard.passes(MINUTE, heard=["paris"])
    yard.passes(5 * MINUTE)
    yard.signs.forget("paris")
    yard.passes(MINUTE)
    assert yard.incident().state is IncidentState.RESOLVED


def test_each_source_is_watched_for_itself(yard):
    yard.passes(MINUTE, heard=["paris", "oslo"])
    yard.passes(5 * MINUTE, heard=["oslo"])
    assert yard.incident().slo == "watchdog/paris"


def test_after_a_pause_of_our_own_nobody_is_silent_yet(yard):
    """Nobody listened: Alertmanager may well have tried."""
    yard.passes(MINUTE, heard=["paris"])
    yard.clock.advance(timedelta(hours=2))
    yard.passes(2 * MINUTE)
    assert yard.alerts.incidents() == []
    yard.passes(2 * MINUTE)
    assert len(yard.alerts.incidents()) == 1


def test_two_replicas_decide_the_same_incident(yard):
    yard.passes(MINUTE, heard=["paris"])
    yard.passes(5 * MINUTE)
    twin = Yard()
    twin.clock, twin.dog.clock = yard.clock, yard.clock
    twin.signs.hear("paris", at=yard.signs.heard()["paris"])
    twin.passes(5 * MINUTE)
    assert twin.incident().id == yard.incident().id


def test_nobody_acknowledges_and_it_climbs_the_squads_ladder(yard):
    yard.passes(MINUTE, heard=["paris"])
    yard.passes(40 * MINUTE)
    assert {one.notification.destination for one in yard.told()} == {"C0PLAYLISTS", "C0SEARCH00"}
    assert "Nobody has acknowledged" in yard.told(NotificationKind.REPLY)[0].message.text


def test_acknowledging_is_shown_and_stops_the_climb(yard):
    yard.passes(MINUTE, heard=["paris"])
    yard.passes(5 * MINUTE)
    yard.acknowledge(yard.incident().id, actor=ANNA)
    yard.passes(40 * MINUTE)
    assert "Acknowledged* by anna" in words(yard.told(NotificationKind.UPDATE)[0])
    assert {one.notification.destination for one in yard.told()} == {"C0PLAYLISTS"}


def test_a_silence_keeps_it_quiet(yard):
    silence = a_silence("squad=playlists", ends_at=NOW + timedelta(hours=2))
    yard.alerts.record([], [], silences=[silence])
    yard.passes(MINUTE, heard=["paris"])
    yard.passes(20 * MINUTE)
    assert yard.incident().state is IncidentState.SILENCED


@pytest.mark.parametrize("squad", [None, "nobody"])
def test_without_a_squad_the_channel_of_last_resort_is_told(squad):
    yard = Yard(squad=squad)
    yard.passes(MINUTE, heard=["paris"])
    yard.passes(5 * MINUTE)
    (page,) = yard.told()
    assert page.notification.destination == CATCH_ALL
    assert "OBSERVATORY_PLATFORM_SQUAD" in words(page)


def test_a_store_that_is_away_is_waited_for(yard, monkeypatch, capsys):
    def away():
        raise Unavailable("the database does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(yard.signs, "heard", away)
        yard.dog()
    assert "watchdog_failed" in capsys.readouterr().out
