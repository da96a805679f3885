import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support.catalogs import a_catalog, a_service, an_slo
from support.evaluations import evaluation_of
from support.views import a_status

from observatory.catalog import Calendar, RatioTimeslices, Rolling
from observatory.evaluation import State
from observatory.outputs.status import ALERT_WINDOWS, status_json

ENTRY = next(a_catalog(a_service(slos=(an_slo(objective="99.95", days=28),))).slos())
KNOWN = replace(
    a_status(ENTRY),
    coverage=0.99,
    sli=0.9998,
    total=10_000.0,
    bad=2.0,
    budget=5.0,
    consumed=0.4,
    remaining=0.6,
    burn={"5m": 14.4, "1h": None},
)


def test_a_status_is_written_with_ratios_and_the_objective_as_it_was_meant():
    assert status_json(ENTRY, KNOWN) == {
        "squad": "playlists",
        "service": "playlist",
        "slo": "availability",
        "objective": 0.9995,
        "window": "28d",
        "method": "occurrences",
        "resets": None,
        "state": "healthy",
        "coverage": 0.99,
        "sli": 0.9998,
        "events": {"total": 10_000.0, "bad": 2.0},
        "budget": {"events": 5.0, "consumed": 0.4, "remaining": 0.6},
        "further": [],
        "burn": {"5m": 14.4, "30m": None, "1h": None, "2h": None, "6h": None, "1d": None, "3d": None},
        "exclusion": None,
        "components": [],
    }


def test_unknown_numbers_are_null():
    written = json.loads(json.dumps(status_json(ENTRY, a_status(ENTRY, state=State.STALE)), allow_nan=False))
    assert written["sli"] is None
    assert set(written["budget"].values()) == {None}
    assert list(written["burn"]) == list(ALERT_WINDOWS)


def test_before_the_first_tick_there_is_no_data_but_an_objective():
    written = status_json(ENTRY, None)
    assert (written["state"], written["objective"], written["sli"]) == ("no_data", 0.9995, None)


def test_a_window_is_written_in_the_largest_unit_that_says_it_whole():
    slo = ENTRY.slo.model_copy(update={"window": Rolling(timedelta(hours=36))})
    assert status_json(replace(ENTRY, slo=slo), None)["window"] == "36h"


def test_the_budgets_of_calendar_and_further_windows_say_when_they_end():
    month = Calendar(calendar="month", timezone="Asia/Kolkata")
    method = RatioTimeslices(slice=timedelta(minutes=5))
    slo = an_slo(window=month, more_windows=(Rolling(timedelta(days=7)),), method=method)
    entry = next(a_catalog(a_service(slos=(slo,))).slos())
    status = evaluation_of(entry).status(entry.id)
    written = json.loads(json.dumps(status_json(entry, status), allow_nan=False))
    assert (written["window"], written["resets"]) == ("month Asia/Kolkata", "2026-03-31T18:30:00+00:00")
    assert written["method"] == "ratio timeslices of 5m"
    (week,) = written["further"]
    assert (week["window"], week["ends"]) == ("7d", status.at.isoformat())
    assert week["budget"]["events"] == pytest.approx(0.001 * 7 * 288)
