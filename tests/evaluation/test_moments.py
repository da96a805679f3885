"""Many moments of one SLO at once, against a tick at each of them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from support.evaluations import entry
from support.simulated import START, World, counted

from observatory.catalog import Calendar
from observatory.evaluation import Provenance, evaluate, evaluate_moments, windows_for

DAYS = 40


def life(seed=3, *, young=0):
    bad, total = World(600).minutes(DAYS * 1440, np.random.default_rng(seed))
    bad[-3000:-2900] = total[-3000:-2900] // 3
    bad[-200:-150] = total[-200:-150]
    bad[:young], total[:young] = 0, 0
    return counted(bad, total)


def tick(one, sums, end, *, since, phi):
    """What a tick at this moment says."""
    ends = np.array([end], dtype=np.int64)
    table = sums.windows(windows_for([one]), ends).set_axis(pd.Index([one.column]))
    at = datetime.fromtimestamp(end, UTC)
    known = {one.column: since} if since < end else {}
    provenance = Provenance(at, at, history_since=known)
    return evaluate([one], table, provenance, dispersion=pd.Series({one.column: phi})).status(one.id)


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(entry(), id="rolling"),
        pytest.param(entry(rule="classic", objective="99"), id="classic"),
        pytest.param(entry(window=Calendar(calendar="week", timezone="Europe/Stockholm")), id="calendar"),
        pytest.param(entry(more_windows=(Calendar(calendar="month", timezone="UTC"),)), id="several"),
    ],
)
@pytest.mark.parametrize("young", [0, 35 * 1440], ids=["old", "young"])
def test_every_moment_is_what_a_tick_would_have_said(one, young):
    sums = life(young=young)
    ends = np.arange(START + DAYS * 86_400 - 4 * 86_400, START + DAYS * 86_400 + 1, 60)
    since = START + young * 60
    phi = np.linspace(1, 3, len(ends))

    moments = evaluate_moments(one, sums, ends, since=since, dispersion=phi)

    fired = np.flatnonzero(moments.firing())
    assert len(fired)
    for row in [0, 1, 777, int(fired[0]) - 1, int(fired[0]), int(fired[-1]), len(ends) - 1]:
        status = tick(one, sums, int(ends[row]), since=since, phi=phi[row])
        found = moments.status(row)
        assert found.at == status.at
        for name in (
            "slo",
            "state",
            "total",
            "bad",
            "budget",
            "remaining",
            "affordable",
            "since",
            "resets",
            "tiers",
        ):
            assert getattr(found, name) == getattr(status, name), name
        assert found.burn == status.burn


def test_before_anything_was_seen_nothing_is_known():
    sums = life(young=39 * 1440)
    sums.sums["idle"][:] = 0
    ends = np.arange(START + 38 * 86_400, START + DAYS * 86_400 + 1, 60)

    moments = evaluate_moments(entry(), sums, ends, since=sums.since, dispersion=np.ones(len(ends)))

    assert moments.status(0).state == "no_data"
    assert moments.status(len(ends) - 1).since == datetime.fromtimestamp(START, UTC) + timedelta(days=39)
