"""What people do with a conversation: one press means all that is told in it."""

from datetime import timedelta

import pytest
from support.conversations import PAGE, TICKET, World, catalog_of
from support.people import ANNA, BOB

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.memory.clock import ManualClock
from observatory.alerting import IncidentState, NotificationKind
from observatory.application.actions import actions
from observatory.application.announce import Addresses, Announce
from observatory.application.ledger import Ledger
from observatory.application.press import Pressed
from observatory.application.snapshot import Board, Health, Snapshot
from observatory.entrypoints.portal.told import who_was_told

FIRING, ACKNOWLEDGED, SILENCED = IncidentState.FIRING, IncidentState.ACKNOWLEDGED, IncidentState.SILENCED


class Desk:
    """Three SLOs of one service burn: two pages and a ticket; and people press buttons."""

    def __init__(self):
        world = World(catalog_of({"search": ()}, slos=3))
        world.tick(search_0=PAGE, search_1=PAGE, search_2=TICKET)
        self.first, self.second = world.of("search_0"), world.of("search_1")
        self.ticket = world.of("search_2", TICKET)
        self.clock, self.alerts = ManualClock(world.now), MemoryAlerts()
        statuses = {one.slo: step.status for _, step, _ in world.told for one in [step.incident]}
        board = Board(Snapshot(world.catalog, statuses, world.now), Health(world.now))
        announce = Announce(Addresses(), lambda *_: 0.0, interactive=True)
        self.alerts.record(list(world.incidents.values()), [])
        self.allowed = actions(Ledger(self.alerts, board, announce), self.clock)

    def press(self, action, incident, actor=ANNA):
        self.clock.advance(timedelta(seconds=1))
        return self.allowed.press(Pressed(action, incident.id, actor, f"{action} {self.clock.now()}"))

    def states(self):
        return [self.alerts.incident(one.id).state for one in (self.first, self.second, self.ticket)]

    def told(self):
        return [one.notification for one in self.alerts.deliveries()]


@pytest.fixture
def desk():
    return Desk()


def test_acknowledging_the_first_one_takes_on_all_of_it_in_one_edit(desk):
    assert desk.press("acknowledge", desk.first) is None
    assert desk.states() == [ACKNOWLEDGED] * 3
    assert [(one.kind, one.incident) for one in desk.told()] == [(NotificationKind.UPDATE, desk.first.id)]
    assert [entry.subject for entry in desk.alerts.audit()] == [desk.first.id]


def test_acknowledging_one_below_takes_on_that_one_and_the_first_message_shows_it(desk):
    desk.allowed.acknowledge(desk.second.id, actor=BOB)
    assert desk.states() == [FIRING, ACKNOWLEDGED, FIRING]
    (edit,) = desk.alerts.deliveries()
    assert edit.notification.incident == desk.first.id
    assert "👀 search/slo-1" in str(edit.message.blocks)


def test_silencing_means_these_slos_at_these_severities_and_nobody_is_handed_a_message(desk):
    assert desk.press("silence_hour", desk.first) is None
    assert desk.states() == [SILENCED] * 3
    asked = {tuple(map(str, silence.matchers)) for silence in desk.alerts.silences()}
    assert asked == {
        ("slo=~search/slo\\-0|search/slo\\-1", "severity=page"),
        ("slo=search/slo-2", "severity=ticket"),
    }
    assert {one.kind for one in desk.told()} == {NotificationKind.UPDATE}


def test_one_press_ends_all_silences_of_the_conversation_and_calls_again(desk):
    desk.press("silence_morning", desk.first)
    assert desk.press("end_silence", desk.first, BOB) is None
    assert desk.states() == [FIRING] * 3
    calls = [one for one in desk.told() if one.mention]
    assert {one.subject for one in calls} == {desk.first.id, desk.second.id}


def test_ending_what_has_ended_says_so(desk):
    assert desk.press("end_silence", desk.first) == "It is not silenced any more."


def test_the_page_of_one_below_shows_what_was_said_of_it(desk):
    desk.press("silence_hour", desk.first)
    desk.press("end_silence", desk.first)
    (told,) = who_was_told(desk.alerts, desk.alerts.incident(desk.second.id))
    assert told.how == "answer below another one's message, calling by name"
    own = who_was_told(desk.alerts, desk.alerts.incident(desk.first.id))
    assert {one.how for one in own} >= {"edit of it", "answer below it, calling by name"}
