"""Leaving time out, held to what it must never do."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.catalogs import changed, parse_yaml
from support.events import EXCLUDE, at

from observatory.evaluation.exclusions import Counted, exclusions, leave_out
from observatory.measurement import FIELDS

NOW = int(at(0).timestamp())
WINDOWS = ("1h", "30d")
SLOS = ("playlist/availability", "playlist/latency", "search/availability")


def table(values, slos=SLOS):
    columns = pd.MultiIndex.from_product([WINDOWS, FIELDS], names=["window", "field"])
    return pd.DataFrame(
        np.reshape(values, (len(slos), -1)), index=pd.Index(slos, name="slo"), columns=columns
    )


def some(low, high):
    cells = len(SLOS) * len(WINDOWS) * len(FIELDS)
    return st.lists(st.integers(low, high), min_size=cells, max_size=cells).map(
        lambda v: table(np.array(v, float))
    )


def out_of(part, slos):
    """All that stands in a table for these SLOs, as what was counted in times that are left out."""
    rows = part.loc[list(slos)].to_numpy().reshape(len(slos), len(WINDOWS), len(FIELDS))
    measured, idle = (rows[:, :, FIELDS.index(name)] for name in ("measured", "idle"))
    return Counted(list(slos), WINDOWS, rows, measured + idle)


@given(some(0, 10**6))
def test_leaving_out_nothing_changes_nothing(sums):
    nothing = out_of(sums * 0, SLOS)
    pd.testing.assert_frame_equal(leave_out(sums, nothing), sums)


@given(some(0, 10**6), some(0, 10**6), st.sets(st.sampled_from(SLOS), min_size=1))
def test_what_is_left_out_is_gone_to_the_event_and_nothing_else_is(rest, part, chosen):
    slos = [slo for slo in SLOS if slo in chosen]
    sums = rest + part
    found = leave_out(sums, out_of(part, slos))
    others = [slo for slo in SLOS if slo not in chosen]
    pd.testing.assert_frame_equal(found.loc[others], sums.loc[others])
    for label in WINDOWS:
        for field in ("bad", "total", "bad_ticks", "clumping", "measured"):
            assert (found.loc[slos, (label, field)] == rest.loc[slos, (label, field)]).all()
        covered = [
            frame.loc[slos, (label, "measured")] + frame.loc[slos, (label, "idle")] for frame in (found, sums)
        ]
        assert (covered[0] == covered[1]).all()


@given(some(0, 10**6), some(0, 10**6))
def test_bad_events_are_never_more_than_without(rest, part):
    sums = rest + part
    found = leave_out(sums, out_of(part, SLOS))
    for label in WINDOWS:
        assert (found[label, "bad"] <= sums[label, "bad"]).all()
    assert sums.equals(rest + part)  # what is given is not changed


def found(text=EXCLUDE, *, now=NOW, most=Decimal("0.05"), **more):
    catalog = parse_yaml(event=text, **more).catalog
    starts = {"30d": now - 30 * 86_400, "1h": now - 3600}
    return {one.slo: one for one in exclusions(catalog, starts, at=now, most=most)}


def test_an_exclusion_names_its_events_and_spans_and_only_what_the_event_is_about():
    one = found()["playlist/availability"]
    assert (one.events, one.seconds, one.refused, one.under_way) == (("upkeep",), 3600, False, False)
    assert one.spans == ((NOW - 7200, NOW - 3600),)
    only = changed("{services: [playlist]}", "{slos: [playlist/latency]}", text=EXCLUDE)
    assert set(found(only)) == {"playlist/latency"}


def test_overlapping_exclusions_are_one():
    other = changed("22:00", "22:30", text=EXCLUDE).replace("name: upkeep", "name: more")
    one = found(other=other)["playlist/availability"]
    assert (one.events, one.seconds) == (("more", "upkeep"), 5400)


@pytest.mark.parametrize(
    ("minutes", "seconds", "under_way"),
    [
        pytest.param(-130, None, False, id="before"),
        pytest.param(-90, 1800, True, id="in the middle"),
        pytest.param(-60, 3600, True, id="at its end"),
        pytest.param(-55, 3600, False, id="after"),
    ],
)
def test_an_exclusion_grows_with_the_clock(minutes, seconds, under_way):
    one = found(now=NOW + 60 * minutes).get("playlist/availability")
    assert (one and one.seconds) == seconds
    assert bool(one and one.under_way) is under_way


def test_above_the_cap_it_is_refused_and_says_how_much_it_would_be():
    one = found(most=Decimal("0.001"))["playlist/availability"]
    assert (one.refused, one.share) == (True, 3600 / (30 * 86_400))


def test_what_lies_before_the_window_is_no_part_of_it():
    later = NOW + 31 * 86_400
    assert found(now=later) == {}


def test_what_only_a_further_window_reaches_is_left_out_of_that_one_and_no_share_of_the_one_that_decides():
    weekly = changed("window: 30d", "window: 30d\n    more_windows: [90d]")
    catalog = parse_yaml(weekly, event=EXCLUDE).catalog
    now = NOW + 40 * 86_400
    starts = {label: now - days * 86_400 for label, days in (("30d", 30), ("90d", 90))}
    (one,) = exclusions(catalog, starts, at=now)
    assert (one.slo, one.spans) == ("playlist/availability", ((NOW - 7200, NOW - 3600),))
    assert (one.seconds, one.share, one.refused) == (0, 0, False)
