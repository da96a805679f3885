from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatory.application.steps import HOUR, steps

NOW = 1_773_100_020


@given(
    after=st.integers(NOW - 40 * 24 * HOUR, NOW - 60),
    length=st.integers(60, 40 * 24 * HOUR),
    slos=st.integers(1, 20_000),
    tick=st.sampled_from([1, 15, 60, 300]),
    origin=st.sampled_from([0, NOW]),
)
def test_steps_cover_the_span_from_the_newest_without_a_gap(after, length, slos, tick, origin):
    limit = NOW - (NOW - origin) % tick
    until = min(after + length, limit)
    found = list(steps(after, until, limit=limit, slos=slos, tick=tick, origin=origin))
    assert all(newer.after == older.until for newer, older in pairwise(found))
    if found:
        assert found[0].until >= until
        assert found[0].until <= limit
        assert found[-1].after <= after
    for step in found:
        assert (step.after - origin) % HOUR == 0
        assert (step.until - step.after) % step.seconds == 0


@pytest.mark.parametrize(
    ("hours", "seconds"),
    [pytest.param(1, 60, id="now"), pytest.param(30, 300, id="near"), pytest.param(100, HOUR, id="far")],
)
def test_the_older_the_longer_the_buckets_that_are_kept(hours, seconds):
    [step] = steps(NOW - hours * HOUR, NOW - hours * HOUR + 60, limit=NOW, slos=1, tick=60)
    assert step.seconds == seconds
