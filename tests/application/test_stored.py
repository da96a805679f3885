"""How SLOs stand, from what a service has kept."""

from datetime import timedelta

import pytest
from support.wiring import DAY, START, Life, steadily

from observatory.application.stored import StoredStatus
from observatory.errors import NotFound


@pytest.fixture
def life(tmp_path):
    life = Life(tmp_path, slack=False)
    life.happens("playlist", steadily(START - 2 * DAY, START + DAY))
    life.begin()
    return life


def stored(life):
    """What the store says, Prometheus being away."""
    settings, board = life.settings, life.observatory.views.board
    return StoredStatus(life.store, life.clock, settings.tick, settings.lag)(
        board.snapshot.catalog
    ).evaluation


def test_what_is_kept_says_what_the_service_shows(life):
    life.minutes(3)
    life.clock.advance(-timedelta(minutes=1))
    shown = life.observatory.views.board.snapshot
    assert stored(life).statuses() == dict(shown.statuses)
    assert stored(life).statuses()["playlist/availability"].total > 0


def test_what_was_kept_long_ago_is_called_stale(life):
    life.minutes(2)
    life.clock.advance(timedelta(minutes=10))
    assert stored(life).statuses()["playlist/availability"].state.value == "stale"


def test_a_service_that_kept_nothing_is_named(life):
    with pytest.raises(NotFound, match="nothing of the last 3 days"):
        stored(life)
