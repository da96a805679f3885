"""Killed or paused between writing SENDING and Slack's answer: nothing is lost, and nothing is posted twice."""

import os
import signal
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from support import forked
from support.delivering import deliver_for_ever
from support.postgres import cluster
from support.slack import a_delivery, an_incident, delivery_ids, plan_fault, postings

from observatory.adapters.sql import SqlAlerts, create_engine, migrate
from observatory.alerting import NotificationKind
from observatory.application.delivery import DeliveryState
from observatory.sandbox.slack import running

FAULTS = {
    "C0HANGAFTER": {"trouble": "hang", "applied": True, "seconds": 600},
    "C0HANGBEFORE": {"trouble": "hang", "seconds": 600},
    "C0DROPAFTER": {"trouble": "drop", "applied": True},
    "C0DROPBEFORE": {"trouble": "drop"},
    "C0HALFANSWER": {"trouble": "truncate", "applied": True},
    "C0500AFTER": {"trouble": "status", "status": 500, "applied": True},
    "C0500BEFORE": {"trouble": "status", "status": 500},
    "C0NOFAULT": None,
}
UNSETTLED = {DeliveryState.SENDING, DeliveryState.AMBIGUOUS}


@contextmanager
def delivering(database, slack, worker):
    with forked.running(deliver_for_ever, database, slack.api_url, worker) as process:
        yield process


def wait_until(true, process, *, seconds=40):
    ends = time.monotonic() + seconds
    while not true():
        assert process.exitcode is None, "the delivering process ended by itself"
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)


def deliveries(kind, revision):
    now = datetime.now(UTC)  # noqa: TID251 - a real process delivers by the real clock
    times = {"not_before": now, "deadline": now + timedelta(minutes=5)}
    return [a_delivery(kind, incident=name, destination=name, revision=revision, **times) for name in FAULTS]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [NotificationKind.ROOT, NotificationKind.REPLY, NotificationKind.UPDATE])
def test_a_kill_at_any_fault_loses_nothing_and_doubles_nothing(tmp_path, kind):
    database = f"sqlite:///{tmp_path / 'outbox.db'}"
    engine = create_engine(database)
    migrate(engine)
    store = SqlAlerts(engine)
    opened = datetime.now(UTC)  # noqa: TID251 - as above
    store.record([an_incident(name, opened_at=opened, updated_at=opened) for name in FAULTS], [])

    def states():
        return {row.notification.delivery_id: row.state for row in store.deliveries()}

    def all_sent():
        return set(states().values()) == {DeliveryState.SENT}

    with running(channels={name: name.lower() for name in FAULTS}, pace=None) as slack:

        def all_struck():
            return (
                not httpx2.get(f"{slack.url}/admin/faults").json()
                and len(UNSETTLED & set(states().values())) > 0
            )

        roots = deliveries(NotificationKind.ROOT, 1)
        watched = roots
        if kind is not NotificationKind.ROOT:
            store.record([], roots)
            with delivering(database, slack, "first") as process:
                wait_until(all_sent, process)
            watched = deliveries(kind, 2)
        method = "chat.update" if kind is NotificationKind.UPDATE else "chat.postMessage"
        for channel, fault in FAULTS.items():
            if fault is not None:
                plan_fault(slack.url, method=method, channel=channel, **fault)
        store.record([], watched)
        with delivering(database, slack, "killed") as process:
            wait_until(all_struck, process)
        assert UNSETTLED & {states()[one.notification.delivery_id] for one in watched}

        with delivering(database, slack, "heir") as process:
            wait_until(all_sent, process)

        assert_once(slack, kind, roots, watched)


def assert_once(slack, kind, roots, watched):
    """Each channel has one root, and in its thread or in its place exactly what was sent."""
    for root, delivery in zip(roots, watched, strict=True):
        first, second = root.notification.delivery_id, delivery.notification.delivery_id
        channel = root.notification.destination
        (top,) = postings(slack.url, channel)
        thread = delivery_ids(postings(slack.url, channel, thread_ts=top["ts"]))
        expected = {
            NotificationKind.ROOT: [first],
            NotificationKind.REPLY: [first, second],
            NotificationKind.UPDATE: [second],
        }
        assert thread == expected[kind], channel


@pytest.fixture
def postgres():
    # Not below tmp_path, which only its owner may enter: the server runs as another user.
    with tempfile.TemporaryDirectory(prefix="observatory-pg-") as folder:
        Path(folder).chmod(0o755)
        with cluster(Path(folder) / "cluster") as server:
            yield server


@pytest.mark.slow
def test_a_replica_paused_past_its_lease_doubles_nothing_when_it_wakes(postgres):
    channels = {name: name.lower() for name in FAULTS}
    with running(channels=channels, pace=None) as slack:
        database = postgres.new_database()
        engine = create_engine(database)
        migrate(engine)
        store = SqlAlerts(engine)
        opened = datetime.now(UTC)  # noqa: TID251 - as above
        store.record([an_incident(name, opened_at=opened, updated_at=opened) for name in FAULTS], [])
        for channel, fault in FAULTS.items():
            if fault is not None:
                plan_fault(slack.url, channel=channel, **fault)
        roots = deliveries(NotificationKind.ROOT, 1)
        store.record([], roots)

        def all_struck():
            return not httpx2.get(f"{slack.url}/admin/faults").json()

        def all_sent():
            return {row.state for row in store.deliveries()} == {DeliveryState.SENT}

        with delivering(database, slack, "paused") as paused:
            wait_until(all_struck, paused)
            os.kill(paused.pid, signal.SIGSTOP)
            assert UNSETTLED & {row.state for row in store.deliveries()}
            with delivering(database, slack, "other") as other:
                wait_until(all_sent, other)
                sent = {row.notification.delivery_id: row.ts for row in store.deliveries()}
                os.kill(paused.pid, signal.SIGCONT)
                late = deliveries(NotificationKind.REPLY, 2)
                store.record([], late)
                wait_until(all_sent, paused)
        assert {row.notification.delivery_id: row.ts for row in store.deliveries()}.items() >= sent.items()
        assert_once(slack, NotificationKind.REPLY, roots, late)
        engine.dispose()
