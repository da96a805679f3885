"""What is known of others' alerts, in memory, SQLite and PostgreSQL alike."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.reports import AT, firing, over

from observatory.adapters.memory.reports import MemoryReports
from observatory.adapters.sql import SqlReports

LONG_AGO = AT - timedelta(days=1)


@pytest.fixture
def store(store_engine):
    return MemoryReports() if store_engine is None else SqlReports(store_engine)


def test_what_is_heard_is_kept_by_fingerprint(store):
    assert store.hear([firing("b"), firing("a")]) == 2

    assert store.reports(since=AT) == [firing("a"), firing("b")]


def test_hearing_twice_is_hearing_once(store):
    store.hear([firing(), over("b")])

    assert store.hear([firing(), over("b")]) == 0


def test_one_message_may_say_that_it_fires_and_that_it_is_over(store):
    assert store.hear([firing(), over()]) == 1

    assert store.reports(since=LONG_AGO) == [over()]


def test_what_ended_before_is_not_listed_but_remembered(store):
    store.hear([firing()])
    store.hear([over(at=5)])

    assert store.reports(since=AT + timedelta(minutes=6)) == []
    assert store.hear([firing()]) == 0, "the old message was taken for a new firing"


def test_what_we_found_out_is_written_unless_it_fires_anew(store):
    store.hear([firing("a"), firing("b")])
    store.hear([over("b", at=1)])
    store.hear([firing("b", starts=2)])

    store.note([replace(firing(one), absent_since=AT) for one in ("a", "b", "c")])

    assert [one.absent_since for one in store.reports(since=AT)] == [AT, None]


def test_what_ended_long_ago_is_forgotten(store):
    store.hear([firing("a"), over("b", at=5), over("c", at=15)])

    store.forget(before=AT + timedelta(minutes=10))

    assert [one.alert.fingerprint for one in store.reports(since=LONG_AGO)] == ["a", "c"]


def test_many_at_once(store):
    assert store.hear([firing(f"{number:x}") for number in range(3_000)]) == 3_000
    assert len(store.reports(since=AT)) == 3_000
