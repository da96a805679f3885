"""Counting between two moments, held to counting event by event, wherever what was counted is kept by then."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.buckets import some_buckets
from support.events import START

from observatory.adapters.memory.history import MemoryHistory
from observatory.application.events.counting import Counting
from observatory.application.recorder import Recorder
from observatory.measurement import FIELDS

SLO = "playlist/availability"
HOUR = 3600
NOW = int(START.timestamp())
DAYS = 6
BAD = FIELDS.index("bad")


@pytest.fixture(scope="module")
def recorder():
    """Six days, in every minute of which as many events were bad as it has minutes since the first, modulo 7."""
    recorder = Recorder(MemoryHistory(), tick=60)
    for hour in range(DAYS * 24, 0, -1):
        end = NOW - (hour - 1) * HOUR
        bad = [[minute_of(end - (59 - n) * 60)] for n in range(60)]
        recorder.append(some_buckets(end=end, slos=(SLO,), bad=bad, total=[[10.0]] * 60))
    return recorder


def minute_of(end):
    return float((end - NOW) // 60 % 7)


def truth(after, until):
    return sum(minute_of(end) for end in range(after + 60, until + 1, 60))


FIVES = st.integers(-DAYS * 288, 0).map(lambda n: NOW + n * 300)


@given(st.tuples(FIVES, FIVES).map(sorted))
def test_any_span_of_five_minutes_is_counted_exactly(recorder, span):
    after, until = span
    assert Counting(recorder).between([SLO], after, until)[BAD, 0] == truth(after, until)


@given(st.tuples(FIVES, FIVES, FIVES).map(sorted))
def test_spans_add_up(recorder, moments):
    first, middle, last = moments
    counting = Counting(recorder)
    parts = counting.between([SLO], first, middle) + counting.between([SLO], middle, last)
    assert np.allclose(parts, counting.between([SLO], first, last))


def test_five_minutes_outlive_memory_and_a_restart_and_go_with_the_longest_window(recorder):
    again = Recorder(recorder.store, tick=60)
    again.load(now=START)
    old = NOW - 5 * 24 * HOUR
    assert Counting(again).between([SLO], old + 300, old + 900)[BAD, 0] == truth(old + 300, old + 900)
    again.prune(now=START + again.longest - timedelta(days=5, hours=1))
    assert again.store.load(seconds=300, after=old, until=old + HOUR) is not None
    again.prune(now=START + again.longest)
    left = again.store.load(seconds=300, after=old, until=old + HOUR)
    assert left is None or not len(left.ends)


def test_what_nobody_counted_is_nothing(recorder):
    assert Counting(recorder).between(["nobody/at-all"], NOW - HOUR, NOW).sum() == 0
    assert Counting(recorder).between([SLO], NOW, NOW).sum() == 0
