from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from observatory.evaluation.proposal import FEWEST, achieved, outlier, propose

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def proposed(bad, total, *, window=WEEK):
    found = achieved(np.asarray(bad, dtype=float), np.asarray(total, dtype=float), window=window)
    return None if found is None else propose(found)


def test_the_highest_objective_that_was_always_kept_is_proposed():
    bad = np.zeros(720)
    bad[100] = 150
    found = proposed(bad, np.full(720, 1000.0))

    assert found.achieved.percentile(0) == pytest.approx(1 - 150 / 168_000)
    assert found.objective == Decimal("99.9")
    budgets = {str(rung.objective): rung.budget for rung in found.ladder}
    assert budgets["99.9"] == pytest.approx(168)


def test_one_bad_hour_in_a_long_past_does_not_set_the_promise():
    bad = np.zeros(24 * 365)
    bad[5000] = 1000
    found = proposed(bad, np.full(24 * 365, 1000.0), window=DAY)

    kept = {rung.objective: rung.kept for rung in found.ladder}
    assert kept[Decimal("99.99")] == pytest.approx(1 - 24 / (24 * 364 + 1))
    assert found.objective == max(rung.objective for rung in found.ladder if rung.is_carried)


def test_what_the_traffic_cannot_carry_is_not_proposed_however_well_it_was_kept():
    found = proposed(np.zeros(720), np.full(720, 3.0))

    assert found.objective == 99
    carried = [rung.budget for rung in found.ladder if rung.is_carried]
    assert min(carried) == pytest.approx(168 * 3 * 0.01)
    assert min(carried) >= FEWEST
    assert proposed(np.zeros(720), np.full(720, 0.1)).objective is None


def test_without_one_whole_window_or_any_event_there_is_nothing_to_go_by():
    assert proposed(np.zeros(100), np.ones(100)) is None
    assert proposed(np.zeros(720), np.zeros(720)) is None


def test_windows_that_overlap_count_once():
    found = proposed(np.zeros(720), np.ones(720))

    assert len(found.achieved.slis) == 720 - 168 + 1
    assert found.achieved.independent == 4


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        pytest.param({300: 4_000.0}, True, id="one-huge-incident"),
        pytest.param(dict.fromkeys(range(0, 720, 8), 20.0), False, id="the-same-every-day"),
        pytest.param({}, False, id="nothing-bad"),
    ],
)
def test_a_day_that_decides_alone_is_named_with_what_would_be_without_it(bad, found):
    hours, total = np.zeros(720), np.full(720, 1000.0)
    for at, events in bad.items():
        hours[at] = events
    window = timedelta(days=7)
    proposal = propose(achieved(hours, total, window=window))

    day = outlier(hours, total, window=window, proposal=proposal)

    assert (day is not None) is found
    if day is not None:
        assert day.share == 1
        assert day.hour - 24 < 300 <= day.hour
        assert day.objective > proposal.objective
