from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event

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
from observatory.errors import Ambiguous, RateLimited, Refused, Unavailable
from observatory.outputs.message import Message

ROOT, UPDATE, REPLY = NotificationKind.ROOT, NotificationKind.UPDATE, NotificationKind.REPLY
OTHER = "C0OTHER000"


class World:
    """An outbox, a Slack and a clock, all in memory, and the delivery between them."""

    def __init__(self, executor, **options):
        self.store, self.slack, self.clock = MemoryAlerts(), MemoryMessenger(), ManualClock(NOW)
        self.catalog = a_catalog(a_service(), squads=[a_squad()])
        options = {"catch_all": CATCH_ALL, "worker": "w1"} | options
        self.deliver = Deliver(
            self.store, self.slack, self.clock, lambda: self.catalog, executor=executor, **options
        )
        self.store.record([an_incident()], [])

    def queue(self, *deliveries):
        self.store.record([], deliveries)

    def rounds(self, count, *, every=timedelta(seconds=1)):
        ended = []
        for _ in range(count):
            ended.append(self.deliver())
            self.clock.advance(every)
        return ended

    def row(self, delivery):
        wanted = delivery.notification.delivery_id
        return next(row for row in self.store.deliveries() if row.notification.delivery_id == wanted)

    def texts(self, channel=CHANNEL):
        return [one.message.text for one in self.slack.written if one.channel == channel]


@pytest.fixture
def executor():
    with ThreadPoolExecutor(8) as threads:
        yield threads


@pytest.fixture
def world(executor):
    return World(executor)


def text(words):
    return Message(words, ({"type": "divider"},))


def rate_limited(seconds):
    return RateLimited("not now", code="ratelimited", retry_after=timedelta(seconds=seconds))


def test_a_due_delivery_is_sent_and_its_place_is_kept_as_proof(world):
    root = a_delivery()
    world.queue(root)
    ended = world.deliver()
    row = world.row(root)
    assert ended.outcomes == {Outcome.SENT: 1}
    assert (row.state, row.channel, row.sent_at) == (DeliveryState.SENT, CHANNEL, NOW)
    assert row.ts == world.slack.written[0].ts
    assert row.permalink is not None


def test_what_is_not_due_waits(world):
    world.queue(a_delivery(not_before=NOW + timedelta(hours=9)))
    assert world.deliver().outcomes == {}
    assert not world.slack.written


def test_an_update_edits_the_root_in_place_and_a_reply_goes_into_its_thread(world):
    world.queue(a_delivery())
    world.rounds(1)
    world.queue(
        a_delivery(UPDATE, revision=2, message=text("hotter")),
        a_delivery(REPLY, revision=2, message=text("escalated")),
    )
    world.rounds(2)
    root, reply = world.slack.written
    assert (root.message.text, root.edits) == ("hotter", 1)
    assert (reply.message.text, reply.thread_ts) == ("escalated", root.ts)


def test_pages_go_before_everything_else_in_a_channel(world):
    world.queue(
        a_delivery(incident="t", priority=Priority.TICKET, message=text("ticket")),
        a_delivery(incident="p", priority=Priority.PAGE, message=text("page")),
    )
    world.rounds(2)
    assert world.texts() == ["page", "ticket"]


def test_an_update_waits_until_its_root_has_been_sent(world):
    root = a_delivery()
    world.queue(root, a_delivery(UPDATE, revision=2, message=text("hotter")))
    world.slack.fail_next(rate_limited(30))
    world.rounds(5)
    assert not world.slack.written
    world.clock.advance(timedelta(seconds=30))
    world.rounds(2)
    assert [one.message.text for one in world.slack.written] == ["hotter"]
    assert world.slack.written[0].edits == 1


def test_a_rate_limit_holds_its_channel_keeps_the_order_and_stops_nobody_else(world):
    first = a_delivery(incident="a", message=text("first"))
    world.queue(first, a_delivery(incident="b", message=text("second")))
    world.slack.fail_next(rate_limited(10))
    assert world.deliver().outcomes == {Outcome.RATE_LIMITED: 1}
    world.queue(a_delivery(incident="c", destination=OTHER, message=text("elsewhere")))
    world.rounds(9)
    assert (world.texts(), world.texts(OTHER)) == ([], ["elsewhere"])
    world.clock.advance(timedelta(seconds=2))
    world.rounds(2)
    assert world.texts() == ["first", "second"]
    assert world.row(first).attempt == 2


