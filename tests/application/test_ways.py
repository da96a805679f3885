"""What happens to the ways themselves: another way for what is stuck, and the platform squad told once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from support.catalogs import a_catalog, a_service, a_squad
from support.slack import CATCH_ALL, CHANNEL, FALLBACK, NOW, a_delivery, an_incident

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.messenger import MemoryMessenger
from observatory.alerting import NotificationKind, Priority
from observatory.application.attempts import Outcome
from observatory.application.deliver import Deliver
from observatory.application.delivery import DeliveryState
from observatory.application.rerouting import Ways
from observatory.errors import Ambiguous, RateLimited, Refused, Unavailable
from observatory.outputs.message import Message

UPDATE, REPLY = NotificationKind.UPDATE, NotificationKind.REPLY
EMAIL, HOOK = "email:oncall@example.com", "webhook:pager"
OTHER = "C0OTHER000"


class World:
    def __init__(self, executor, *, transports=(EMAIL,)):
        self.store, self.slack, self.clock = MemoryAlerts(), MemoryMessenger(), ManualClock(NOW)
        catalog = a_catalog(a_service(), squads=[a_squad()])
        self.deliver = Deliver(
            self.store,
            self.slack,
            self.clock,
            lambda: catalog,
            executor=executor,
            worker="w1",
            catch_all=CATCH_ALL,
            transports=transports,
        )
        self.store.record([an_incident()], [])

    def queue(self, *deliveries):
        self.store.record([an_incident(one.notification.incident) for one in deliveries], deliveries)

    def rounds(self, count, *, every=timedelta(seconds=1)):
        ended = []
        for _ in range(count):
            ended.append(self.deliver())
            self.clock.advance(every)
        return ended

    def texts(self, channel=CHANNEL):
        return [one.message.text for one in self.slack.written if one.channel == channel]


@pytest.fixture
def world():
    with ThreadPoolExecutor(8) as threads:
        yield World(threads)


def refuse_token(world, *channels):
    for channel in channels:
        world.slack.broken[channel] = "invalid_auth"


@pytest.mark.parametrize(
    ("destination", "next_one"),
    [
        pytest.param(CHANNEL, FALLBACK, id="squads-fallback"),
        pytest.param(FALLBACK, CATCH_ALL, id="last-resort"),
        pytest.param(CATCH_ALL, EMAIL, id="first-transport"),
        pytest.param(EMAIL, HOOK, id="second-transport"),
        pytest.param(HOOK, None, id="end"),
        pytest.param(OTHER, CHANNEL, id="an-escalations"),
    ],
)
def test_every_way_has_a_next_one_until_the_last(destination, next_one):
    catalog = a_catalog(a_service(), squads=[a_squad()])
    ways = Ways(lambda: catalog, CATCH_ALL, (EMAIL, HOOK))
    assert ways.next(destination, "playlists") == next_one


def test_the_platform_squad_hears_once_of_a_broken_channel_and_once_that_it_is_well(world):
    world.slack.broken[CHANNEL] = "is_archived"
    for number in range(5):
        world.queue(a_delivery(incident=f"i{number}"))
        world.rounds(3)
    assert len(world.texts(FALLBACK)) == 5
    (broken,) = world.texts(CATCH_ALL)
    assert (f"<#{CHANNEL}>" in broken, "is_archived" in broken, "playlists" in broken) == (True, True, True)
    world.slack.broken.clear()
    for number in range(5, 8):
        world.queue(a_delivery(incident=f"i{number}"))
        world.rounds(3)
    _, mended = world.texts(CATCH_ALL)
    assert f"<#{CHANNEL}> can be reached again" in mended


def test_a_channel_that_breaks_again_is_told_again(world):
    for number, code in enumerate(["is_archived", None, "channel_not_found", None]):
        world.slack.broken = {} if code is None else {CHANNEL: code}
        world.queue(a_delivery(incident=f"i{number}"))
        world.rounds(4)
    assert ["again" in text for text in world.texts(CATCH_ALL)] == [False, True, False, True]


def test_when_the_last_channel_fails_a_transport_takes_over(world):
    world.slack.broken |= {CHANNEL: "is_archived", FALLBACK: "is_archived", CATCH_ALL: "is_archived"}
    world.queue(a_delivery())
    world.rounds(8)
    assert any("it burns" in text for text in world.texts(EMAIL))


def test_an_edit_of_what_cannot_be_edited_is_left_out_and_a_reply_is_not(world):
    world.slack.broken |= {CHANNEL: "is_archived", FALLBACK: "is_archived", CATCH_ALL: "is_archived"}
    world.queue(a_delivery())
    world.rounds(8)

    def not_editable(*_args, **_options):
        raise Refused("an e-mail stays as it was sent", code="not_editable")

    world.slack.update = not_editable
    world.queue(
        a_delivery(UPDATE, revision=2, message=Message("hotter")),
        a_delivery(REPLY, revision=2, message=Message("escalated")),
    )
    world.rounds(12)
    assert not any("hotter" in text for text in world.texts(EMAIL))
    assert any("escalated" in text for text in world.texts(EMAIL))


def test_while_slack_refuses_the_token_pages_go_another_way_at_once_and_tickets_wait(world):
    refuse_token(world, CHANNEL, OTHER)
    world.queue(
        a_delivery(incident="p1", message=Message("page one")),
        a_delivery(incident="p2", destination=OTHER, message=Message("page two")),
        a_delivery(incident="t", destination=OTHER, priority=Priority.TICKET, message=Message("a ticket")),
    )
    world.rounds(5)
    told = world.texts(EMAIL)
    assert [any(words in text for text in told) for words in ("page one", "page two", "a ticket")] == [
        True,
        True,
        False,
    ]
    assert len(told) == 2
    assert world.deliver.problem == "invalid_auth"
    world.slack.broken.clear()
    world.rounds(70)
    assert (world.texts(), world.texts(OTHER)) == (["page one"], ["page two", "a ticket"])
    assert world.deliver.problem is None


def test_a_refused_token_does_not_stop_the_other_transports(world):
    refuse_token(world, CHANNEL)
    world.queue(a_delivery())
    world.rounds(3)
    world.queue(a_delivery(incident="e", destination=EMAIL, message=Message("by mail")))
    world.rounds(2)
    assert "by mail" in world.texts(EMAIL)
    world.rounds(10)
    assert world.deliver.problem == "invalid_auth", "mail that goes out says nothing of the token"


def test_what_is_past_its_deadline_is_said_once_by_another_way_and_still_tried(world):
    late = a_delivery(deadline=NOW + timedelta(seconds=20))
    world.queue(late)
    for _ in range(7):
        world.slack.fail_next(Unavailable("no connection"))
    world.rounds(90)
    (told,) = world.texts(EMAIL)
    assert told.startswith(f"[Undelivered so far to <#{CHANNEL}>: no connection]")
    assert world.texts() == ["it burns"]


def test_after_a_restart_it_is_not_said_a_second_time(world):
    world.queue(a_delivery(deadline=NOW - timedelta(seconds=1)))
    world.slack.broken[CHANNEL] = "invalid_auth"
    world.rounds(3)
    catalog = world.deliver.catalog
    world.deliver = Deliver(
        world.store, world.slack, world.clock, catalog, world.deliver.executor, "w2", CATCH_ALL, (EMAIL,)
    )
    world.rounds(70)
    assert len(world.texts(EMAIL)) == 1


def test_a_limit_on_edits_holds_no_page_of_the_same_channel(world):
    world.queue(a_delivery())
    world.rounds(1)
    world.queue(a_delivery(UPDATE, revision=2, message=Message("hotter")))
    world.slack.fail_next(RateLimited("not now", code="ratelimited", retry_after=timedelta(seconds=40)))
    (limited,) = world.rounds(1)
    assert limited.outcomes == {Outcome.RATE_LIMITED: 1}
    world.queue(a_delivery(incident="p", message=Message("a page")))
    world.rounds(1)
    assert world.texts() == ["it burns", "a page"]
    world.rounds(45)
    assert world.texts() == ["hotter", "a page"]


def test_a_channel_is_sent_one_message_a_second_and_others_do_not_wait_for_it(world):
    world.queue(*(a_delivery(incident=f"a{number}") for number in range(3)))
    world.queue(*(a_delivery(incident=f"b{number}", destination=OTHER) for number in range(3)))
    counts = []
    for _ in range(12):
        world.deliver()
        counts.append((len(world.texts()), len(world.texts(OTHER))))
        world.clock.advance(timedelta(milliseconds=250))
    assert counts == [(1, 1)] * 4 + [(2, 2)] * 4 + [(3, 3)] * 4


def test_what_ended_is_counted_once_and_for_ever(world):
    world.queue(a_delivery(), a_delivery(UPDATE, revision=2), a_delivery(UPDATE, revision=3))
    world.clock.advance(timedelta(seconds=3))
    world.rounds(3)
    counted = {(one.state, one.kind): (one.count, one.seconds) for one in world.store.tallies()}
    assert counted == {
        (DeliveryState.SENT, NotificationKind.ROOT): (1, 3.0),
        (DeliveryState.SENT, UPDATE): (1, 4.0),
        (DeliveryState.SUPERSEDED, UPDATE): (1, 0.0),
    }


def unreadable(world, code="missing_scope"):
    """Make the history unreadable; returns what makes it readable again."""
    find, copies = world.slack.find, world.slack.copies

    def refused(*_args, **_options):
        raise Refused("no", code=code)

    world.slack.find = world.slack.copies = refused

    def mend():
        world.slack.find, world.slack.copies = find, copies

    return mend


def test_a_possible_duplicate_is_removed_when_history_can_be_read_again_and_the_older_one_stays(world):
    mend = unreadable(world)
    world.queue(a_delivery())
    world.slack.fail_next(Ambiguous("no answer"), after_posting=True)
    world.rounds(10)
    assert len(world.texts()) == 2
    mend()
    world.rounds(70)
    world.deliver.drain()
    assert world.texts() == ["it burns"]
    world.queue(a_delivery(UPDATE, revision=2, message=Message("hotter")))
    world.rounds(2)
    assert world.texts() == ["hotter"], "the one that is left is the one we know of"


def test_a_duplicate_whose_thread_has_begun_is_the_one_that_stays(world):
    mend = unreadable(world)
    world.queue(a_delivery())
    world.slack.fail_next(Ambiguous("no answer"), after_posting=True)
    world.rounds(10)
    world.queue(a_delivery(REPLY, revision=2, message=Message("escalated")))
    world.rounds(3)
    mend()
    world.rounds(70)
    world.deliver.drain()
    root, reply = world.slack.written
    assert "Possible duplicate" in root.message.text
    assert reply.thread_ts == root.ts


def test_what_was_sent_at_the_first_attempt_is_never_looked_for(world):
    world.queue(*(a_delivery(incident=f"i{number}") for number in range(3)))
    world.slack.copies = lambda *_args, **_options: pytest.fail("asked")
    assert [done.crashes for done in world.rounds(65)] == [[]] * 65
    world.deliver.drain()
    assert world.rounds(1)[0].crashes == []


def test_who_wakes_up_after_its_lease_takes_its_late_message_back(world):
    world.queue(a_delivery())
    post, other = world.slack.post, []

    def paused_post(channel, message, **options):
        if not other:  # while we stand still, another worker finds the lease over, posts and settles
            other.append(True)
            world.clock.advance(timedelta(seconds=61))
            (row,) = world.store.unsettled(now=world.clock.now(), worker="w2", lease=timedelta(seconds=60))
            posted = post(channel, message, **options)
            sent = replace(row, state=DeliveryState.SENT, channel=posted.channel, ts=posted.ts)
            assert world.store.settle(sent)
        return post(channel, message, **options)

    world.slack.post = paused_post
    assert world.rounds(1)[0].outcomes == {Outcome.OVERTAKEN: 1}
    (left,) = world.slack.written
    assert left.ts == world.store.root("inc-1", CHANNEL).ts
