"""What every AlertStore keeps of people: silences, the audit log, and no word lost to a tick that was under way."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.outbox import T0, incident, root, update

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.sql import SqlAlerts
from observatory.alerting import IncidentState, Matcher, Silence, Subject
from observatory.application.audit import Actor, AuditEntry, Deed, Way

ANNA = Actor("anna", Way.SLACK, account="U0ANNA")


@pytest.fixture
def store(store_engine):
    return MemoryAlerts() if store_engine is None else SqlAlerts(store_engine)


def after(**span):
    return T0 + timedelta(**span)


def silence(name="s1", **changes):
    values = {
        "id": name,
        "matchers": (Matcher(Subject.SERVICE, "search"), Matcher(Subject.SLO, "search/.*", is_regex=True)),
        "owner": "discovery",
        "reason": "Grüße\n<!channel> \u0000 🔥",
        "starts_at": T0,
        "ends_at": after(hours=1),
        "created_by": "anna",
    }
    return Silence(**(values | changes))


def entry(subject="i1", **changes):
    return replace(AuditEntry(T0, ANNA, Deed.ACKNOWLEDGED, subject, "page of search \u0000"), **changes)


def test_a_silence_comes_back_as_it_was_written(store):
    store.record([], [], silences=[silence()])
    assert store.silence("s1") == silence()
    assert store.silence("other") is None
    assert store.silences() == [silence()]


def test_a_silence_written_again_is_replaced(store):
    store.record([], [], silences=[silence()])
    store.record([], [], silences=[silence(ends_at=after(minutes=5))])
    assert [one.ends_at for one in store.silences()] == [after(minutes=5)]


@pytest.mark.parametrize(
    ("ending_after", "found"),
    [
        (None, ["s3", "s1", "s2"]),
        (after(minutes=30), ["s1", "s2"]),
        (after(hours=1), ["s2"]),
        (after(days=1), []),
    ],
)
def test_silences_are_found_by_their_end_and_the_first_to_end_comes_first(store, ending_after, found):
    ends = {"s1": after(hours=1), "s2": after(hours=2), "s3": after(minutes=30)}
    store.record([], [], silences=[silence(name, ends_at=end) for name, end in ends.items()])
    assert [one.id for one in store.silences(ending_after=ending_after)] == found


def test_an_incident_keeps_the_silence_it_is_under(store):
    quiet = incident(
        state=IncidentState.SILENCED,
        silence=silence(),
        acknowledged_by="anna",
        acknowledged_at=T0,
        called_at=after(minutes=1),
        escalation=2,
        also_told=("C2", "C3"),
    )
    store.record([quiet], [])
    assert store.incident("i1") == quiet


def test_audit_entries_are_newest_first_and_may_be_of_one_subject(store):
    entries = [entry(), entry("s1", deed=Deed.SILENCED, at=after(minutes=1)), entry(at=after(minutes=2))]
    store.record([], [], audit=entries)
    assert store.audit() == entries[::-1]
    assert store.audit(limit=1) == entries[2:]
    assert store.audit(subject="i1") == [entries[2], entries[0]]


def test_what_was_decided_on_an_older_revision_is_left_alone_with_all_that_belongs_to_it(store):
    store.record([incident(), incident("i2")], [root(), root("i2")])
    acknowledged = incident(state=IncidentState.ACKNOWLEDGED, revision=2)
    assert not store.record([acknowledged], [], audit=[entry()], revisions={"i1": 1})
    late = [incident(tiers=("slow",), revision=2), incident("i2", tiers=("slow",), revision=2)]
    told = [update(revision=2), update("i2", revision=2)]
    left = store.record(late, told, audit=[entry(detail="late")], revisions={"i1": 1, "i2": 1})
    assert set(left) == {"i1"}
    assert store.incident("i1") == acknowledged
    assert store.incident("i2").tiers == ("slow",)
    assert [one.notification.incident for one in store.deliveries()] == ["i2", "i2", "i1"]
    assert store.audit() == [entry()]


def test_an_incident_that_is_not_there_yet_has_not_moved_on(store):
    assert not store.record([incident()], [], revisions={"i1": 1})
    assert store.incident("i1") == incident()


def test_what_is_long_over_is_forgotten(store):
    store.record([], [], silences=[silence(), silence("s2", ends_at=after(days=9))], audit=[entry()])
    store.prune(before=after(days=1))
    assert [one.id for one in store.silences()] == ["s2"]
    assert store.audit() == []