def test_a_channel_that_hangs_delays_no_other_and_ends_when_it_ends(executor):
    world = World(executor, patience=timedelta(milliseconds=50))
    hanging = Event()
    post = world.slack.post

    def slow_post(channel, message, **options):
        if channel == CHANNEL:
            hanging.wait(timeout=20)
        return post(channel, message, **options)

    world.slack.post = slow_post
    world.queue(
        a_delivery(), a_delivery(incident="b", destination=OTHER), a_delivery(incident="c", destination=OTHER)
    )
    first, second = world.rounds(2)
    assert len(world.texts(OTHER)) == 2
    assert (first.in_flight, second.in_flight) == (1, 1)
    hanging.set()
    assert world.deliver.drain().outcomes == {Outcome.SENT: 1}
    assert world.texts() == ["it burns"]


def test_no_connection_is_tried_again_after_growing_pauses_spread_without_chance(world):
    root = a_delivery()
    world.queue(root)
    waits = []
    for _ in range(7):
        world.slack.fail_next(Unavailable("no connection"))
        assert world.deliver().outcomes == {Outcome.RETRY: 1}
        waits.append(world.row(root).notification.not_before - world.clock.now())
        world.clock.advance(waits[-1])
    longest = [1, 2, 4, 8, 16, 30, 30]
    seconds = [wait.total_seconds() for wait in waits]
    assert all(limit / 2 <= wait <= limit for wait, limit in zip(seconds, longest, strict=True)), seconds
    assert world.deliver().outcomes == {Outcome.SENT: 1}


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived", "restricted_action"])
def test_a_channel_that_cannot_be_reached_gives_way_to_the_fallback_at_once_and_says_why(world, code):
    world.slack.broken[CHANNEL] = code
    root = a_delivery()
    world.queue(root)
    first, second = world.rounds(2)
    assert first.outcomes == {Outcome.FAILED_OVER: 1}
    assert second.outcomes == {Outcome.SENT: 2}, "the message at the fallback, and a notice at the catch-all"
    assert first.refusals == {(CHANNEL, code): 1}
    assert world.row(root).state is DeliveryState.FAILED_OVER
    (told,) = world.texts(FALLBACK)
    assert f"<#{CHANNEL}>" in told
    assert code in told


def test_the_last_channel_is_the_catch_all(world):
    world.slack.broken |= {CHANNEL: "is_archived", FALLBACK: "channel_not_found"}
    world.queue(a_delivery())
    world.rounds(5)
    (told,) = [one for one in world.texts(CATCH_ALL) if "it burns" in one]
    assert "is_archived" in told


def test_updates_and_replies_follow_their_root_to_the_fallback(world):
    world.slack.broken[CHANNEL] = "is_archived"
    world.queue(a_delivery())
    world.rounds(2)
    world.queue(
        a_delivery(UPDATE, revision=2, message=text("hotter")),
        a_delivery(REPLY, revision=2, message=text("up")),
    )
    world.rounds(4)
    root, reply = [one for one in world.slack.written if one.channel != CATCH_ALL]
    assert (root.channel, root.edits) == (FALLBACK, 1)
    assert root.message.text.endswith("hotter")
    assert (reply.channel, reply.thread_ts) == (FALLBACK, root.ts)


def test_where_no_channel_is_left_it_is_tried_until_the_deadline_and_then_reported(executor):
    world = World(executor, catch_all=None)
    world.slack.broken |= {CHANNEL: "is_archived", FALLBACK: "is_archived"}
    world.queue(a_delivery())
    ended = world.rounds(60, every=timedelta(seconds=10))
    assert sum(one.outcomes.get(Outcome.DEAD, 0) for one in ended) == 1
    given_up = next(one for one in ended if Outcome.DEAD in one.outcomes)
    assert [one.notification.destination for one in given_up.undelivered] == [FALLBACK]
    assert sum(one.outcomes.get(Outcome.RETRY, 0) for one in ended) > 5


def test_an_incident_given_up_comes_back_with_its_next_update(executor):
    world = World(executor, catch_all=None)
    world.slack.broken |= {CHANNEL: "is_archived", FALLBACK: "is_archived"}
    world.queue(a_delivery())
    world.rounds(60, every=timedelta(seconds=10))
    world.slack.broken.clear()
    late = world.clock.now() + timedelta(hours=1)
    world.queue(a_delivery(UPDATE, revision=2, message=text("still burning"), deadline=late))
    world.rounds(4)
    assert [one.channel for one in world.slack.written] == [FALLBACK]
    assert world.slack.written[0].message.text.endswith("still burning")


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive", "missing_scope"])
def test_a_refused_token_stops_everything_for_a_minute_and_loses_nothing(world, code):
    deliveries = [a_delivery(incident=str(number), destination=f"C{number}") for number in range(3)]
    world.queue(*deliveries)
    for delivery in deliveries:
        world.slack.broken[delivery.notification.destination] = code
    assert world.deliver().problem == code
    world.slack.broken.clear()
    silent = world.rounds(59)
    assert not world.slack.written
    assert {one.problem for one in silent} == {code}
    world.clock.advance(timedelta(seconds=2))
    ended = world.rounds(3)
    assert len(world.slack.written) == 3
    assert ended[-1].problem is None


