"""What the chart below a message is drawn from."""

import pytest
from support.wiring import DAY, HOUR, MINUTE, START, Events, Life, seconds, steadily

from observatory.application.burn import Burn


def lived(tmp_path, events, minutes=3, **more):
    life = Life(tmp_path)
    life.happens("playlist", events, **more)
    life.begin()
    life.minutes(minutes)
    return life


def points_of(life, hours=6):
    (entry,) = life.observatory.views.board.snapshot.catalog.slos()
    now = life.clock.now()
    return Burn(life.observatory.recorder)(entry, since=now - hours * HOUR, until=now)


def test_each_point_is_what_failed_in_the_five_minutes_before_it_over_what_may(tmp_path):
    life = lived(tmp_path, steadily(START - 2 * DAY, START + DAY, every=MINUTE))
    points = points_of(life)
    assert len(points) > 300
    for point in points[10:]:
        bad, total = life.events["playlist"].between(seconds(point.at) - 300, seconds(point.at))
        assert point.rate == pytest.approx(bad / total / 0.001)


def test_it_goes_on_to_the_newest_tick_and_starts_where_something_was_counted(tmp_path):
    begins = START - 20 * MINUTE
    life = lived(tmp_path, steadily(begins, START + DAY, every=MINUTE), first=begins - MINUTE)
    points = points_of(life)
    assert points[-1].at == life.observatory.views.board.snapshot.at
    assert begins - MINUTE <= points[0].at <= begins + 2 * MINUTE


def test_where_nothing_came_for_five_minutes_nothing_is_drawn(tmp_path):
    minutes = [m for m in range(-60, 10) if not -30 <= m < -15]
    life = lived(tmp_path, Events({seconds(START + m * MINUTE): 5.0 for m in minutes}))
    rates = {point.at: point.rate for point in points_of(life)}
    assert rates[START - 20 * MINUTE] is None
    assert rates[START - 40 * MINUTE] == 0


def test_without_any_event_there_is_no_chart(tmp_path):
    assert points_of(lived(tmp_path, Events({}))) == ()
