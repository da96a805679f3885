"""Drills: a test alert on a page's own way, the proof of its arrival, and its end in the thread."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from support.people import ANNA, a_world

from observatory.adapters.memory.messenger import MemoryMessenger
from observatory.alerting import IncidentState, NotificationKind
from observatory.alerting.model import Origin
from observatory.application.deliver import Deliver
from observatory.application.drill import GIVEN_UP_AFTER
from observatory.errors import DefinitionError, NotFound

SECOND = timedelta(seconds=1)


@pytest.fixture
def world():
    return a_world()


@pytest.fixture
def drills(world):
    return world.allowed.drills


def deliver(world, slack, *, seconds=0):
    """What is due is sent, as the outbox does it, now and in the seconds to come."""
    with ThreadPoolExecutor(1) as executor:
        rounds = Deliver(
            world.alerts,
            slack,
            world.clock,
            lambda: world.board.snapshot.catalog,
            executor,
            "test",
            catch_all="C0CATCHALL",
        )
        while rounds().outcomes:
            pass
        for _ in range(seconds):
            world.clock.advance(SECOND)
            rounds()


def test_a_drill_is_an_incident_that_the_squads_channel_is_told_of_as_a_test(world, drills):
    begun = drills.begin("playlists", actor=ANNA)
    assert (begun.origin, begun.state, begun.squad) == (Origin.DRILL, IncidentState.FIRING, "playlists")
    (root,) = world.alerts.deliveries()
    assert root.notification.destination == "C0PLAYLISTS"
    assert "Test alert: nothing is wrong" in root.message.text
    assert "anna asked for it" in str(root.message.blocks)
    (entry,) = world.alerts.audit()
    assert (entry.deed, entry.subject) == ("drilled", begun.id)


def test_a_drill_mentions_nobody(world, drills):
    drills.begin("playlists", actor=ANNA)
    (root,) = world.alerts.deliveries()
    assert "<!" not in str(root.message)
    assert "<@" not in str(root.message)


def test_the_proof_is_the_permalink_and_how_long_it_took(world, drills):
    slack = MemoryMessenger()
    begun = drills.begin("playlists", actor=ANNA)
    assert not drills.look(begun.id).arrived
    world.clock.advance(3 * SECOND)
    deliver(world, slack)
    proof = drills.look(begun.id)
    assert (proof.arrived, proof.latency) == (True, 3 * SECOND)
    assert proof.permalink == f"memory://C0PLAYLISTS/{slack.written[0].ts}"
    assert [hop.channel for hop in proof.route] == ["C0PLAYLISTS"]


def test_what_has_arrived_is_closed_in_its_thread_and_only_once(world, drills):
    slack = MemoryMessenger()
    begun = drills.begin("playlists", actor=ANNA)
    drills()
    assert world.alerts.incident(begun.id).is_open
    world.clock.advance(2 * SECOND)
    deliver(world, slack)
    drills()
    drills()
    deliver(world, slack, seconds=5)
    assert world.alerts.incident(begun.id).state is IncidentState.RESOLVED
    root, reply = slack.written
    assert (reply.thread_ts, root.edits) == (root.ts, 1)
    assert "Drill over: it arrived after 2.0" in reply.message.text
    assert "over: nothing is wrong" in root.message.text


def test_a_channel_that_is_gone_shows_where_it_went_instead(world, drills):
    slack = MemoryMessenger()
    slack.broken["C0PLAYLISTS"] = "is_archived"
    begun = drills.begin("playlists", actor=ANNA)
    deliver(world, slack)
    first, *rest = drills.look(begun.id).route
    assert (first.channel, first.state, first.error) == ("C0PLAYLISTS", "failed_over", "is_archived")
    assert rest
    assert drills.look(begun.id).arrived


def test_what_never_arrives_is_closed_as_lost(world, drills):
    begun = drills.begin("playlists", actor=ANNA)
    world.clock.advance(GIVEN_UP_AFTER)
    drills()
    assert world.alerts.incident(begun.id).is_open
    world.clock.advance(SECOND)
    drills()
    assert not world.alerts.incident(begun.id).is_open
    assert not drills.look(begun.id).arrived


def test_every_squad_has_a_drill_of_its_own(world, drills):
    for squad in ("playlists", "search", "platform"):
        drills.begin(squad, actor=ANNA)
    roots = [one for one in world.alerts.deliveries() if one.notification.kind is NotificationKind.ROOT]
    assert {one.notification.destination for one in roots} == {"C0PLAYLISTS", "C0SEARCH00", "C0CATCHALL"}


def test_a_squad_that_nobody_knows_and_a_drill_that_never_was(drills):
    with pytest.raises(NotFound, match='no squad "player"; there are platform, playlists, search'):
        drills.begin("player", actor=ANNA)
    with pytest.raises(NotFound):
        drills.look("inc-1")


def test_without_slack_there_is_nothing_to_test(world):
    with pytest.raises(DefinitionError, match="OBSERVATORY_SLACK_TOKEN"):
        replace(world.allowed.drills, announce=None).begin("playlists", actor=ANNA)