@pytest.mark.parametrize("code", ["msg_too_long", "invalid_blocks", "msg_blocks_too_long", "never_heard_of"])
def test_a_message_that_slack_does_not_like_goes_out_as_bare_text_at_once(world, code):
    world.queue(a_delivery())
    world.slack.fail_next(Refused("no", code=code))
    ended = world.deliver()
    assert ended.outcomes == {Outcome.SHORTENED: 1}
    assert ended.refusals == {(CHANNEL, code): 1}
    (sent,) = world.slack.written
    assert sent.message == Message("it burns")


def test_a_short_form_that_is_refused_too_is_tried_again_and_reaches_someone_in_the_end(world):
    world.slack.broken[CHANNEL] = "never_heard_of"
    world.queue(a_delivery())
    world.rounds(60, every=timedelta(seconds=10))
    assert len(world.texts(FALLBACK)) == 1


@pytest.mark.parametrize("kind", [UPDATE, REPLY])
def test_when_someone_deletes_the_root_a_new_one_takes_its_place_and_the_thread_goes_on(world, kind):
    world.queue(a_delivery())
    world.rounds(1)
    world.slack.delete(CHANNEL, world.slack.written[0].ts)
    if kind is REPLY:
        world.slack.fail_next(Refused("gone", code="thread_not_found"))
    world.queue(a_delivery(kind, revision=2, message=text("still burning")))
    world.rounds(3)
    (new,) = world.slack.written
    assert new.message.text.endswith("still burning")
    assert new.thread_ts is None
    world.queue(
        a_delivery(UPDATE, revision=3, message=text("hotter")),
        a_delivery(REPLY, revision=3, message=text("up")),
    )
    world.rounds(3)
    root, reply = world.slack.written
    assert (root.ts, root.message.text, reply.thread_ts) == (new.ts, "hotter", new.ts)


def test_a_message_that_was_posted_though_no_answer_came_is_found_and_not_sent_again(world):
    root = a_delivery()
    world.queue(root)
    world.slack.fail_next(Ambiguous("no answer"), after_posting=True)
    assert world.deliver().outcomes == {Outcome.AMBIGUOUS: 1}
    ended = world.rounds(3)
    assert any(Outcome.FOUND in one.outcomes for one in ended)
    assert len(world.slack.written) == 1
    assert world.row(root).ts == world.slack.written[0].ts
    assert world.slack.searched_since == [an_incident().opened_at]


def test_a_message_that_was_not_posted_is_looked_for_twice_and_then_sent_unlabelled(world):
    world.queue(a_delivery())
    world.slack.fail_next(Ambiguous("no answer"))
    world.rounds(12)
    assert len(world.slack.searched_since) == 2
    assert world.texts() == ["it burns"]


def test_an_ambiguous_reply_is_looked_for_in_its_thread(world):
    world.queue(a_delivery())
    world.rounds(1)
    world.queue(a_delivery(REPLY, revision=2, message=text("up")))
    world.slack.fail_next(Ambiguous("no answer"), after_posting=True)
    world.rounds(12)
    assert world.texts() == ["it burns", "up"]


def test_an_ambiguous_edit_is_made_again(world):
    world.queue(a_delivery())
    world.rounds(1)
    world.queue(a_delivery(UPDATE, revision=2, message=text("hotter")))
    world.slack.fail_next(Ambiguous("no answer"), after_posting=True)
    world.rounds(4)
    assert [(one.message.text, one.edits) for one in world.slack.written] == [("hotter", 2)]


@pytest.mark.parametrize(
    "unreadable",
    [Refused("no", code="missing_scope"), Unavailable("history does not answer")],
    ids=["scope", "down"],
)
def test_where_history_cannot_be_read_it_is_sent_again_and_says_so(world, unreadable):
    world.queue(a_delivery())
    world.slack.fail_next(Ambiguous("no answer"), after_posting=True)

    def find(*_args, **_options):
        raise unreadable

    world.slack.find = find
    ended = world.rounds(40)
    assert sum(one.outcomes.get(Outcome.SENT_PERHAPS_TWICE, 0) for one in ended) == 1
    first, second = world.texts()
    assert first == "it burns"
    assert "Possible duplicate" in second


def test_a_labelled_message_that_has_to_wait_stays_labelled(world):
    world.queue(a_delivery())
    world.slack.fail_next(Ambiguous("no answer"), after_posting=True)

    def find(*_args, **_options):
        raise Refused("no", code="missing_scope")

    world.slack.find = find
    world.deliver()
    world.slack.fail_next(rate_limited(3))
    world.rounds(12)
    assert "Possible duplicate" in world.texts()[1]
    assert len(world.texts()) == 2


