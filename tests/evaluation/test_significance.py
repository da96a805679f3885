import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from observatory.evaluation import dispersion
from observatory.evaluation.significance import binomial_tail


def tail(bad, total, ratio):
    return binomial_tail(np.array([float(bad)]), np.array([float(total)]), np.array([float(ratio)]))[0]


@pytest.mark.parametrize(
    ("bad", "total", "expected"),
    [
        pytest.param(1, 10, 0.13502, id="1-of-10"),
        pytest.param(2, 10, 0.00864, id="2-of-10"),
        pytest.param(2, 2, 0.00021, id="2-of-2"),
        pytest.param(5, 100, 0.01511, id="5-of-100"),
        pytest.param(20, 1000, 0.09247, id="20-of-1000"),
    ],
)
def test_tails_at_a_burn_of_14_4_are_those_worked_out_by_hand(bad, total, expected):
    assert tail(bad, total, 0.0144) == pytest.approx(expected, abs=5e-6)


@given(st.integers(1, 10_000), st.integers(0, 10_000), st.floats(1e-5, 0.9))
def test_at_whole_numbers_the_tail_is_the_binomials_own(bad, good, ratio):
    assert tail(bad, bad + good, ratio) == pytest.approx(
        stats.binom.sf(bad - 1, bad + good, ratio), rel=1e-6, abs=1e-300
    )


@pytest.mark.parametrize("ratio", [1.0, 1.44])
def test_a_ratio_of_one_or_more_makes_everything_chance(ratio):
    assert tail(10, 10, ratio) == 1


def quiet(bad, total, *, tick=60.0):
    """A quiet span from the counts of its ticks, summed as the history sums them."""
    bad, total = np.array(bad, dtype=float), np.array(total, dtype=float)
    seen = total > 0
    row = {
        "bad": bad.sum(),
        "total": total.sum(),
        "measured": tick * seen.sum(),
        "clumping": (bad[seen] ** 2 / total[seen]).sum(),
    }
    return pd.DataFrame([row], index=["a/b"])


def test_dispersion_is_pearsons_chi_squared_over_its_degrees_of_freedom():
    bad, total = [0, 30, 1, 0, 12], [900, 1000, 800, 700, 1000]
    good = np.subtract(total, bad)
    expected = stats.chi2_contingency([bad, good], correction=False)
    assert dispersion(quiet(bad, total), tick=60)["a/b"] == pytest.approx(expected.statistic / expected.dof)


@pytest.mark.parametrize(("clump", "about"), [(1, 1), (10, 10), (25, 25)])
def test_errors_that_come_in_clumps_of_ten_say_as_much_as_a_tenth_of_them(clump, about):
    rng = np.random.default_rng(7)
    total = np.full(7 * 1440, 500)
    bad = clump * rng.poisson(0.0005 * total / clump)
    assert dispersion(quiet(bad, total), tick=60)["a/b"] == pytest.approx(about, rel=0.15)


@pytest.mark.parametrize(
    ("bad", "total"),
    [
        pytest.param([0, 0, 0], [10, 10, 10], id="no-bad-event"),
        pytest.param([0, 0, 0], [0, 0, 0], id="no-event"),
        pytest.param([5, 5, 5], [5, 5, 5], id="nothing-but-bad-events"),
        pytest.param([3], [100], id="one-tick"),
        pytest.param([1, 1, 1, 1], [100, 100, 100, 100], id="more-regular-than-chance"),
    ],
)
def test_where_nothing_can_be_learnt_errors_come_one_by_one(bad, total):
    assert dispersion(quiet(bad, total), tick=60)["a/b"] == 1
