"""Answers, written by hand, to what SLOs counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.catalogs import a_service, a_squad, an_slo, events

from observatory.catalog import ServiceSlo
from observatory.measurement import (
    FIELDS,
    Answer,
    QueryFailure,
    Reading,
    assemble,
    read_bounds,
    read_growth,
    with_breaks,
)
from observatory.planning import plan

NOON = 1_780_000_000 // 3600 * 3600
ENDS = np.array([NOON - 60, NOON])
NAMES = ("album", "playlist", "search")


def the_plan(*names, **overrides):
    services = [a_service(name, **overrides) for name in names or NAMES]
    return plan([ServiceSlo(a_squad(), service, service.slos[0]) for service in services], tick=60)


def queries(planned):
    """The query about total events, and the other one."""
    (total,) = (query for query in planned.queries if query.presence)
    (other,) = (query for query in planned.queries if not query.presence)
    return total, other


def series(job, *values, **labels):
    pairs = zip(ENDS.tolist(), values, strict=True)
    return {"job": job, **labels}, [(end, value) for end, value in pairs if value is not None]


def read(query, *rows, warnings=()):
    return Reading(query, read_growth(query, Answer.of(rows), ends=ENDS), warnings)


def test_a_group_without_a_row_is_missing_and_one_that_gives_0_is_idle():
    planned = the_plan()
    total, bad = queries(planned)
    buckets = assemble(
        planned,
        [
            read(total, series("album", 10, 0), series("playlist", None, 5)),
            read(bad, series("album", 2, None)),
        ],
        ends=ENDS,
    ).buckets
    assert buckets.total.tolist() == [[10, 0, 0], [0, 5, 0]]
    assert buckets.bad.tolist() == [[2, 0, 0], [0, 0, 0]]
    assert buckets.measured.tolist() == [[60, 0, 0], [0, 60, 0]]
    assert buckets.idle.tolist() == [[0, 0, 0], [60, 0, 0]]


def test_bad_is_total_less_good():
    planned = the_plan("album", "search", slos=(an_slo(sli=events("a_total", good="g_total")),))
    total, good = queries(planned)
    buckets = assemble(
        planned,
        [read(total, series("album", 10, 4), series("search", 3, 3)), read(good, series("album", 9, 4))],
        ends=ENDS,
    ).buckets
    assert buckets.bad.tolist() == [[1, 3], [0, 3]]


def test_rows_of_others_other_times_and_no_numbers_are_left_out():
    planned = the_plan()
    total, bad = queries(planned)
    stray = ({"job": "search"}, [(NOON + 60, 7.0), (NOON, float("nan")), (NOON - 60, float("inf"))])
    buckets = assemble(planned, [read(total, series("artist", 3, 3), stray), read(bad)], ends=ENDS).buckets
    assert buckets.total.sum() == 0


def test_what_series_had_counted_before_they_went_away_is_taken_back():
    planned = the_plan()
    total, _ = queries(planned)
    answer = Answer.of([series("album", 5, 5), series("album", None, 900, __name__="http_requests_total")])
    growth = read_growth(total, answer, ends=ENDS)
    assert growth.fresh.tolist() == [[0, 0, 0], [900, 0, 0]]
    breaks = Answer.of(
        [
            ({"job": "album", "__part": "born"}, [(NOON, 900.0)]),
            ({"job": "album", "__part": "returned"}, [(NOON, 880.0)]),
            ({"job": "album", "__part": "lost"}, [(NOON, 3.0)]),
        ]
    )
    mended = with_breaks(growth, total.part([0]), breaks, groups=[0], ends=ENDS[1:], at=1)
    assert mended.counted[:, 0].tolist() == [5, 5 + 900 - 880 + 3]
    assert mended.born[:, 0].tolist() == [0, 20]
    assert growth.counted[:, 0].tolist() == [5, 905]


def test_births_in_a_service_nothing_was_known_of_are_its_starting_point():
    planned = the_plan()
    readings = []
    for query, born in zip(queries(planned), (1000, 40), strict=True):
        fresh = series("playlist", born, None, __name__="http_requests_total")
        reading = read(query, fresh, series("playlist", 0, 6))
        rows = [({"job": "playlist", "__part": "born"}, [(NOON - 60, float(born))])]
        if query.presence:
            rows.append(({"job": "playlist", "__part": "first"}, [(NOON - 60, 1.0)]))
        growth = with_breaks(
            reading.growth, query.part([1]), Answer.of(rows), groups=[1], ends=ENDS[:1], at=0
        )
        readings.append(Reading(query, growth))
    buckets = assemble(planned, readings, ends=ENDS).buckets
    assert buckets.total[:, 1].tolist() == [0, 6]
    assert buckets.bad[:, 1].tolist() == [0, 6]
    assert buckets.idle[:, 1].tolist() == [60, 0]


def test_an_slo_that_failed_is_missing_and_one_with_warnings_keeps_its_counts():
    planned = the_plan()
    total, bad = queries(planned)
    first, rest = total.part([0]), total.part([1, 2])
    rows = [series(name, 10, 10) for name in NAMES]
    failure = QueryFailure(("search/availability",), "…", "no")
    measurement = assemble(
        planned,
        [read(first, *rows), read(rest, *rows, warnings=["half of it"]), read(bad)],
        [failure],
        ends=ENDS,
    )
    assert measurement.buckets.total.tolist() == [[10, 10, 0]] * 2
    assert measurement.buckets.measured.tolist() == [[60, 0, 0]] * 2
    assert measurement.failures == (failure,)
    assert measurement.warnings == ("half of it",)


@given(st.permutations(NAMES), st.lists(st.integers(0, 10**9), min_size=12, max_size=12))
def test_the_order_of_slos_changes_nothing(names, counts):
    def measured(planned):
        total, bad = queries(planned)
        tables = np.reshape(counts, (2, 3, 2)).astype(float)
        rows = [[series(name, *table) for name, table in zip(NAMES, half, strict=True)] for half in tables]
        return assemble(planned, [read(total, *rows[0]), read(bad, *rows[1])], ends=ENDS).buckets

    straight, other = measured(the_plan()), measured(the_plan(*names))
    order = [straight.slos.index(slo) for slo in other.slos]
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(straight, field)[:, order], getattr(other, field))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(["+Inf", "0.5", "10", "2"], ["0.5", "2", "10", "+Inf"], id="by-size-not-by-letter"),
        pytest.param(["1.0", "+Inf"], ["1.0", "+Inf"], id="as-written"),
    ],
)
def test_bounds_are_listed_in_ascending_order(written, expected):
    total, _ = queries(the_plan())
    rows = [({"job": "search", "le": le}, [(NOON, 1.0)]) for le in written]
    assert read_bounds(total, Answer.of(rows)) == {2: expected}