def test_a_rate_limited_history_is_asked_again_later(world):
    world.queue(a_delivery())
    world.slack.fail_next(Ambiguous("no answer"), after_posting=True)
    find, limits = world.slack.find, [rate_limited(5)]

    def limited_find(*args, **options):
        if limits:
            raise limits.pop()
        return find(*args, **options)

    world.slack.find = limited_find
    world.rounds(12)
    assert world.texts() == ["it burns"]


def test_what_a_dead_worker_left_is_looked_for_when_its_lease_is_over(world):
    root = a_delivery()
    world.queue(root)
    world.store.claim(now=NOW, worker="dead", lease=timedelta(seconds=60), limit=1)
    world.slack.post(CHANNEL, root.message, delivery_id=root.notification.delivery_id)
    world.rounds(59)
    assert world.row(root).state is DeliveryState.SENDING
    world.rounds(3)
    assert world.row(root).state is DeliveryState.SENT
    assert len(world.slack.written) == 1


def test_who_comes_too_late_for_his_lease_sends_nothing(world):
    world.queue(a_delivery())
    (claimed,) = world.store.claim(now=NOW, worker="w1", lease=timedelta(seconds=-1), limit=1)
    world.store.claim = lambda **_: [claimed]
    world.store.unsettled = lambda **_: []
    assert world.deliver().outcomes == {Outcome.OVERTAKEN: 1}
    assert not world.slack.written


def test_what_is_past_its_deadline_is_reported_until_it_is_delivered(world):
    late = a_delivery(deadline=NOW - timedelta(seconds=1))
    world.queue(late)
    world.slack.fail_next(rate_limited(5))
    ended = world.rounds(8)
    reported = [[one.notification.delivery_id for one in each.undelivered] for each in ended]
    assert reported[0] == [late.notification.delivery_id]
    assert reported[-1] == []


def test_an_attempt_that_breaks_is_reported_and_taken_up_again(world):
    world.queue(a_delivery(), a_delivery(incident="b", destination=OTHER))
    post = world.slack.post
    world.slack.post = lambda channel, *args, **options: (
        1 / 0 if channel == CHANNEL else post(channel, *args, **options)
    )
    ended = world.deliver()
    assert [type(error) for error in ended.crashes] == [ZeroDivisionError]
    assert ended.outcomes == {Outcome.SENT: 1}
    world.slack.post = post
    world.clock.advance(timedelta(seconds=60))
    world.rounds(10)
    assert len(world.texts()) == 1


def test_a_store_that_is_gone_stops_the_round(world):
    def gone(**_options):
        raise Unavailable("the database does not answer")

    world.store.unsettled = gone
    with pytest.raises(Unavailable):
        world.deliver()


def test_a_storm_reaches_people_once_each_and_pages_first(world):
    channels = [CHANNEL, *(f"C{number}" for number in range(9))]
    tickets = [
        a_delivery(
            incident=f"t{number}",
            destination=channels[number % 10],
            priority=Priority.TICKET,
            message=text(f"t{number}"),
        )
        for number in range(100)
    ]
    pages = [a_delivery(incident=f"p{number}", message=text(f"p{number}")) for number in range(20)]
    world.queue(*tickets, *pages)
    for number in range(30):
        world.slack.fail_next(
            rate_limited(1) if number % 2 else Ambiguous("no answer"), after_posting=number % 4 == 0
        )
    world.rounds(400)
    told = [text for channel in channels for text in world.texts(channel)]
    assert sorted(told) == sorted(one.message.text for one in (*tickets, *pages))
    assert {one[0] for one in world.texts()[:20]} == {"p"}


def test_of_two_workers_only_one_sends_each(executor):
    world = World(executor)
    twin = replace(world.deliver, worker="w2")
    world.queue(*(a_delivery(incident=str(number), destination=f"C{number % 5}") for number in range(50)))
    for _ in range(15):
        world.deliver()
        twin()
        world.clock.advance(timedelta(seconds=1))
    assert len(world.slack.written) == 50


def test_while_no_answer_comes_and_nothing_can_be_looked_up_possible_duplicates_become_rarer(world):
    world.queue(a_delivery())
    for _ in range(100):
        world.slack.fail_next(Ambiguous("no answer"), after_posting=True)

    def find(*_args, **_options):
        raise Unavailable("history does not answer")

    world.slack.find = find
    world.rounds(3600)
    assert 3 <= len(world.texts()) <= 8
    assert all("Possible duplicate" in text for text in world.texts()[1:])
