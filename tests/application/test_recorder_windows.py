"""A calendar window that began on the half hour, weeks ago: kept exactly over restarts, pruning and late definitions."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from support.buckets import some_buckets
from support.evaluations import entry

from observatory.adapters.memory.history import MemoryHistory
from observatory.application.recorder import Recorder
from observatory.application.steps import steps
from observatory.catalog import Calendar, RatioTimeslices
from observatory.evaluation import windows_for

HOUR, DAY = 3600, 86_400
MONTH = Calendar(calendar="month", timezone="Asia/Kolkata")
START = int(datetime(2026, 2, 28, 18, 30, tzinfo=UTC).timestamp())
NOW = START + 20 * DAY - START % HOUR
SLO = "playlist/availability"


def at(second):
    return datetime.fromtimestamp(second, UTC)


def ticks(after, until):
    """One event a minute, and one bad one in each minute of the month's first half hour and of the one before."""
    ends = np.arange(after + 60, until + 1, 60)
    bad = (np.abs(ends - 30 - START) < HOUR // 2).astype(float)
    return some_buckets(end=until, slos=(SLO,), bad=bad, total=[1.0] * len(ends))


def of_month(recorder, one):
    sums = recorder.history.sums(windows_for([one]), now=NOW)
    row = sums.loc[one.column][MONTH.label]
    return row["bad"], row["total"], row["measured"]


def filled(store, one):
    recorder = Recorder(store, tick=60)
    recorder.fit([one], now=at(NOW))
    recorder.append(ticks(NOW - 60, NOW))
    for step in steps(START // HOUR * HOUR, NOW, limit=NOW, slos=1, tick=60):
        recorder.fill_in(ticks(step.after, step.until), seconds=step.seconds)
    return recorder


WHOLE = (30, (NOW - START) / 60, NOW - START)


def test_filled_in_by_the_hour_the_month_begins_at_its_midnight():
    one = entry(window=MONTH)
    assert of_month(filled(MemoryHistory(), one), one) == WHOLE


def test_after_a_restart_and_pruning_it_still_does():
    store, one = MemoryHistory(), entry(window=MONTH)
    filled(store, one).prune(now=at(NOW))
    again = Recorder(store, tick=60)
    again.load(now=at(NOW))
    again.fit([one], now=at(NOW))
    assert of_month(again, one) == WHOLE
    again.load(now=at(NOW))
    assert of_month(again, one) == WHOLE


def test_a_window_that_is_defined_later_begins_there_too():
    store = MemoryHistory()
    recorder = filled(store, entry())
    later = entry(window=MONTH)
    recorder.fit([later], now=at(NOW))
    assert of_month(recorder, later) == WHOLE


@pytest.mark.parametrize("seconds", [60, 300])
def test_slices_are_kept_beside_the_events_and_as_exactly(seconds):
    method = RatioTimeslices(slice=timedelta(seconds=seconds))
    store, one = MemoryHistory(), entry(window=MONTH, method=method)
    recorder = filled(store, one)
    slices = HOUR // 2 / seconds
    assert of_month(recorder, one) == (slices, (NOW - START) / seconds, NOW - START)
    again = Recorder(store, tick=60)
    again.load(now=at(NOW))
    again.fit([one], now=at(NOW))
    assert of_month(again, one) == (slices, (NOW - START) / seconds, NOW - START)
    assert recorder.since[one.column] == recorder.since[SLO]


def test_hours_are_kept_for_400_days_five_minutes_as_long_as_the_longest_window_and_ticks_while_they_count():
    store, one = MemoryHistory(), entry()
    recorder = Recorder(store, tick=60)
    recorder.fit([one], now=at(NOW))
    for seconds in (60, 300, HOUR):
        for days in (500, 401, 399, 60, 29, 8, 0):
            store.save(some_buckets(end=NOW - days * DAY, seconds=seconds, slos=(SLO,), total=[1.0]))
    recorder.append(ticks(NOW - 60, NOW))
    recorder.prune(now=at(NOW))

    def kept(seconds):
        ends = store.load(seconds=seconds, after=0, until=NOW).ends
        return [(NOW - end) // DAY for end in ends.tolist()]

    assert (kept(HOUR), kept(300), kept(60)) == ([399, 60, 29, 8, 0], [29, 8, 0], [0])
