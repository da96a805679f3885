"""Where a budget went hour by hour, and how many bad events an incident cost."""

from datetime import datetime
from itertools import pairwise

import pytest
from support.wiring import DAY, HOUR, MINUTE, START, Events, Life, seconds, steadily

from observatory.adapters.memory.history import MemoryHistory
from observatory.application.recorder import Recorder

SLO = "playlist/availability"


@pytest.fixture(params=[0, 25], ids=["at the hour", "within the hour"])
def life(tmp_path, request):
    life = Life(tmp_path)
    life.happens("playlist", steadily(START - 5 * DAY, START + DAY, every=11 * MINUTE))
    life.clock.advance(request.param * MINUTE)
    life.begin()
    life.minutes(2)
    return life


def test_the_hours_of_a_burn_down_add_up_to_the_status(life):
    status = life.observatory.views.board.snapshot.statuses[SLO]
    points = life.observatory.views.burn_down(SLO)
    start = seconds(status.at - status.window)
    early, _ = life.events["playlist"].between(start - start % 3600, start - start % 300)
    assert sum(point.bad for point in points) == status.bad + early
    assert points[-1].at == status.at
    assert points[-1].remaining == pytest.approx(status.remaining - early / status.budget)
    assert [point.at for point in points[:-1]] == sorted(point.at for point in points[:-1])
    assert all(a.remaining >= b.remaining for a, b in pairwise(points))


def test_every_point_has_its_own_hours_events(life):
    points = life.observatory.views.burn_down(SLO)
    for point in points[:-1]:
        end = seconds(point.at)
        assert (point.bad, point.total) == life.events["playlist"].between(end - 3600, end)


def test_nothing_is_known_of_an_slo_that_nobody_defined(life):
    assert list(life.observatory.views.burn_down("nobody/nothing")) == []


def test_an_hour_in_which_nothing_was_seen_is_left_open(tmp_path):
    life = Life(tmp_path)
    life.happens("playlist", Events({seconds(START - MINUTE): 9.0}), first=START - 3 * HOUR)
    life.begin()
    life.minutes(2)
    points = life.observatory.views.burn_down(SLO)
    assert points[0].remaining is None
    assert points[-1].remaining == 1


@pytest.mark.parametrize(
    ("age", "boundary"),
    [
        pytest.param(90 * MINUTE, 60, id="to the minute for six hours"),
        pytest.param(30 * HOUR, 300, id="to five minutes for three days"),
        pytest.param(4 * DAY, 3600, id="to the hour before"),
    ],
)
def test_bad_events_between_two_moments(tmp_path, age, boundary):
    life = Life(tmp_path, window="7d")
    life.happens("playlist", steadily(START - 8 * DAY, START + DAY, every=11 * MINUTE, bad_each=2))
    life.begin()
    life.minutes(1)
    after, until = START - age + 7 * MINUTE, START - MINUTE
    start, end = (seconds(moment) // boundary * boundary for moment in (after, until))
    counted = life.observatory.recorder.bad_events(SLO, after, until)
    assert counted == life.events["playlist"].between(start, end)[0] > 0


def test_of_an_unknown_slo_no_bad_event_is_known():
    recorder = Recorder(MemoryHistory(), tick=60)
    assert recorder.bad_events("nobody/nothing", START - HOUR, START) == 0


def test_of_a_time_before_the_history_no_bad_event_is_known(life):
    long_ago = datetime.fromtimestamp(0, START.tzinfo)
    assert life.observatory.recorder.bad_events(SLO, long_ago, long_ago + DAY) == 0
