"""Every state there is, as the API tells it of a service that is in it: from files and events to the answer."""

from datetime import timedelta

import pytest
from support.views import browse
from support.wiring import HOUR, LAG, MINUTE, START, Events, Life, seconds, service_yaml

from observatory.errors import Refused, Unavailable
from observatory.evaluation import State

EACH = 1000
"""Requests a minute; of the 1 440 000 of a day, 1440 may fail."""
pytestmark = pytest.mark.slow
UNKNOWN = {State.QUERY_FAILED, State.STALE, State.NO_DATA}


def minutes(first, last):
    return range(seconds(first) + 30, seconds(last), 60)


def requests(first=START - 26 * HOUR, last=START + HOUR, *, bad=0, at=START - 10 * HOUR):
    """Even traffic, and as many failures at one moment."""
    failures = {seconds(at) + 30: float(bad)} if bad else {}
    return Events(dict.fromkeys(minutes(first, last), float(EACH)), failures)


@pytest.fixture
def life(tmp_path):
    life = Life(tmp_path, slack=False)
    (life.folder / "playlist.yml").unlink()
    names = [state.value.replace("_", "-") for state in State if state is not State.STALE]
    for name in [*names, "burning"]:
        life.write(name, service_yaml(name))
    life.happens("healthy", requests(), last=START + HOUR)
    life.happens("query-failed", requests())
    life.happens("at-risk", requests(bad=1200))
    life.happens("burning", requests(bad=250, at=START - 2 * MINUTE))
    life.happens("breached", requests(bad=1500))
    life.happens("idle", Events({}))
    life.happens("new", requests(START - 6 * HOUR), first=START - 6 * HOUR)
    life.happens("partial", requests(last=START - 12 * HOUR), last=START - 12 * HOUR)
    life.happens("partial", requests(START - 6 * HOUR), first=START - 6 * HOUR)
    life.fault = lambda promql: (
        Refused("bad_data: no such function", code="422") if "query-failed" in promql else None
    )
    life.begin()
    life.minutes(2)
    return life


def told(life):
    answered = browse(life.observatory.views).get("/api/v1/slos").json()
    return {one["service"]: State(one["state"]) for one in answered}


def test_every_state_is_told_of_the_service_that_is_in_it(life):
    expected = {state.value.replace("_", "-"): state for state in State if state is not State.STALE}
    assert told(life) == expected | {"burning": State.AT_RISK}


def test_while_the_server_is_away_nothing_is_known_of_anybody(life):
    life.fault = lambda _: Unavailable("connection refused")
    life.minutes(8)
    assert set(told(life).values()) <= UNKNOWN


def test_what_nobody_measures_any_more_is_stale(life):
    """As a replica tells it that reads what another one measured, which is gone."""
    life.observatory.tick.follow()
    assert State.STALE not in told(life).values()
    life.clock.advance(10 * MINUTE)
    life.observatory.tick.follow()
    assert set(told(life).values()) == {State.STALE}


def test_a_service_that_vanishes_is_unknown_though_its_window_was_good(life):
    life.clock.advance(2 * HOUR)
    life.minutes(8)
    assert told(life)["healthy"] is State.NO_DATA
    assert told(life)["idle"] is State.IDLE


def test_a_tick_is_measured_when_its_scrapes_have_landed(life):
    def newest():
        life.observatory.tick()
        return life.observatory.recorder.history.newest

    before = newest()
    life.clock.advance(MINUTE - timedelta(seconds=1))
    assert newest() == before
    life.clock.advance(timedelta(seconds=1))
    assert newest() == before + 60 == seconds(life.clock.now() - LAG)
