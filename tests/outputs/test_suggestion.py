"""What suggestions say of histories that are no usual ones."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from support.evaluations import entry

from observatory.catalog import Calendar
from observatory.evaluation.proposal import Outlier, achieved, propose
from observatory.outputs.suggestion import Suggestion, as_text

MONTH = timedelta(days=30)


def proposal(window=MONTH, per_hour=100.0, bad=0.0):
    found = achieved(np.full(800, bad), np.full(800, per_hour), window=window)
    return propose(found)


def said(**facts):
    return as_text([Suggestion(**({"entry": entry(), "proposal": proposal()} | facts))]).replace(
        "\u00a0", " "
    )


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        pytest.param(
            {"proposal": None, "idle": True}, "nothing came: no objective can be proposed", id="idle"
        ),
        pytest.param({"proposal": None}, "no day of history", id="unknown"),
        pytest.param({}, "over 81 windows of 30 d, which overlap", id="window"),
        pytest.param(
            {"proposal": proposal(per_hour=0.05)},
            "Its traffic carries no objective: 36 events a window",
            id="few",
        ),
    ],
)
def test_what_cannot_be_proposed_says_why(facts, says):
    assert says in said(**facts)


def test_a_calendar_window_is_called_by_its_name():
    month = Calendar(calendar="month", timezone="Europe/Stockholm")
    whole = timedelta(hours=month.length // timedelta(hours=1))
    assert "windows of a month" in said(entry=entry(window=month), proposal=proposal(window=whole))


def test_a_day_that_decides_alone_is_told():
    told = said(
        outlier=Outlier(hour=300, share=0.97, objective=Decimal("99.99")),
        outlier_ended=datetime(2026, 3, 4, 7, tzinfo=UTC),
    )
    assert "One day decides: the one until 2026-03-04 07:00 UTC had 97 % of all bad events" in told
    assert "without it 99.99 % would be proposed" in told
