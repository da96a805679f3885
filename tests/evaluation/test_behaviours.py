"""Fewer than expected: what fires, what does not, and how often it does by chance."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom
from support.catalogs import a_catalog, a_service

from observatory.catalog import Behaviour, parse_selector
from observatory.catalog.behaviours import WEEKS, behaviours
from observatory.evaluation import Provenance, State
from observatory.evaluation.behaviours import UNLIKELY, Expected, Hour, expect, statuses

WEEK, DAY = 168, 24
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SAVES = Behaviour(name="saves", metric=parse_selector("playlist_saves_total"))
_CLOCK = np.arange(DAY)
USUAL_DAY = 1000 * (1.2 - np.cos(2 * np.pi * (_CLOCK - 3) / DAY)) / 2.2


def expected_at_noon(weeks, day=USUAL_DAY):
    """One behaviour whose past weeks were `weeks` times the usual day, the newest first; None was not seen."""
    shares = np.array([np.nan if one is None else one for one in weeks])
    days = np.round(shares[:, None] * np.roll(day, -13)[None, :])[:, :, None]
    return expect(days[:, -1], days)


def fires(expected, events):
    return bool(expected.fires(np.array([float(events)]))[0])


@pytest.mark.parametrize(
    ("weeks", "share", "fired"),
    [
        pytest.param([1, 1, 1, 1], 1.0, False, id="as many as ever"),
        pytest.param([1, 1, 1, 1], 0.75, False, id="a quarter less is not enough"),
        pytest.param([1, 1, 1, 1], 0.5, True, id="half"),
        pytest.param([1, 1, 1, 1], 0.0, True, id="nobody"),
        pytest.param([1, 1, None, None], 0.3, True, id="two weeks are enough"),
        pytest.param([1, None, None, None], 0.0, False, id="one week is not"),
        pytest.param([None] * 4, 0.0, False, id="no week"),
        pytest.param([1, 1, 5, 1], 0.72, False, id="one week of many does not raise what is expected"),
        pytest.param([0.3, 1, 0.4, 1.5], 0.3, False, id="weeks that are never alike"),
        pytest.param([0.8, 1, 1.2, 1.4], 0.7, False, id="it has been falling for weeks"),
        pytest.param([0, 0, 0, 0], 0.0, False, id="nobody ever comes"),
    ],
)
def test_what_is_fewer_than_expected(weeks, share, fired):
    noon = USUAL_DAY[12]
    assert fires(expected_at_noon(weeks), round(share * noon)) is fired


def test_few_a_night_are_never_too_few():
    expected = expected_at_noon([1, 1, 1, 1], day=USUAL_DAY / 150)
    assert not expected.can_fire()[0]
    assert expected_at_noon([1, 1, 1, 1]).can_fire()[0]


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        pytest.param([1, 1, 1, 1], 1.0, id="steady"),
        pytest.param([0.9, 1, 1, 1.1], 0.9, id="last week was a little less"),
        pytest.param([0.2, 1, 1, 1], 0.8, id="last week was nearly nothing: a fifth less at most"),
        pytest.param([4, 1, 1, 1], 1.25, id="last week was enormous: a quarter more at most"),
        pytest.param([None, 1, 1, 1.2], 1.0, id="last week is not known"),
    ],
)
def test_last_week_moves_what_is_expected_within_bounds(weeks, expected):
    assert expected_at_noon(weeks).mean[0] == pytest.approx(expected * USUAL_DAY[12], rel=0.01)


def an_hour(share, *, covered=1.0):
    usual = expected_at_noon([1, 1, 1, 1])
    return Hour(np.array([share * USUAL_DAY[12]]), np.array([covered]), usual)


@pytest.mark.parametrize(
    ("now", "before", "state", "clear"),
    [
        pytest.param(an_hour(1), an_hour(1), State.HEALTHY, True, id="as expected"),
        pytest.param(an_hour(0.3), an_hour(0.3), State.AT_RISK, False, id="too few, twice"),
        pytest.param(an_hour(0.3), an_hour(1), State.HEALTHY, False, id="too few once is not yet an alert"),
        pytest.param(an_hour(1), an_hour(0.3), State.HEALTHY, True, id="no more"),
        pytest.param(
            an_hour(0.3), an_hour(0.3, covered=0.5), State.HEALTHY, False, id="the hour before was not seen"
        ),
        pytest.param(
            an_hour(0.3, covered=0.5), an_hour(0.3), State.PARTIAL, None, id="this hour was not seen"
        ),
        pytest.param(an_hour(0, covered=0.0), an_hour(0.3), State.NO_DATA, None, id="nothing was seen"),
    ],
)
def test_it_takes_two_evaluations_to_fire_and_what_was_seen_to_be_over(now, before, state, clear):
    (entry,) = behaviours(a_catalog(a_service(behaviour=(SAVES,))))
    (status,) = statuses([entry], now, before, Provenance(NOON, NOON))
    (tier,) = status.tiers
    assert (status.state, tier.firing, tier.clear) == (state, state is State.AT_RISK, clear)
    assert (status.shortfall.unknown is None) is (clear is not None)


@pytest.mark.parametrize(
    ("provenance", "state"),
    [
        pytest.param(
            Provenance(NOON, NOON, {"playlist/behaviour:saves": "parse error"}),
            State.QUERY_FAILED,
            id="the query failed",
        ),
        pytest.param(Provenance(NOON, NOON + timedelta(minutes=20)), State.STALE, id="nothing came for long"),
    ],
)
def test_what_is_not_measured_neither_fires_nor_is_over(provenance, state):
    (entry,) = behaviours(a_catalog(a_service(behaviour=(SAVES,))))
    (status,) = statuses([entry], an_hour(0.1), an_hour(0.1), provenance)
    assert (status.state, status.tiers[0].firing, status.tiers[0].clear) == (state, False, None)


def test_the_tail_is_that_of_the_negative_binomial():
    expected = Expected(np.array([50.0]), np.array([0.04]), np.array([4]))
    mine = [float(expected.tail(np.array([float(events)]))[0]) for events in range(0, 80, 7)]
    theirs = [nbinom.cdf(events, 1 / 0.04, 1 / (1 + 0.04 * 50)) for events in range(0, 80, 7)]
    assert mine == pytest.approx(theirs, rel=1e-9)


PAST = st.lists(st.one_of(st.none(), st.floats(0, 3)), min_size=WEEKS, max_size=WEEKS)


@given(PAST, st.integers(0, 3000), st.integers(0, 3000))
def test_more_events_never_make_it_fire_and_never_undo_that_it_is_over(weeks, some, more):
    expected = expected_at_noon(weeks)
    few, many = np.array([float(some)]), np.array([float(some + more)])
    assert not (expected.fires(many)[0] and not expected.fires(few)[0])
    assert not (expected.clear(few)[0] and not expected.clear(many)[0])
    assert not (expected.fires(few)[0] and expected.clear(few)[0])


def simulated(rng, *, usual, scatter, drift, weeks=7, n=400):
    """(H, n) hourly counts: ten times as many by day as by night, half as many again at week-ends, days with weather."""
    hours = np.arange(weeks * WEEK)
    shape = np.exp(1.15 * np.cos(2 * np.pi * (hours - 15) / DAY) - 1.15)
    shape = np.where(hours // DAY % 7 >= 5, 1.5 * shape, shape)
    days = np.exp(rng.normal(0, drift, (weeks * 7, n))).repeat(DAY, axis=0)
    mean = usual * shape[:, None] * days
    return rng.poisson(rng.gamma(1 / scatter**2, mean * scatter**2)).astype(float)


def rates(counts, *, share=0.3):
    """How often an hour fires that is as usual, and one of which only a share comes: (false, detected)."""
    false, found, judged, hours = 0, 0, 0, 0
    for row in range(6 * WEEK, 7 * WEEK):
        past = [row - WEEK * back for back in range(1, WEEKS + 1)]
        expected = expect(counts[past], np.array([counts[at - DAY + 1 : at + 1] for at in past]))
        able = expected.can_fire()
        false += int(expected.fires(counts[row]).sum())
        found += int((expected.fires(np.floor(share * counts[row])) & able).sum())
        judged += int(able.sum())
        hours += counts.shape[1]
    return false / hours, found / judged


@pytest.mark.parametrize(
    ("scatter", "drift", "most", "least"),
    [
        pytest.param(0.05, 0.05, UNLIKELY, 0.99, id="calm"),
        pytest.param(0.1, 0.1, UNLIKELY, 0.9, id="usual"),
        pytest.param(0.2, 0.1, 5 * UNLIKELY, 0.5, id="wild"),
    ],
)
def test_false_alarms_of_a_single_evaluation_are_rare_and_drops_are_found(scatter, drift, most, least):
    """67 200 behaviour-hours each; the alert asks twice, so what people hear is rarer still."""
    counts = simulated(np.random.default_rng(11), usual=20_000, scatter=scatter, drift=drift)
    false, found = rates(counts)
    assert false <= most
    assert found >= least


def test_days_that_swing_are_no_drop():
    """Night, which brings a tenth of the day, and Monday, which brings less than Sunday, are not fewer than expected."""
    counts = simulated(np.random.default_rng(12), usual=300, scatter=0.01, drift=0.0)
    assert rates(counts)[0] <= UNLIKELY / 5  # were a swing taken for a drop, it would be one hour in ten
