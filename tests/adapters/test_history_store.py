"""What every HistoryStore keeps: the same cases for the one in memory, SQLite and PostgreSQL."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from observatory.adapters.memory.history import MemoryHistory
from observatory.adapters.sql import SqlHistory
from observatory.adapters.sql.blocks import overlaid
from observatory.measurement import FIELDS, Buckets

START = 1_774_745_940
"""In the last minute of an hour, so that ticks cross a block's boundary."""


@pytest.fixture
def store(store_engine):
    return MemoryHistory() if store_engine is None else SqlHistory(store_engine)


def buckets(ends, slos, value=1.0, *, seconds=60):
    """Cells that differ by field, time and SLO; all of them by `value`."""
    ends = np.asarray(ends, dtype=np.int64)
    shape = (len(ends), len(slos))
    own = np.array([sum(map(ord, slo)) for slo in slos], dtype=np.float64).reshape(1, -1)
    fields = {
        name: value * (position + 1) + own + ((ends - START) // seconds).reshape(-1, 1) / 8 + np.zeros(shape)
        for position, name in enumerate(FIELDS)
    }
    return Buckets(seconds=seconds, ends=ends, slos=tuple(slos), **fields)


def ticks(count, *, start=START):
    return [start + 60 * number for number in range(1, count + 1)]


def load(store, *, seconds=60, after=START, until=START + 10**9):
    """What `load` gives, and the parts that it is made of give the same."""
    found = store.load(seconds=seconds, after=after, until=until)
    kept = store.parts(seconds=seconds, after=after, until=until)
    parts = list(kept.parts)
    assert {slo for part in parts for slo in part.slos} <= set(kept.slos)
    assert all(len(part.ends) for part in parts)
    assert_equal(overlaid(parts), found)
    return found


def assert_equal(found, expected):
    if expected is None or found is None:
        assert found is expected
        return
    assert (found.seconds, found.slos) == (expected.seconds, expected.slos)
    np.testing.assert_array_equal(found.ends, expected.ends)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def test_an_empty_history_knows_nothing(store):
    assert load(store) is None
    assert store.ends(seconds=60) is None
    assert store.covered_from() == {}


def test_buckets_come_back_sorted_by_slo(store):
    store.save(buckets(ticks(3), ("b/x", "a/x")))
    assert_equal(load(store), buckets(ticks(3), ("a/x", "b/x")))


def test_saving_twice_changes_nothing(store):
    for _ in range(2):
        store.save(buckets(ticks(3), ("a/x", "b/x")))
    assert_equal(load(store), buckets(ticks(3), ("a/x", "b/x")))


def test_the_last_write_of_a_cell_wins_and_the_others_stay(store):
    store.save(buckets(ticks(3), ("a/x", "b/x")))
    store.save(buckets(ticks(3)[1:2], ("b/x",), 100.0))
    found = load(store)
    expected = buckets(ticks(3), ("a/x", "b/x"))
    expected.bad[1, 1] = buckets(ticks(3), ("b/x",), 100.0).bad[1, 0]
    np.testing.assert_array_equal(found.bad, expected.bad)


def test_a_cell_that_was_never_saved_is_missing(store):
    store.save(buckets(ticks(2), ("a/x",)))
    store.save(buckets(ticks(3)[2:], ("b/x",)))
    found = load(store)
    assert found.measured[0, 1] == found.idle[0, 1] == found.total[2, 0] == 0
    assert found.measured[2, 1] > 0


def test_a_gap_in_time_is_left_out(store):
    ends = [START + 60, START + 180, START + 6000 * 60]
    store.save(buckets(ends, ("a/x",)))
    assert load(store).ends.tolist() == ends
    assert load(store, after=START + 200, until=START + 5000 * 60) is None


@pytest.mark.parametrize(
    ("after", "until", "found"),
    [
        pytest.param(0, 180, [60, 120, 180], id="all"),
        pytest.param(60, 180, [120, 180], id="after-is-outside"),
        pytest.param(0, 120, [60, 120], id="until-is-inside"),
        pytest.param(61, 179, [120], id="between-ends"),
        pytest.param(180, 999, None, id="too-late"),
        pytest.param(-99, 59, None, id="too-early"),
        pytest.param(120, 120, None, id="empty-span"),
    ],
)
def test_a_span_is_half_open(store, after, until, found):
    store.save(buckets(ticks(3), ("a/x",)))
    loaded = load(store, after=START + after, until=START + until)
    assert (None if loaded is None else [end - START for end in loaded.ends]) == found


def test_an_slo_without_cells_in_the_span_is_not_in_it(store):
    store.save(buckets(ticks(1), ("a/x",)))
    store.save(buckets(ticks(2)[1:], ("b/x",)))
    assert load(store, after=START + 60).slos == ("b/x",)


def test_bucket_lengths_are_kept_apart(store):
    store.save(buckets([START + 60], ("a/x",)))
    store.save(buckets([START + 300, START + 600], ("a/x",), seconds=300))
    assert store.ends(seconds=60) == (START + 60, START + 60)
    assert store.ends(seconds=300) == (START + 300, START + 600)
    assert store.ends(seconds=3600) is None


def test_hundreds_of_ticks_and_a_late_backfill_come_back_whole(store):
    for end in ticks(150):
        store.save(buckets([end], ("a/x", "c/x")))
    store.save(buckets(ticks(150), ("b/x",)))
    assert_equal(load(store), buckets(ticks(150), ("a/x", "b/x", "c/x")))


def test_a_correction_outlives_the_ticks_that_come_later(store):
    for end in ticks(70):
        store.save(buckets([end], ("a/x",)))
    store.save(buckets(ticks(40), ("a/x",), 50.0))
    for end in ticks(150)[70:]:
        store.save(buckets([end], ("a/x",)))
    assert_equal(load(store, until=START + 2400), buckets(ticks(40), ("a/x",), 50.0))


@pytest.mark.parametrize("kept", [0, 1, 2, 89, 90])
def test_pruning_forgets_what_ended_before(store, kept):
    store.save(buckets(ticks(90), ("a/x",)))
    store.save(buckets([START + 300], ("a/x",), seconds=300))
    store.prune(seconds=60, before=START + 60 * (90 - kept) + 1)
    assert_equal(load(store), buckets(ticks(90)[90 - kept :], ("a/x",)) if kept else None)
    assert store.ends(seconds=60) == ((ticks(90)[90 - kept], ticks(90)[-1]) if kept else None)
    assert store.ends(seconds=300) == (START + 300, START + 300)


def test_nothing_to_save_is_nothing(store):
    store.save(buckets([], ("a/x",)))
    store.save(buckets(ticks(2), ()))
    assert load(store) is None
    assert store.ends(seconds=60) is None


def test_coverage_is_remembered_by_slo_and_may_change(store):
    store.mark_covered(["a/x", "b/x", "a/x"], since=100)
    store.mark_covered(["b/x"], since=50)
    store.mark_covered([], since=7)
    assert store.covered_from() == {"a/x": 100, "b/x": 50}


SAVES = st.tuples(
    st.just("save"),
    st.lists(st.integers(0, 130), min_size=1, max_size=8, unique=True).map(sorted),
    st.lists(st.sampled_from(["a/x", "b/x", "c/y", "d/z"]), min_size=1, max_size=3, unique=True),
    st.integers(0, 9),
)
PRUNES = st.tuples(st.just("prune"), st.integers(0, 130))
SPANS = st.tuples(st.integers(-1, 131), st.integers(-1, 131))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(SAVES, SAVES, SAVES, PRUNES), max_size=12), span=SPANS)
def test_any_saves_and_prunes_leave_the_same_as_in_memory(engine, steps, span):
    with engine.begin() as connection:  # hypothesis runs its examples in one database
        connection.exec_driver_sql("DELETE FROM history_blocks")
    twins = (MemoryHistory(), SqlHistory(engine))
    for step in steps:
        for twin in twins:
            if step[0] == "prune":
                twin.prune(seconds=60, before=START + 60 * step[1])
            else:
                twin.save(buckets([START + 60 * end for end in step[1]], step[2], float(step[3])))
    after, until = sorted(START + 60 * edge for edge in span)
    memory, sql = (load(twin, after=after, until=until) for twin in twins)
    assert_equal(sql, memory)
    assert twins[0].ends(seconds=60) == twins[1].ends(seconds=60)


def test_what_was_saved_since_is_news_in_its_order(store):
    store.save(buckets(ticks(3), ("a/x",)))
    mark, nothing = store.news(after=None)
    assert (list(nothing), store.news(after=mark)) == ([], (mark, []))
    store.save(buckets(ticks(5)[3:], ("a/x", "b/x")))
    store.save(buckets([START + 300], ("a/x",), 7.0, seconds=300))
    later, (second, third) = store.news(after=mark)
    assert_equal(second, buckets(ticks(5)[3:], ("a/x", "b/x")))
    assert_equal(third, buckets([START + 300], ("a/x",), 7.0, seconds=300))
    assert store.news(after=later) == (later, [])


def test_news_of_every_tick_gives_the_history_however_rows_are_merged(store):
    mark, _ = store.news(after=None)
    reader = MemoryHistory()
    for end in ticks(150):
        store.save(buckets([end], ("a/x", "b/x")))
        mark, news = store.news(after=mark)
        for one in news:
            reader.save(one)
    assert_equal(load(reader), load(store))
