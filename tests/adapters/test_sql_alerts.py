"""The outbox under many hands: random operations against the twin in memory, and workers that race."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from support.outbox import LEASE, T0, delivery, ids, incident, root

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.sql import SqlAlerts
from observatory.adapters.sql.schema import metadata
from observatory.alerting import IncidentState, NotificationKind
from observatory.application.delivery import DeliveryState
from observatory.errors import Refused

DESTINATIONS = st.sampled_from(["C1", "C2", "C3"])
INCIDENTS = st.sampled_from(["i1", "i2", "i3"])
DELIVERIES = st.builds(
    delivery,
    INCIDENTS | st.sampled_from(["digest w C1", "channel:C1", "mended 1"]),
    DESTINATIONS,
    st.sampled_from(NotificationKind),
    st.integers(1, 5),
    priority=st.integers(0, 2),
    wait=st.integers(0, 90),
    deadline=st.integers(0, 300),
)


class Twins(RuleBasedStateMachine):
    """The store in memory and the one in the database are told the same, and must say the same."""

    engine: sa.Engine

    @initialize()
    def start(self):
        with self.engine.begin() as connection:
            for table in metadata.sorted_tables:
                connection.execute(table.delete())
        self.twins = (MemoryAlerts(), SqlAlerts(self.engine))
        self.now = T0
        self.held_by_workers = []

    def both(self, ask):
        memory, sql = (ask(twin) for twin in self.twins)
        assert sql == memory
        return sql

    @rule(seconds=st.integers(1, 70))
    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule(name=INCIDENTS, state=st.sampled_from(IncidentState), new=st.lists(DELIVERIES, max_size=4))
    def record(self, name, state, new):
        resolved = self.now if state is IncidentState.RESOLVED else None
        one = incident(name, state=state, updated_at=self.now, resolved_at=resolved)
        self.both(lambda twin: twin.record([one], new))

    @rule(limit=st.integers(1, 4), worker=st.sampled_from(["w1", "w2"]))
    def claim(self, limit, worker):
        self.held_by_workers += self.both(
            lambda twin: twin.claim(now=self.now, worker=worker, lease=LEASE, limit=limit)
        )

    @rule()
    def take_over(self):
        self.held_by_workers += self.both(lambda twin: twin.unsettled(now=self.now, worker="w3", lease=LEASE))

    @rule(data=st.data(), state=st.sampled_from(sorted(set(DeliveryState) - {DeliveryState.SENDING})))
    def settle(self, data, state):
        if not self.held_by_workers:
            return
        held = data.draw(st.sampled_from(self.held_by_workers))
        self.held_by_workers.remove(held)
        later = replace(
            held.notification, not_before=self.now + timedelta(seconds=data.draw(st.integers(0, 5)))
        )
        then = [data.draw(DELIVERIES)] if state is DeliveryState.FAILED_OVER else []
        sent_at = self.now if state is DeliveryState.SENT else None
        ended = replace(held, state=state, ts="1", notification=later, sent_at=sent_at)
        self.both(lambda twin: twin.settle(ended, then=then))

    @rule(destination=DESTINATIONS, seconds=st.integers(0, 20))
    def hold(self, destination, seconds):
        self.both(lambda twin: twin.hold(destination, until=self.now + timedelta(seconds=seconds)))

    @rule(seconds=st.integers(0, 200))
    def prune(self, seconds):
        self.both(lambda twin: twin.prune(before=self.now - timedelta(seconds=seconds)))

    @invariant()
    def same(self):
        rows = self.both(lambda twin: list(twin.deliveries()))
        self.both(lambda twin: list(twin.incidents()))
        self.both(lambda twin: [twin.root("i1", "C1"), twin.root("i2", "C2")])
        in_flight = [
            row.notification.destination
            for row in rows
            if row.state in {DeliveryState.SENDING, DeliveryState.AMBIGUOUS}
        ]
        assert len(in_flight) == len(set(in_flight))


def test_any_sequence_of_operations_says_the_same_as_in_memory(engine):
    run_state_machine_as_test(
        type("TwinsHere", (Twins,), {"engine": engine}),
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
    )


def test_workers_that_claim_at_once_never_get_the_same_nor_the_same_destination(engine):
    store = SqlAlerts(engine)
    rows = [root(f"i{n}", f"C{n % 40}", priority=n % 6) for n in range(200)]
    store.record([], rows)
    gate = threading.Barrier(6)

    def work(worker):
        taken = []
        gate.wait(timeout=30)
        for _ in range(60):
            claimed = store.claim(now=T0, worker=worker, lease=LEASE, limit=3)
            taken += claimed
            for one in claimed:
                assert store.settle(replace(one, state=DeliveryState.SENT, ts="1"))
        return ids(taken)

    with ThreadPoolExecutor(6) as threads:
        claimed = [each for taken in threads.map(work, "abcdef") for each in taken]
    assert len(claimed) == len(set(claimed))
    left = store.claim(now=T0, worker="last", lease=LEASE, limit=200)
    assert len(claimed) + len([row for row in store.deliveries(limit=300) if row.state != "sent"]) == len(
        rows
    )
    assert all(each.worker == "last" for each in left)


def test_a_worker_skips_the_lanes_that_another_is_taking_from(postgres_engine):
    store = SqlAlerts(postgres_engine)
    store.record([], [root("a", "C1", priority=0), root("b", "C1", priority=1), root("c", "C2", priority=2)])
    with postgres_engine.begin() as other:
        other.execute(sa.text("SELECT 1 FROM lanes WHERE destination = 'C1' FOR UPDATE"))
        (taken,) = store.claim(now=T0, worker="w1", lease=LEASE, limit=5)
    assert taken.notification.incident == "c"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE outbox SET state = 'pending'", id="a-second-live-root"),
        pytest.param("UPDATE outbox SET state = 'sending', kind = 'reply'", id="two-in-flight-in-a-lane"),
    ],
)
def test_the_database_itself_refuses(engine, change):
    store = SqlAlerts(engine)
    store.record([], [root(state=DeliveryState.DEAD), root(revision=2)])
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.exec_driver_sql(change)


def test_incident_and_delivery_are_written_together_or_not_at_all(engine):
    store = SqlAlerts(engine)
    broken = replace(root(), attempt=None)
    with pytest.raises(Refused, match=r"attempt"):
        store.record([incident()], [broken])
    assert store.incidents() == []
    with pytest.raises(Refused, match=r"attempt"):
        store.record([], [root("i2"), broken])
    assert store.deliveries() == []
