"""The evaluator's lease on a real PostgreSQL: one holder at a time, and nothing written after one's term."""

import threading
from datetime import timedelta

import numpy as np
import pytest
from support.slack import an_incident

from observatory.adapters.sql import SqlAlerts, SqlHistory, SqlLease, create_engine
from observatory.adapters.sql.engine import writing
from observatory.errors import Refused, Unavailable
from observatory.measurement import FIELDS, Buckets

LONG = timedelta(minutes=5)


@pytest.fixture
def leases(postgres_engine):
    """Replicas by name, each with a lease of its own over one database."""
    return lambda name, length=LONG: SqlLease(postgres_engine, holder=name, length=length)


def expire(engine):
    """Let the lease's time pass."""
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE leases SET expires_at = clock_timestamp() - interval '1 ms'")


def one_bucket():
    fields = {name: np.ones((1, 1)) for name in FIELDS}
    return Buckets(seconds=60, ends=np.array([1_774_746_000], dtype=np.int64), slos=("a/x",), **fields)


def test_one_replica_holds_it_and_holds_on(leases):
    first, second = leases("first"), leases("second")

    assert (first.hold(), second.hold(), first.hold(), second.hold()) == (1, None, 1, None)


def test_who_takes_over_gets_a_higher_term_and_the_former_holder_sees_it(leases, postgres_engine):
    first, second = leases("first"), leases("second")
    first.hold()
    expire(postgres_engine)

    assert (second.hold(), first.hold()) == (2, None)


def test_a_lease_that_ran_out_and_that_nobody_took_is_renewed(leases, postgres_engine):
    first = leases("first")
    first.hold()
    expire(postgres_engine)

    assert first.hold() == 1


def test_a_lease_given_up_is_free_at_once(leases):
    first, second = leases("first"), leases("second")
    first.hold()
    second.release()
    assert second.hold() is None
    first.release()

    assert second.hold() == 2


def test_of_many_that_ask_at_once_one_gets_it(leases):
    barrier, terms = threading.Barrier(8), {}

    def ask(name):
        barrier.wait()
        terms[name] = leases(name).hold()

    threads = [threading.Thread(target=ask, args=(f"replica {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(term for term in terms.values() if term) == [1]


def test_what_is_written_after_ones_term_is_refused_whole(leases, postgres_engine):
    first, second = leases("first"), leases("second")
    alerts = SqlAlerts(postgres_engine, fence=first.fence)
    history = SqlHistory(postgres_engine, fence=first.fence)
    term = first.hold()
    with first.term(term):
        alerts.record([an_incident("in time")], [])
        expire(postgres_engine)
        second.hold()
        for write in (
            lambda: alerts.record([an_incident("late")], []),
            lambda: history.save(one_bucket()),
            lambda: history.mark_covered(["a/x"], since=1),
            lambda: history.prune(seconds=60, before=2_000_000_000),
        ):
            with pytest.raises(Refused, match="another replica evaluates by now"):
                write()

    assert [one.id for one in alerts.incidents()] == ["in time"]
    assert (history.ends(seconds=60), history.covered_from()) == (None, {})


def test_a_decision_of_an_old_term_is_refused_though_we_lead_again(leases, postgres_engine):
    """Stopped in the middle of a tick, overtaken, and elected once more before it goes on."""
    first, second = leases("first"), leases("second")
    alerts = SqlAlerts(postgres_engine, fence=first.fence)
    with first.term(first.hold()):
        expire(postgres_engine)
        second.hold()
        expire(postgres_engine)
        assert first.hold() == 3
        with pytest.raises(Refused, match="term 3, ours was 1"):
            alerts.record([an_incident()], [])


def test_outside_a_term_nothing_may_be_written(leases, postgres_engine):
    first = leases("first")
    first.hold()

    with pytest.raises(Refused):
        SqlAlerts(postgres_engine, fence=first.fence).record([an_incident()], [])


def test_nobody_takes_over_while_a_transaction_of_the_term_is_open(leases, postgres_engine):
    """Either it is committed before the next term begins, or it never is."""
    first, second = leases("first"), leases("second")
    with first.term(first.hold()):
        expire(postgres_engine)
        with writing(postgres_engine) as transaction:
            first.fence(transaction)
            taking_over = threading.Thread(target=second.hold)
            taking_over.start()
            while not _waits_for_a_lock(postgres_engine):
                assert taking_over.is_alive(), "it took over beside an open transaction"
        taking_over.join()

    assert first.hold() is None


def _waits_for_a_lock(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).scalar()


def test_a_database_that_does_not_answer_is_unavailable():
    engine = create_engine("postgresql://nobody@127.0.0.1:1/none", timeout=timedelta(seconds=1))

    with pytest.raises(Unavailable):
        SqlLease(engine, holder="first", length=LONG).hold()
