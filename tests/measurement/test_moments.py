from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from observatory.catalog import Calendar
from observatory.measurement import FIELDS, Buckets, History, RunningSums, coarser

HOUR, DAY = 3600, 86_400
UNTIL = 1_767_225_600 + 45 * DAY
AFTER = UNTIL - 33 * DAY
SLO = "playlist/availability"
WINDOWS = {
    **{f"{minutes}m": timedelta(minutes=minutes) for minutes in (5, 30)},
    **{f"{hours}h": timedelta(hours=hours) for hours in (1, 2, 6)},
    **{f"{days}d": timedelta(days=days) for days in (1, 3, 30)},
    "month": Calendar(calendar="month", timezone="Europe/Stockholm"),
}


def ticks(seed=1):
    rng = np.random.default_rng(seed)
    rows = (UNTIL - AFTER) // 60
    good, bad = rng.poisson(5, rows), rng.poisson(0.1, rows)
    seen = np.where(rng.random(rows) < 0.9, 60.0, 0.0)
    fields = {
        "bad": bad,
        "total": good + bad,
        "measured": seen,
        "idle": 60 - seen,
        "bad_ticks": bad > 0,
        "clumping": bad**2 / np.maximum(good + bad, 1),
    }
    cells = {name: np.asarray(column, dtype=float)[:, None] for name, column in fields.items()}
    return Buckets(seconds=60, ends=np.arange(AFTER + 60, UNTIL + 1, 60), slos=(SLO,), **cells)


def cut(table, rows):
    fields = {name: getattr(table, name)[rows] for name in FIELDS}
    return Buckets(seconds=table.seconds, ends=table.ends[rows], slos=table.slos, **fields)


def lived(table, end):
    """What a history says that has grown up to `end`."""
    history = History(tick=60, longest=timedelta(days=32))
    border = end // HOUR * HOUR - 4 * DAY
    history.append(coarser(cut(table, table.ends <= border), HOUR))
    history.append(cut(table, (table.ends > border) & (table.ends <= end)))
    return history.sums(WINDOWS, now=end).loc[SLO]


@pytest.mark.parametrize("end", [UNTIL, UNTIL - 2 * DAY - 43 * 60])
def test_windows_are_what_a_history_would_have_said_at_that_moment(end):
    table = ticks()
    sums = RunningSums.of(SLO, [table], after=AFTER, until=UNTIL, tick=60)
    ends = np.array([end - 60, end], dtype=np.int64)

    found = sums.windows(WINDOWS, ends).loc[end]

    expected = lived(table, end)
    np.testing.assert_allclose(found[expected.index], expected, rtol=1e-12, atol=1e-6)
    events = [(label, name) for label in WINDOWS for name in ("bad", "total", "bad_ticks")]
    assert (found[events] == expected[events]).all()


def test_hours_may_stand_for_the_ticks_that_are_only_looked_at_by_the_hour():
    table = ticks()
    border = UNTIL - 4 * DAY
    early, late = cut(table, table.ends <= border), cut(table, table.ends > border)
    whole = RunningSums.of(SLO, [table], after=AFTER, until=UNTIL, tick=60)
    mixed = RunningSums.of(SLO, [coarser(early, HOUR), late], after=AFTER, until=UNTIL, tick=60)
    ends = np.arange(border + 3 * DAY + HOUR, UNTIL + 1, 60)

    left, right = (sums.windows(WINDOWS, ends) for sums in (whole, mixed))

    np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-6)


def test_what_is_missing_was_not_seen_and_another_column_is_none_of_its_business():
    table = cut(ticks(), slice(100, 200))
    other = Buckets(60, table.ends, ("search/latency",), **{name: getattr(table, name) for name in FIELDS})
    sums = RunningSums.of(SLO, [table, other], after=AFTER, until=UNTIL, tick=60)

    assert sums.sums["total"][-1] == table.total.sum()
    assert sums.sums["measured"][100] == 0
    assert RunningSums.of("lyrics/x", [table], after=AFTER, until=UNTIL, tick=60).since is None


def test_it_knows_since_when_anything_was_seen():
    table = cut(ticks(), slice(100, 200))
    first = int(np.flatnonzero((table.measured + table.idle)[:, 0])[0])

    assert RunningSums.of(SLO, [table], after=AFTER, until=UNTIL, tick=60).since == table.ends[first] - 60


def test_a_calendar_window_begins_with_its_zone_s_midnight_also_within_an_hour():
    table = ticks()
    month = Calendar(calendar="month", timezone="Asia/Kolkata")
    sums = RunningSums.of(SLO, [table], after=AFTER, until=UNTIL, tick=60)
    end = int(datetime(2026, 2, 10, tzinfo=UTC).timestamp())
    begins = int(datetime(2026, 1, 31, 18, 30, tzinfo=UTC).timestamp())

    found = sums.windows({"month": month}, np.array([end]))["month", "total"].iloc[0]

    assert found == table.total[(table.ends > begins) & (table.ends <= end)].sum()
