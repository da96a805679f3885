"""What is told in another one's thread is written, or left out, with the incident that it is about."""

from dataclasses import replace

import pytest
from support.outbox import incident, reply, root

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.sql import SqlAlerts


@pytest.fixture
def store(store_engine):
    store = MemoryAlerts() if store_engine is None else SqlAlerts(store_engine)
    store.record([incident("first"), incident("joined")], [root("first")])
    return store


def answer(revision=2):
    """About `joined`, below the message of `first`."""
    written = reply("first", revision=revision)
    return replace(written, notification=replace(written.notification, about="joined"))


def told(store):
    return {one.notification.subject for one in store.deliveries() if one.notification.kind == "reply"}


@pytest.mark.parametrize(
    ("moved_on", "subjects"), [("first", {"joined"}), ("joined", set()), (None, {"joined"})]
)
def test_who_changes_the_first_one_meanwhile_loses_no_answer_about_the_other(store, moved_on, subjects):
    if moved_on is not None:
        store.record([incident(moved_on, revision=5)], [])
    changed = [incident("first", revision=2), incident("joined", revision=2, joined="first")]
    left = store.record(changed, [answer()], revisions={"first": 1, "joined": 1})
    assert set(left) == ({moved_on} - {None})
    assert told(store) == subjects
    assert (store.incident("joined").joined == "first") is (moved_on != "joined")


def test_what_an_incident_says_of_others_comes_back_as_it_was_written(store):
    whole = incident("joined", joined="first", causes=("search", "lyrics"))
    store.record([whole], [answer()])
    assert store.incident("joined") == whole
    (kept,) = [one for one in store.deliveries() if one.notification.kind == "reply"]
    assert (kept.notification.about, kept.notification.incident) == ("joined", "first")
