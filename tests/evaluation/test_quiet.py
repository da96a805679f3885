import numpy as np
import pandas as pd
import pytest
from support.evaluations import entry

from observatory.evaluation import (
    LEARNT_FROM,
    LEFT_OUT,
    dispersion,
    dispersion_over_time,
    usual_dispersion,
)
from observatory.measurement import FIELDS, Buckets

ONE = entry()
PER_MINUTE = 5


def hours(bad, total):
    """The counts of every minute as buckets of an hour."""
    bad, total = (np.asarray(of, dtype=float).reshape(-1, 60, 1) for of in (bad, total))
    seen = total > 0
    clumping = np.divide(bad**2, total, out=np.zeros_like(bad), where=seen).sum(axis=1)
    count = len(bad)
    return Buckets(
        seconds=3600,
        ends=np.arange(1, count + 1) * 3600,
        slos=(ONE.id,),
        bad=bad.sum(axis=1),
        total=total.sum(axis=1),
        measured=60.0 * seen.sum(axis=1),
        idle=60.0 * (~seen).sum(axis=1),
        bad_ticks=(bad > 0).sum(axis=1).astype(float),
        clumping=clumping,
    )


def usual(*, clump=10, seed=5):
    rng = np.random.default_rng(seed)
    total = rng.poisson(PER_MINUTE, LEARNT_FROM * 60)
    bad = clump * rng.poisson(0.0003 * total / clump)
    return bad, total + bad


def phi(bad, total):
    return usual_dispersion([ONE], [hours(bad, total)], tick=60)[ONE.id]


def test_a_clump_is_learnt_though_its_hour_burned_at_a_rate_that_pages():
    bad, total = usual()
    assert phi(bad, total) > 2.5
    assert phi(*usual(clump=1)) < 1.2


def test_an_outage_that_lasts_is_left_out():
    bad, total = usual()
    calm = phi(bad, total)
    bad[7200:7320] = total[7200:7320]
    everything = hours(bad, total)
    sums = {name: getattr(everything, name).sum(axis=0) for name in ("bad", "total", "measured", "clumping")}
    assert phi(bad, total) == pytest.approx(calm, rel=0.02)
    assert dispersion(pd.DataFrame(sums, index=[ONE.id]), tick=60)[ONE.id] != pytest.approx(calm, rel=0.2)


def test_it_is_the_same_in_however_many_pieces_it_is_read():
    bad, total = usual()
    half = len(bad) // 2
    parts = [hours(bad[:half], total[:half]), hours(bad[half:], total[half:])]
    assert usual_dispersion([ONE], parts, tick=60)[ONE.id] == pytest.approx(phi(bad, total))


@pytest.mark.parametrize("seed", range(3))
def test_however_errors_come_it_is_at_most_the_mean_events_of_a_tick(seed):
    rng = np.random.default_rng(seed)
    total = rng.poisson(PER_MINUTE, 60 * 200)
    bad = np.where(rng.random(len(total)) < 0.0005, total, 0)
    assert 1 < phi(bad, total) <= total[total > 0].mean() * 1.01


def test_of_what_was_never_seen_nothing_is_learnt():
    assert phi(np.zeros(60 * 24), np.zeros(60 * 24)) == 1


def test_over_time_it_is_what_would_have_been_learnt_at_each_hour():
    bad, total = usual()
    bad[7200:7320] = total[7200:7320]
    everything = hours(bad, total)
    untils = np.array([300, 500, LEARNT_FROM]) * 3600

    found = dispersion_over_time(ONE, everything, untils, tick=60)

    for until, one in zip(untils.tolist(), found, strict=True):
        known = everything.ends <= until - LEFT_OUT * 3600
        cells = {name: getattr(everything, name)[known] for name in FIELDS}
        part = Buckets(3600, everything.ends[known], everything.slos, **cells)
        assert one == pytest.approx(usual_dispersion([ONE], [part], tick=60)[ONE.id])
