"""What every AlertStore forgets of what belongs to no incident: digests and notices."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.outbox import LEASE, T0, delivery, ids, incident, reply, root, update

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.sql import SqlAlerts
from observatory.alerting import IncidentState, NotificationKind
from observatory.application.delivery import UNFINISHED, DeliveryState, trouble_id
from observatory.outputs.message import Message

SENT, SUPERSEDED = DeliveryState.SENT, DeliveryState.SUPERSEDED
FINAL = sorted(set(DeliveryState) - UNFINISHED)
AFTERWARDS = T0 + timedelta(hours=1)
DIGEST = "digest w C1"


@pytest.fixture
def store(store_engine):
    return MemoryAlerts() if store_engine is None else SqlAlerts(store_engine)


def sent(row, at=T0):
    return replace(row, state=SENT, channel="C1", ts="1.5", sent_at=at)


@pytest.mark.parametrize("state", sorted(UNFINISHED))
@pytest.mark.parametrize("row", [root("nothing"), reply("nothing"), root(trouble_id("C1")), root(DIGEST)])
def test_what_may_still_have_to_be_told_is_never_forgotten(store, state, row):
    store.record([], [replace(row, state=state)])
    store.prune(before=AFTERWARDS)
    assert ids(store.deliveries()) == [row.notification.delivery_id]


@pytest.mark.parametrize("state", FINAL)
def test_a_notice_that_is_over_is_forgotten_when_it_is_old(store, state):
    told = replace(root("mended 1"), state=state)
    store.record([], [told])
    store.prune(before=T0)
    assert ids(store.deliveries()) == ids([told])
    store.prune(before=AFTERWARDS)
    assert store.deliveries() == []


def test_what_was_sent_late_is_as_old_as_it_was_sent(store):
    store.record([], [sent(root("mended 1"), at=AFTERWARDS)])
    store.prune(before=AFTERWARDS)
    assert len(store.deliveries()) == 1
    store.prune(before=AFTERWARDS + timedelta(seconds=1))
    assert store.deliveries() == []


def test_that_a_channel_cannot_be_reached_stands_until_it_can(store):
    told = sent(root(trouble_id("C1")))
    store.record([], [told])
    store.prune(before=AFTERWARDS)
    assert ids(store.deliveries()) == ids([told])
    assert store.settle(replace(told, state=SUPERSEDED))
    store.prune(before=AFTERWARDS)
    assert store.deliveries() == []


def test_a_digest_stays_while_an_incident_that_it_tells_is_there(store):
    store.record([incident(name) for name in "abc"], [root(name, priority=3) for name in "abc"])
    store.fold(now=T0, more_than=2, window="w", compose=digest)
    (taken,) = store.claim(now=T0, worker="w1", lease=LEASE, limit=1)
    assert store.settle(sent(taken))
    for name in "ab":
        resolve(store, name)
    store.prune(before=AFTERWARDS)
    assert store.root(DIGEST, "C1") is not None
    assert [row.notification.incident for row in store.members(DIGEST)] == ["c"]
    resolve(store, "c")
    store.prune(before=AFTERWARDS)  # the members go
    store.prune(before=AFTERWARDS)
    assert store.deliveries() == []


def resolve(store, name):
    store.record([incident(name, state=IncidentState.RESOLVED, resolved_at=T0)], [])


def digest(name, members, known):
    told = delivery(name, "C1", NotificationKind.ROOT, priority=3)
    return replace(told, message=Message(" ".join(one.notification.incident for one in members)))


@pytest.mark.parametrize(
    "newer",
    [
        pytest.param(update(DIGEST, revision=2), id="an edit is waiting"),
        pytest.param(sent(reply(DIGEST, revision=2), at=AFTERWARDS), id="somebody was answered lately"),
    ],
)
def test_a_thread_in_which_things_go_on_keeps_its_root(store, newer):
    store.record([], [sent(root(DIGEST)), newer])
    store.prune(before=AFTERWARDS)
    assert store.root(DIGEST, "C1") is not None
    assert len(store.deliveries()) == 2


def test_what_belongs_to_an_incident_goes_with_it_and_not_before(store):
    store.record([incident("i1")], [sent(root("i1")), sent(reply("i1", revision=2))])
    store.prune(before=AFTERWARDS)
    assert len(store.deliveries()) == 2
    resolve(store, "i1")
    store.prune(before=AFTERWARDS)
    assert store.deliveries() == []


def test_the_counters_forget_nothing(store):
    store.record([], [root("mended 1")])
    (taken,) = store.claim(now=T0, worker="w1", lease=LEASE, limit=1)
    assert store.settle(sent(taken))
    before = store.tallies()
    store.prune(before=AFTERWARDS)
    assert store.deliveries() == []
    assert store.tallies() == before != []


def test_many_are_forgotten_at_once(store):
    store.record([], [sent(root(f"mended {number}", f"C{number}")) for number in range(1201)])
    store.prune(before=AFTERWARDS)
    assert store.deliveries() == []
