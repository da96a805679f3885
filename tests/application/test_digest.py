"""More new tickets than a channel takes become one message; pages never do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from support.catalogs import a_catalog, a_service, a_squad
from support.slack import CATCH_ALL, CHANNEL, FALLBACK, NOW, a_delivery, an_incident

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.messenger import MemoryMessenger
from observatory.alerting import NotificationKind, Priority
from observatory.application.deliver import Deliver
from observatory.application.delivery import DeliveryState
from observatory.application.digest import MORE_THAN
from observatory.outputs.message import About, Message

UPDATE, REPLY = NotificationKind.UPDATE, NotificationKind.REPLY
OTHER = "C0OTHER000"


class World:
    def __init__(self, executor):
        self.store, self.slack, self.clock = MemoryAlerts(), MemoryMessenger(), ManualClock(NOW)
        catalog = a_catalog(a_service(), squads=[a_squad()])
        self.deliver = Deliver(
            self.store, self.slack, self.clock, lambda: catalog, executor, "w1", catch_all=CATCH_ALL
        )

    def queue(self, *deliveries):
        self.store.record([an_incident(one.notification.incident) for one in deliveries], deliveries)

    def rounds(self, count):
        for _ in range(count):
            self.deliver()
            self.clock.advance(timedelta(seconds=1))

    def shown(self, channel=CHANNEL):
        """Messages of a channel as people read them, replies indented."""
        return [
            ("    " if one.thread_ts else "") + f"{one.message.text} {one.message.blocks}"
            for one in self.slack.written
            if one.channel == channel
        ]


@pytest.fixture
def world():
    with ThreadPoolExecutor(4) as threads:
        yield World(threads)


def tickets(numbers, **changes):
    return [
        a_delivery(
            incident=f"t{number}",
            priority=Priority.TICKET,
            message=Message(f"ticket {number} burns"),
            **changes,
        )
        for number in numbers
    ]


def follow(kind, number, words):
    about = About(f"t{number}", "playlist", f"playlist/slo-{number}", "playlists", "ticket", "firing")
    message = Message(words, ({"type": "divider"},), about)
    return a_delivery(kind, incident=f"t{number}", revision=2, priority=Priority.UPDATE, message=message)


def test_as_many_as_a_channel_takes_in_a_few_seconds_stay_messages(world):
    world.queue(*tickets(range(MORE_THAN)))
    world.rounds(MORE_THAN + 1)
    assert len(world.shown()) == MORE_THAN


def test_more_of_them_are_one_message_and_pages_stand_beside_it_and_come_first(world):
    pages = [a_delivery(incident=f"p{number}", message=Message(f"page {number}")) for number in range(3)]
    world.queue(*tickets(range(40)), *pages, *tickets(range(100, 102), destination=OTHER))
    world.rounds(6)
    first = [text.split(" (")[0] for text in world.shown()]
    assert first == ["page 0", "page 1", "page 2", "40 new tickets at once"]
    digest = world.shown()[-1]
    assert [f"ticket {number} burns" in digest for number in (0, 29, 30)] == [True, True, False]
    assert "and 10 more" in digest
    assert len(world.shown(OTHER)) == 2, "another channel's tickets are its own"
    states = {row.state for row in world.store.deliveries() if row.notification.incident == "t7"}
    assert states == {DeliveryState.DIGESTED}


def test_those_that_come_within_the_same_ten_minutes_join_it_in_place(world):
    world.queue(*tickets(range(20)))
    world.rounds(3)
    world.queue(*tickets(range(20, 35)))
    world.rounds(3)
    (digest,) = world.shown()
    assert digest.startswith("35 new tickets at once")


def test_what_changes_is_told_by_an_edit_of_the_digest(world):
    world.queue(*tickets(range(20)))
    world.rounds(3)
    world.queue(follow(UPDATE, 3, "ticket 3 burns faster"))
    world.rounds(3)
    world.queue(follow(UPDATE, 4, "ticket 4 rests"))
    world.rounds(3)
    (digest,) = world.shown()
    told = ["ticket 3 burns faster" in digest, "ticket 4 rests" in digest, "ticket 5 burns" in digest]
    assert told == [True, True, True]
    assert "ticket 4 burns" not in digest


def test_a_reply_goes_into_the_digests_thread_and_says_of_which_incident(world):
    world.queue(*tickets(range(20)))
    world.rounds(3)
    world.queue(follow(REPLY, 3, "resolved"))
    world.rounds(2)
    digest, reply = world.slack.written
    assert reply.thread_ts == digest.ts
    assert "playlist/slo-3" in reply.message.text


def test_a_reply_waits_for_a_digest_that_is_not_out_yet(world):
    world.queue(*tickets(range(20)), follow(REPLY, 3, "resolved"))
    world.rounds(8)
    digest, reply = world.slack.written
    assert reply.thread_ts == digest.ts


def test_a_digest_that_can_not_be_told_where_it_belongs_goes_to_the_squads_fallback_and_so_do_its_replies(
    world,
):
    world.slack.broken[CHANNEL] = "is_archived"
    world.queue(*tickets(range(20)))
    world.rounds(3)
    world.queue(follow(REPLY, 3, "resolved"))
    world.rounds(6)
    digest, reply = (text for text in world.shown(FALLBACK))
    assert "20 new tickets at once" in digest
    assert "resolved" in reply


def test_a_digest_is_never_folded_into_another(world):
    world.queue(*tickets(range(20)))
    world.slack.broken[CHANNEL] = "invalid_auth"
    world.rounds(2)
    assert len([row for row in world.store.deliveries() if row.state is DeliveryState.DIGESTED]) == 20
    world.slack.broken.clear()
    world.rounds(70)
    assert len(world.shown()) == 1
