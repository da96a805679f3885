"""Journeys against a brute-force oracle, written from the definition tick by tick."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.buckets import buckets, some_buckets
from support.catalogs import a_service, a_squad, an_slo, parse_yaml
from support.events import JOURNEY

from observatory.catalog import ServiceSlo
from observatory.measurement import Buckets, Measurement, QueryFailure, blended
from observatory.planning import plan

SLOS = ("playlist/availability", "playlist/latency")
END = 1_780_000_200


def the_plan(*, weight=1, combine="weighted", good_from=None, alone=False):
    """Of a service's two SLOs and the journey made of them; `alone` is the journey only."""
    more = "" if good_from is None else f", good_from: {good_from}"
    parts = f"[{{slo: playlist/availability, weight: {weight}{more}}}, playlist/latency]"
    text = JOURNEY.replace("[playlist/availability]", parts).replace("of:", f"combine: {combine}\n    of:")
    entries = [entry for entry in parse_yaml(journey=text).valid().slos() if entry.parts or not alone]
    return plan(entries, tick=60)


def with_room(planned, two):
    """The components' buckets in the plan's order, and an empty column for the journey."""
    order = [two.slos.index(slo) if slo in two.slos else -1 for slo in planned.slos]
    cells = {
        name: np.where(np.array(order) >= 0, getattr(two, name)[:, order], 0.0)
        for name in ("bad", "total", "measured", "idle", "bad_ticks", "clumping")
    }
    return Measurement(type(two)(seconds=two.seconds, ends=two.ends, slos=planned.slos, **cells))


TWO = buckets(rows=5, slos=SLOS, end=END)


@given(TWO, st.integers(1, 9))
def test_weighted_events_are_added_up(two, weight):
    planned = the_plan(weight=weight)
    found = blended(planned, with_room(planned, two)).buckets
    row = found.slos.index("listen/availability")
    for tick in range(5):
        bad, total = two.bad[tick], two.total[tick]
        assert found.bad[tick, row] == weight * bad[0] + bad[1]
        assert found.total[tick, row] == weight * total[0] + total[1]
        covered = (two.measured + two.idle)[tick]
        assert (found.measured[tick, row] + found.idle[tick, row]) == (60 if (covered > 0).all() else 0)


@given(TWO, st.sampled_from([50, 90, 99.9]))
def test_a_minute_is_bad_when_it_was_bad_for_any(two, good_from):
    planned = the_plan(combine="worst", good_from=good_from)
    found = blended(planned, with_room(planned, two)).buckets
    row = found.slos.index("listen/availability")
    allowed = (100 - good_from) / 100, 0.01  # latency promises 99
    for tick in range(5):
        failed = [
            two.bad[tick, n] > 0 and two.bad[tick, n] > two.total[tick, n] * share
            for n, share in enumerate(allowed)
        ]
        assert found.bad[tick, row] == float(any(failed))
        assert found.total[tick, row] == float((two.total[tick] > 0).any())


def test_what_only_a_journey_needs_is_measured_and_not_reported():
    planned = the_plan(alone=True)
    assert planned.extra == 2
    assert planned.slos == ("listen/availability", *SLOS)
    two = np.ones((1, 3))
    shape = dict.fromkeys(("bad", "total", "measured", "idle", "bad_ticks", "clumping"), two)
    measured = Measurement(Buckets(seconds=60, ends=np.array([END]), slos=planned.slos, **shape))
    found = blended(planned, measured)
    assert found.buckets.slos == ("listen/availability",)
    assert found.buckets.bad.tolist() == [[2.0]]


def test_a_failed_component_fails_the_journey_and_what_nobody_asked_for_is_not_named():
    planned = the_plan(alone=True)
    failure = QueryFailure(("playlist/latency",), "up", "refused")
    measured = with_room(planned, _empty())
    found = blended(planned, Measurement(measured.buckets, (failure,)))
    assert [one.slos for one in found.failures] == [("listen/availability",)]


def _empty():
    return some_buckets(end=END, slos=SLOS, bad=[0.0])


def test_a_plan_without_journeys_is_left_alone():
    service = a_service(slos=(an_slo(),))
    planned = plan([ServiceSlo(a_squad(), service, service.slos[0])], tick=60)
    assert planned.blends == ()
    assert planned.extra == 0
