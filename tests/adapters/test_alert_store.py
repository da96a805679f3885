"""What every AlertStore keeps: the same cases for the one in memory, SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.outbox import LEASE, T0, delivery, ids, incident, reply, root, update

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.sql import SqlAlerts
from observatory.alerting import IncidentState, NotificationKind
from observatory.application.delivery import DeliveryState
from observatory.evaluation import Severity
from observatory.outputs.message import Message

SENT, PENDING, DEAD = DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.DEAD
SENDING, AMBIGUOUS = DeliveryState.SENDING, DeliveryState.AMBIGUOUS
SUPERSEDED, FAILED_OVER = DeliveryState.SUPERSEDED, DeliveryState.FAILED_OVER


@pytest.fixture
def store(store_engine):
    return MemoryAlerts() if store_engine is None else SqlAlerts(store_engine)


def after(seconds):
    return T0 + timedelta(seconds=seconds)


def claim(store, at=0, *, worker="w1", limit=10):
    return store.claim(now=after(at), worker=worker, lease=LEASE, limit=limit)


def send(store, at=0):
    """Claim one and settle it as sent."""
    (taken,) = claim(store, at, limit=1)
    sent = replace(taken, state=SENT, channel="C1", ts="1.5", permalink="https://slack/p1", sent_at=after(at))
    assert store.settle(sent)
    return sent


def states(store):
    return {each.notification.revision: each.state for each in store.deliveries()}


def test_an_incident_comes_back_as_it_was_written(store):
    whole = incident(
        state=IncidentState.RESOLVED,
        severity=Severity.TICKET,
        tiers=("fast", "slow"),
        revision=7,
        reopened=2,
        clear_since=after(1),
        resolved_at=after(2),
        announced_at=after(0.000001),
        inhibited=True,
        remaining=-0.25,
    )
    store.record([whole], [])
    assert store.incident("i1") == whole
    assert store.incident("other") is None


def test_an_incident_written_again_is_replaced(store):
    store.record([incident()], [])
    acknowledged = incident(state=IncidentState.ACKNOWLEDGED, revision=2, updated_at=after(60))
    store.record([acknowledged], [])
    assert store.incidents() == [acknowledged]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({}, ["i3", "i2", "i1"], id="newest-first"),
        pytest.param({"limit": 2}, ["i3", "i2"], id="limited"),
        pytest.param({"squad": "discovery"}, ["i3", "i1"], id="of-a-squad"),
        pytest.param({"slo": "login/latency"}, ["i2"], id="of-an-slo"),
        pytest.param({"states": [IncidentState.FIRING]}, ["i2", "i1"], id="in-a-state"),
        pytest.param({"states": list(IncidentState)}, ["i3", "i2", "i1"], id="in-any-state"),
        pytest.param({"states": []}, [], id="in-no-state"),
        pytest.param({"since": after(20)}, ["i3", "i2"], id="changed-since"),
        pytest.param({"since": after(20), "squad": "discovery"}, ["i3"], id="two-filters"),
    ],
)
def test_incidents_are_found_by(store, asked, found):
    store.record(
        [
            incident("i1", updated_at=after(0)),
            incident("i2", slo="login/latency", squad="accounts", opened_at=after(1), updated_at=after(20)),
            incident("i3", state=IncidentState.RESOLVED, opened_at=after(2), updated_at=after(30)),
        ],
        [],
    )
    assert [each.id for each in store.incidents(**asked)] == found


def test_a_delivery_comes_back_as_it_was_written(store):
    new = root(priority=3, wait=5, deadline=60)
    new = replace(new, notification=replace(new.notification, mention=True))
    new = replace(new, message=Message("Grüße <!channel> \\u0000 🔥", ({"type": "section", "n": [1, None]},)))
    store.record([incident()], [new])
    assert store.deliveries() == [new]


def test_deliveries_are_newest_first_and_may_be_of_one_incident(store):
    rows = [root("i1"), root("i2"), reply("i1", revision=2)]
    store.record([], rows)
    assert store.deliveries() == rows[::-1]
    assert store.deliveries(limit=1) == rows[2:]
    assert store.deliveries(incident="i1") == [rows[2], rows[0]]


def test_a_delivery_recorded_twice_is_one(store):
    store.record([incident()], [root(), root()])
    send(store)
    store.record([incident()], [root()])
    assert [each.state for each in store.deliveries()] == [SENT]


@pytest.mark.parametrize("state", list(DeliveryState))
def test_a_second_root_is_left_out_while_the_first_is_live(store, state):
    first, second = root(state=state), root(revision=2)
    store.record([], [first])
    store.record([], [second])
    live = state not in {DEAD, FAILED_OVER, SUPERSEDED}
    assert store.deliveries() == ([first] if live else [second, first])


def test_roots_of_other_destinations_and_incidents_are_their_own(store):
    rows = [root("i1", "C1"), root("i1", "C2"), root("i2", "C1")]
    store.record([], rows)
    assert len(store.deliveries()) == 3


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        pytest.param(update(revision=2), update(revision=3), SUPERSEDED, id="newer-update"),
        pytest.param(update(revision=2), root(revision=3), SUPERSEDED, id="newer-root"),
        pytest.param(update(revision=3), update(revision=2), PENDING, id="older-update"),
        pytest.param(update(revision=2), reply(revision=3), PENDING, id="reply-says-something-else"),
        pytest.param(reply(revision=2), update(revision=3), PENDING, id="replies-are-all-sent"),
        pytest.param(update(revision=2), update(destination="C2", revision=3), PENDING, id="elsewhere"),
        pytest.param(update(revision=2), update("i2", revision=3), PENDING, id="other-incident"),
        pytest.param(update(revision=2), update(revision=3, state=DEAD), PENDING, id="newer-but-dead"),
        pytest.param(update(revision=2, state=SENDING), update(revision=3), SENDING, id="under-way"),
        pytest.param(update(revision=2, state=SENT), update(revision=3), SENT, id="sent"),
    ],
)
def test_an_older_update_gives_way(store, earlier, later, expected):
    store.record([], [earlier])
    store.record([], [later])
    assert next(each for each in store.deliveries() if ids([each]) == ids([earlier])).state is expected


def test_an_update_that_arrives_late_is_superseded_at_once(store):
    store.record([], [update(revision=3), update(revision=2)])
    assert states(store) == {3: PENDING, 2: SUPERSEDED}


def test_an_update_given_back_after_a_newer_one_came_is_superseded(store):
    store.record([], [update(revision=2)])
    (taken,) = claim(store)
    store.record([], [update(revision=3)])
    assert store.settle(replace(taken, state=PENDING))
    assert states(store) == {3: PENDING, 2: SUPERSEDED}


def test_a_claim_is_an_attempt_with_a_lease(store):
    store.record([], [root()])
    (taken,) = claim(store, worker="w7")
    assert taken == root(state=SENDING, attempt=1, worker="w7", lease_until=T0 + LEASE)
    assert store.deliveries() == [taken]
    assert claim(store) == []


@pytest.mark.parametrize(
    ("rows", "order"),
    [
        pytest.param([root("a", "C1", priority=3), root("b", "C2", priority=0)], ["b", "a"], id="priority"),
        pytest.param([root("a", "C1", wait=-1), root("b", "C2", wait=-9)], ["b", "a"], id="due-first"),
        pytest.param([root("b", "C2"), root("a", "C1")], ["b", "a"], id="recorded-first"),
        pytest.param(
            [root("a", "C1", priority=1, wait=-9), root("b", "C2", wait=-1)],
            ["b", "a"],
            id="priority-over-age",
        ),
        pytest.param([root("a", priority=2), root("b", priority=1)], ["b"], id="one-a-destination"),
        pytest.param([root("a", priority=0, wait=1), root("b", priority=1)], ["b"], id="not-yet-due"),
        pytest.param([root("a", state=SENDING), root("b")], [], id="lane-busy"),
        pytest.param([root("a", state=AMBIGUOUS), root("b")], [], id="lane-uncertain"),
        pytest.param([root("a", state=SENT), root("b")], ["b"], id="lane-free-again"),
        pytest.param([root("a", wait=9), update("a", revision=2)], [], id="no-edit-before-its-root"),
        pytest.param([root("a", wait=9), reply("a", revision=2)], [], id="no-answer-before-its-root"),
        pytest.param([root("a", "C2", wait=9), reply("a", "C1", revision=2)], ["a"], id="root-elsewhere"),
        pytest.param([root("a", state=SENT), update("a", revision=2)], ["a"], id="root-is-out"),
        pytest.param([root("a", state=DEAD), reply("a", revision=2)], ["a"], id="root-given-up"),
        pytest.param([reply("a", revision=2), update("b", "C2", revision=2)], ["a", "b"], id="no-root-known"),
    ],
)
def test_a_claim_takes_the_most_urgent_of_each_free_destination(store, rows, order):
    store.record([], rows)
    assert [each.notification.incident for each in claim(store)] == order


def test_a_claim_takes_no_more_than_asked_and_the_most_urgent_of_all(store):
    store.record([], [root(f"i{n}", f"C{n}", priority=9 - n) for n in range(9)])
    assert [each.notification.incident for each in claim(store, limit=2)] == ["i8", "i7"]
    assert [each.notification.incident for each in claim(store, limit=2)] == ["i6", "i5"]


def test_a_held_destination_waits_and_the_others_do_not(store):
    store.record([], [root("a", "C1"), root("b", "C2")])
    store.hold("C1", until=after(30))
    assert [each.notification.incident for each in claim(store, 29)] == ["b"]
    assert [each.notification.incident for each in claim(store, 30)] == ["a"]


def test_a_destination_may_be_held_before_it_is_known_and_released_early(store):
    store.hold("C1", until=after(30))
    store.record([], [root()])
    assert claim(store) == []
    store.hold("C1", until=after(0))
    assert len(claim(store)) == 1


def test_an_attempt_is_settled_with_all_it_learnt(store):
    store.record([], [root()])
    sent = send(store)
    assert store.deliveries() == [replace(sent, lease_until=None)]
    assert store.root("i1", "C1") == replace(sent, lease_until=None)


def test_settling_writes_neither_message_nor_identity(store):
    store.record([], [root(priority=3)])
    (taken,) = claim(store)
    told = replace(taken.notification, priority=0, deadline=after(9), not_before=after(7), revision=9)
    assert store.settle(replace(taken, state=PENDING, message=Message("other"), notification=told))
    (row,) = store.deliveries()
    assert (row.message, row.notification) == (
        taken.message,
        replace(taken.notification, not_before=after(7)),
    )


def test_a_delivery_given_back_waits_and_counts_on(store):
    store.record([], [root()])
    (taken,) = claim(store)
    later = replace(taken.notification, not_before=after(5))
    assert store.settle(replace(taken, state=PENDING, notification=later, last_error="503\0 \ud800"))
    assert claim(store, 4) == []
    (again,) = claim(store, 5)
    assert again.attempt == 2


def test_a_worker_stopped_past_its_lease_can_not_settle(store):
    store.record([], [root()])
    (stopped,) = claim(store, worker="stopped")
    assert store.unsettled(now=after(59), worker="other", lease=LEASE) == []
    (taken,) = store.unsettled(now=after(60), worker="other", lease=LEASE)
    assert (taken.attempt, taken.worker, taken.lease_until) == (2, "other", after(60) + LEASE)
    assert not store.settle(replace(stopped, state=SENT, ts="9"), then=[root("x", "C9")])
    assert store.deliveries() == [taken]
    assert store.settle(replace(taken, state=SENT, ts="1.5"))
    assert store.root("i1", "C1").ts == "1.5"


def test_an_ambiguous_attempt_is_looked_at_again_when_due(store):
    store.record([], [root(), root("i2", "C2")])
    first, _ = claim(store)
    later = replace(first.notification, not_before=after(5))
    assert store.settle(replace(first, state=AMBIGUOUS, notification=later))
    assert store.unsettled(now=after(4), worker="w2", lease=LEASE) == []
    (again,) = store.unsettled(now=after(5), worker="w2", lease=LEASE)
    assert (again.notification, again.state, again.attempt) == (later, SENDING, 2)


def test_an_unknown_delivery_is_not_settled(store):
    assert not store.settle(root(state=SENT))
    assert store.deliveries() == []


def test_a_fallback_begins_as_what_it_replaces_ends(store):
    store.record([], [root()])
    (taken,) = claim(store)
    fallback = root(destination="C2")
    assert store.settle(replace(taken, state=FAILED_OVER, last_error="is_archived"), then=[fallback])
    assert store.root("i1", "C1") is None
    assert ids(claim(store)) == ids([fallback])


def test_a_sent_root_moves_to_a_new_message(store):
    store.record([], [root()])
    sent = send(store)
    assert store.settle(replace(sent, ts="2.5"))
    assert store.root("i1", "C1").ts == "2.5"


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(root(), id="not-sent-yet"),
        pytest.param(update(state=SENT), id="no-root"),
        pytest.param(root("i2", state=SENT), id="other-incident"),
        pytest.param(root(destination="C2", state=SENT), id="other-destination"),
        pytest.param(root(state=DEAD), id="given-up"),
    ],
)
def test_there_is_no_root_when(store, row):
    store.record([], [row])
    assert store.root("i1", "C1") is None


def test_what_is_past_its_deadline_and_not_final_is_overdue(store):
    rows = [root(f"i{n}", f"C{n}", deadline=9 - n, state=state) for n, state in enumerate(DeliveryState)]
    store.record([], [*rows, root("punctual", "C9", deadline=100)])
    assert [each.state for each in store.overdue(now=after(50))] == [AMBIGUOUS, SENDING, PENDING]
    assert [each.state for each in store.overdue(now=after(7))] == [AMBIGUOUS]


@pytest.mark.parametrize(
    ("one", "rows", "kept"),
    [
        pytest.param(incident(state=IncidentState.RESOLVED, resolved_at=after(0)), [], False, id="old"),
        pytest.param(
            incident(state=IncidentState.RESOLVED, resolved_at=after(0)),
            [root(state=SENT), update(state=SUPERSEDED)],
            False,
            id="old-and-all-said",
        ),
        pytest.param(
            incident(state=IncidentState.RESOLVED, resolved_at=after(0)), [reply()], True, id="not-all-said"
        ),
        pytest.param(
            incident(state=IncidentState.RESOLVED, resolved_at=after(99)),
            [root(state=SENT)],
            True,
            id="recent",
        ),
        pytest.param(incident(), [root(state=SENT)], True, id="still-open"),
    ],
)
def test_pruning_forgets_what_is_over(store, one, rows, kept):
    store.record([one], rows)
    store.prune(before=after(60))
    assert bool(store.incidents()) is kept
    assert len(store.deliveries()) == (len(rows) if kept else 0)


def test_nothing_to_record_is_nothing(store):
    store.record([], [])
    assert claim(store) == []
    assert delivery() not in store.deliveries()


def compose(digest, members, known):
    """A digest whose words are its members."""
    kind = NotificationKind.UPDATE if known else NotificationKind.ROOT
    made = delivery(digest, "C1", kind, revision=len(members), priority=3)
    return replace(made, message=Message(" ".join(one.notification.incident for one in members)))


def fold(store, at=0, more_than=2):
    return store.fold(now=after(at), more_than=more_than, window="w", compose=compose)


def ticket(name, destination="C1", **changes):
    return root(name, destination, priority=3, **changes)


def test_what_crowds_a_destination_is_digested_and_the_digest_recorded(store):
    store.record([], [ticket("a"), ticket("b"), root("page"), ticket("c"), ticket("other", "C2")])
    assert fold(store) == 3
    digested = {
        row.notification.incident for row in store.deliveries() if row.state is DeliveryState.DIGESTED
    }
    assert digested == {"a", "b", "c"}
    assert [row.notification.incident for row in store.members("digest w C1")] == ["a", "b", "c"]
    assert [row.notification.incident for row in claim(store)] == ["page", "other"]
    (newest,) = store.deliveries(incident="digest w C1")
    assert (newest.message.text, newest.state) == ("a b c", PENDING)
    assert fold(store) == 0


def test_later_ones_join_the_digest_of_their_window(store):
    store.record([], [ticket(name) for name in "abc"])
    fold(store)
    store.record([], [ticket(name) for name in "defg"])
    assert fold(store) == 4
    update, first = store.deliveries(incident="digest w C1")
    assert (update.message.text, update.notification.kind) == ("a b c d e f g", NotificationKind.UPDATE)
    assert first.notification.kind is NotificationKind.ROOT


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([ticket("a"), ticket("b")], id="not-more-than"),
        pytest.param([ticket("a"), ticket("b"), ticket("c", wait=9)], id="one-is-not-due"),
        pytest.param([ticket("a"), ticket("b"), ticket("c", state=SENT)], id="one-is-told"),
        pytest.param([ticket("a"), ticket("b"), ticket("c", "C2")], id="one-is-elsewhere"),
        pytest.param([ticket("a"), ticket("b"), update("c", revision=2, priority=3)], id="one-is-an-update"),
        pytest.param([root(name) for name in "abcd"], id="pages"),
        pytest.param([ticket(f"digest {name}") for name in "abcd"], id="digests"),
    ],
)
def test_nothing_is_digested_when(store, rows):
    store.record([], rows)
    assert fold(store) == 0


def test_a_digested_root_is_live_so_that_no_second_one_is_told(store):
    store.record([], [ticket(name) for name in "abc"])
    fold(store)
    store.record([], [ticket("a", revision=2)])
    assert len(store.deliveries(incident="a")) == 1


def test_a_deleted_root_and_what_takes_its_place_change_together(store):
    store.record([], [root()])
    sent = send(store)
    store.record([], [reply(revision=2)])
    (taken,) = claim(store)
    heir = root(revision=3)
    gone = replace(sent, state=DEAD)
    assert store.settle(replace(taken, state=SUPERSEDED), gone=gone, then=[heir])
    assert states(store) == {1: DEAD, 2: SUPERSEDED, 3: PENDING}


def test_a_destination_rests_after_a_message_until_told(store):
    store.record([], [root("a"), root("b")])
    (taken,) = claim(store)
    assert store.settle(replace(taken, state=SENT, sent_at=T0), rest_until=after(1))
    assert claim(store, 0.9) == []
    assert [each.notification.incident for each in claim(store, 1)] == ["b"]


def test_beyond_slack_only_other_destinations_are_taken(store):
    store.record([], [root("a", "C1"), root("b", "email:oncall@example.com")])
    taken = store.claim(now=T0, worker="w1", lease=LEASE, limit=9, beyond_slack=True)
    assert [each.notification.incident for each in taken] == ["b"]


def test_what_waits_is_shown_most_urgent_first_and_not_taken(store):
    store.record(
        [], [root("a", "C1", priority=2), root("b", "C2"), root("c", "C3", wait=9), root("d", state=SENT)]
    )
    for _ in range(2):
        assert [each.notification.incident for each in store.waiting(now=T0, limit=9)] == ["b", "a"]
    assert len(store.waiting(now=T0, limit=1)) == 1


def test_what_took_more_than_one_attempt_is_found_again(store):
    rows = [root("once", "C1", attempt=1), root("twice", "C2", attempt=2), root("long-ago", "C3", attempt=2)]
    sent = [replace(row, state=SENT, sent_at=after(at)) for row, at in zip(rows, (9, 9, 1), strict=True)]
    store.record([], [*sent, root("waits", "C4", attempt=3)])
    assert [each.notification.incident for each in store.resent(since=after(5))] == ["twice"]


def test_what_ended_is_counted_once_with_its_time(store):
    store.record([], [root(), update(revision=2), update(revision=3), root("i2", "C2")])
    sent = send(store)
    assert store.settle(replace(sent, ts="2.5"))
    (lost,) = claim(store, limit=1)
    store.settle(replace(lost, state=DEAD))
    counted = {(one.state, one.kind, one.priority): (one.count, one.seconds) for one in store.tallies()}
    update_ended = SUPERSEDED, NotificationKind.UPDATE, 0
    assert counted.pop(update_ended) == (1, 0.0)
    assert sorted(counted.values()) == [(1, 0.0), (1, 0.0)]
    assert {state for state, _, _ in counted} == {SENT, DEAD}
