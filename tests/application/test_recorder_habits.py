"""Behaviours look back further than windows do: their hours are held, kept over restarts, and cost others nothing."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from support.buckets import some_buckets
from support.catalogs import a_catalog, a_service

from observatory.adapters.memory.history import MemoryHistory
from observatory.application.recorder import Recorder
from observatory.application.steps import HOUR
from observatory.catalog import Behaviour, parse_selector
from observatory.catalog.behaviours import KEPT, measured

NOW = int(datetime(2026, 3, 18, 12, tzinfo=UTC).timestamp())
SAVES = Behaviour(name="saves", metric=parse_selector("playlist_saves_total"))
SLO, BEHAVIOUR = "playlist/availability", "playlist/behaviour:saves"
KEPT_HOURS = int(KEPT.total_seconds()) // HOUR
ENDS = np.arange(NOW - KEPT_HOURS * HOUR, NOW + 1, HOUR, dtype=np.int64)


def at(second):
    return datetime.fromtimestamp(second, UTC)


def entries(*, behaviour=True):
    return measured(a_catalog(a_service("playlist", behaviour=(SAVES,) if behaviour else ())))


def of_hour(end):
    return float(end // HOUR % 97)


def filled(store):
    """A recorder that was told of every hour since before its behaviour looks back, the newest first."""
    recorder = Recorder(store, tick=60)
    recorder.fit(entries(), now=at(NOW))
    for end in range(NOW, NOW - (KEPT_HOURS + 48) * HOUR, -HOUR):
        ticks = some_buckets(end=end, slos=(BEHAVIOUR,), bad=[[0.0]] * 60, total=[[of_hour(end) / 60]] * 60)
        recorder.fill_in(ticks, seconds=HOUR)
    return recorder


@pytest.fixture(scope="module")
def store():
    store = MemoryHistory()
    filled(store)
    return store


def held(recorder):
    return recorder.hours([BEHAVIOUR], ends=ENDS).total[:, 0]


TRUTH = pytest.approx([of_hour(end) for end in ENDS])


def test_every_hour_that_a_behaviour_is_held_against_is_held():
    assert held(filled(MemoryHistory())) == TRUTH
    assert timedelta(days=36) <= KEPT


def test_after_a_restart_they_come_from_the_store(store):
    again = Recorder(store, tick=60)
    again.load(now=at(NOW))
    again.fit(entries(), now=at(NOW))
    assert held(again) == TRUTH


def test_one_that_comes_later_finds_what_the_store_has(store):
    later = Recorder(store, tick=60)
    later.load(now=at(NOW))
    later.fit(entries(behaviour=False), now=at(NOW))
    assert not held(later).any()
    later.fit(entries(), now=at(NOW))
    assert held(later) == TRUTH


def test_hours_go_on_as_ticks_come_in(store):
    on = Recorder(store, tick=60)
    on.load(now=at(NOW))
    on.fit(entries(), now=at(NOW))
    for end in range(NOW + 60, NOW + 3 * HOUR + 1, 60):
        on.append(some_buckets(end=end, slos=(BEHAVIOUR,), bad=[[0.0]], total=[[1.0]]))
    newest = np.arange(NOW + HOUR, NOW + 3 * HOUR + 1, HOUR)
    assert on.hours([BEHAVIOUR], ends=newest).total[:, 0].tolist() == [60.0] * 3
    assert on.hours([BEHAVIOUR], ends=ENDS[3:]).total[:, 0] == pytest.approx(
        [of_hour(end) for end in ENDS[3:]]
    )


def test_hours_that_prometheus_has_forgotten_are_not_overwritten_by_nothing(store):
    on = Recorder(store, tick=60)
    on.load(now=at(NOW))
    on.fit(entries(), now=at(NOW))
    old = int(ENDS[2])
    nothing = some_buckets(
        end=old, slos=(BEHAVIOUR,), bad=[[0.0]] * 60, total=[[0.0]] * 60, measured=[[0.0]] * 60
    )
    on.fill_in(nothing, seconds=HOUR)
    assert held(on)[2] == pytest.approx(of_hour(old))


def test_windows_of_slos_reach_no_further_because_of_them():
    plain, with_behaviour = Recorder(MemoryHistory(), tick=60), Recorder(MemoryHistory(), tick=60)
    plain.fit(entries(behaviour=False), now=at(NOW))
    with_behaviour.fit(entries(), now=at(NOW))
    assert with_behaviour.longest == plain.longest
    each = plain.history.nbytes / len(plain.history.slos)
    assert with_behaviour.history.nbytes == pytest.approx(each * len(with_behaviour.history.slos))
