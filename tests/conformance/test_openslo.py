"""OpenSLO's worked example of budgeting methods (examples/budgeting-method): two weeks of 95 %, of which an attack spends the budget.

99 of 100 requests succeed every minute, and 1 of 100 while the attack lasts.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from support.buckets import some_buckets
from support.evaluations import entry

from observatory.catalog import Occurrences, RatioTimeslices, Timeslices
from observatory.evaluation import Provenance, evaluate, windows_for
from observatory.measurement import History, Slices

MINUTE = timedelta(minutes=1)
MINUTES = 14 * 1440
END = 1_780_000_000 // 86_400 * 86_400
EXHAUSTED = [
    pytest.param(
        Timeslices(slice=MINUTE, target=Decimal(95)), 16 * 60 + 48, id="timeslices: after 16 h 48 min"
    ),
    pytest.param(
        RatioTimeslices(slice=MINUTE), 13 * 60 + 42 + 51 / 60, id="ratio timeslices: after 13 h 42 min 51 s"
    ),
    pytest.param(
        Occurrences(), 13 * 60 + 42 + 51 / 60, id="occurrences: the same, as every minute has as many"
    ),
]


def consumed(method, attacked):
    """The share of the budget that an attack of so many minutes, which ends now, has spent."""
    one = entry(objective="95", days=14, method=method)
    bad = np.where(np.arange(MINUTES) >= MINUTES - attacked, 99, 1)
    ticks = some_buckets(slos=(one.id,), end=END, bad=bad, total=np.full(MINUTES, 100))
    history = History(tick=60)
    for part in Slices([one], tick=60).with_slices(ticks, history):
        history.append(part)
    at = datetime.fromtimestamp(END, UTC)
    return (
        evaluate([one], history.sums(windows_for([one]), now=END), Provenance(at, at)).status(one.id).consumed
    )


@pytest.mark.parametrize(("method", "minutes"), EXHAUSTED)
def test_the_budget_is_gone_when_the_example_says(method, minutes):
    assert consumed(method, int(minutes) - 1) < 1
    assert consumed(method, int(minutes) + 1) > 1
    if minutes == int(minutes):
        assert consumed(method, int(minutes)) == 1
