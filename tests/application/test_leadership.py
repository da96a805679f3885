"""Who evaluates, and what a follower shows: over a scripted Prometheus and a clock that is moved."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from support.wiring import HOUR, START, Life, steadily

from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.lease import Alone
from observatory.application.leadership import Evaluator, Leadership
from observatory.errors import Unavailable

SECOND = timedelta(seconds=1)
LENGTH = 20 * SECOND


@dataclass
class Registry:
    """A lease among several, given out by one clock."""

    clock: ManualClock
    gone: bool = False
    number: int = 0
    holder: str | None = None
    until: object = START
    asked: list[str] = field(default_factory=list)

    def take(self, name):
        if self.gone:
            raise Unavailable("no answer")
        self.asked.append(name)
        now = self.clock.now()
        if self.holder != name:
            if self.holder is not None and now < self.until:
                return None
            self.holder, self.number = name, self.number + 1
        self.until = now + LENGTH
        return self.number


@dataclass
class Share:
    """One replica's side of the registry."""

    registry: Registry
    name: str
    length: timedelta = LENGTH

    def hold(self):
        return self.registry.take(self.name)

    def term(self, _number):
        return nullcontext()

    def release(self):
        self.registry.holder = None


@pytest.fixture
def registry():
    return Registry(ManualClock(START))


@pytest.fixture
def replicas(registry):
    return [Leadership(Share(registry, name), registry.clock) for name in ("first", "second")]


def test_the_lease_is_asked_for_three_times_in_its_length(registry, replicas):
    first, _ = replicas
    for _ in range(60):
        first()
        registry.clock.advance(SECOND)
    assert len(registry.asked) == 9  # every 7 s, the first whole second after a third of 20
    assert first.term == 1


def test_a_follower_takes_over_when_the_lease_ends_and_says_so_once(registry, replicas):
    first, second = replicas
    assert (first(), second()) == (True, False)
    registry.clock.advance(LENGTH - SECOND)
    assert (second(), second.term) == (False, None)
    registry.clock.advance(SECOND)
    assert (second(), second.term, second()) == (True, 2, False)


def test_who_stood_still_knows_by_itself_that_its_term_is_over(registry, replicas):
    first, _ = replicas
    first()
    registry.clock.advance(LENGTH)
    done = []
    assert first.term is None
    assert first.only(lambda: done.append("work")) is False
    assert done == []


def test_a_database_that_is_away_ends_the_term_at_its_end_and_not_before(registry, replicas):
    first, _ = replicas
    first()
    registry.gone = True
    for _ in range(19):
        registry.clock.advance(SECOND)
        assert first() is False
        assert first.term == 1
    registry.clock.advance(SECOND)
    assert first.term is None
    registry.gone = False
    first()
    assert first.term == 1


def test_stepping_down_leaves_the_lease_to_the_next(registry, replicas):
    first, second = replicas
    second.step_down()
    first()
    first.step_down()
    assert first.term is None
    assert (second(), second.term) == (True, 2)


@pytest.fixture
def pair(tmp_path, registry):
    """Two replicas of one organisation: the second shares the first one's stores, Prometheus and clock."""
    lives = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        life = Life(tmp_path / name)
        if lives:
            life.clock, life.metrics, life.store, life.alerts = (
                getattr(lives[0], one) for one in ("clock", "metrics", "store", "alerts")
            )
        lives.append(life)
    lives[0].happens("playlist", steadily(START - timedelta(days=2), START + timedelta(days=2)))
    lives[1].events = lives[0].events
    registry.clock = lives[0].clock
    return lives


def evaluator(life, registry, name):
    life.begin()
    leadership = Leadership(Share(registry, name), registry.clock)
    product = life.observatory
    leadership()
    return Evaluator(
        leadership, product.tick, product.catch_up, product.recorder, registry.clock, leadership.term
    )


def shown(life):
    board = life.observatory.views.board
    return dict(board.snapshot.statuses), board.health.measured_until


def test_a_follower_shows_what_the_evaluator_measured_and_measures_nothing(pair, registry):
    first, second = pair
    leader, follower = evaluator(first, registry, "first"), evaluator(second, registry, "second")
    for _ in range(20):
        leader.leadership()
        leader.catch_up()
        leader.evaluate()
        asked = len(first.metrics.asked)
        follower.evaluate()
        follower.follow()
        assert len(first.metrics.asked) == asked
        assert shown(second) == shown(first)
        first.clock.advance(timedelta(minutes=1))
    assert second.observatory.views.board.health.unready(first.clock.now(), tick=timedelta(minutes=1)) is None


def test_a_follower_of_nobody_is_overdue(pair, registry):
    first, second = pair
    leader, follower = evaluator(first, registry, "first"), evaluator(second, registry, "second")
    for _ in range(3):
        leader.leadership()
        leader.catch_up()
        leader.evaluate()
        first.clock.advance(timedelta(minutes=1))
    follower.follow()
    first.clock.advance(timedelta(minutes=6))
    follower.follow()
    health = second.observatory.views.board.health
    assert "The last evaluation ended" in health.unready(first.clock.now(), tick=timedelta(minutes=1))


def test_who_takes_over_goes_on_where_the_last_one_ended(pair, registry):
    first, second = pair
    leader, follower = evaluator(first, registry, "first"), evaluator(second, registry, "second")
    for _ in range(12):
        leader.leadership()
        leader.catch_up()
        leader.evaluate()
        follower.follow()
        first.clock.advance(timedelta(minutes=1))
    assert not second.observatory.catch_up.complete
    first.clock.advance(timedelta(minutes=3))
    assert follower.leadership()
    follower.evaluate()
    assert second.observatory.catch_up.complete
    assert second.counted() == second.happened()
    assert follower.term == 2


def test_a_follower_that_was_away_for_hours_reads_the_history_anew(pair, registry):
    first, second = pair
    leader, follower = evaluator(first, registry, "first"), evaluator(second, registry, "second")
    follower.follow()
    for pause in (timedelta(minutes=1), 5 * HOUR, timedelta(minutes=1), timedelta(minutes=1)):
        leader.leadership()
        leader.evaluate()
        leader.catch_up()
        first.clock.advance(pause)
    leader.leadership()
    leader.evaluate()
    follower.follow()
    assert shown(second) == shown(first)
    first.clock.advance(2 * HOUR)
    follower.follow()
    reads = second.observatory.recorder.rewritten
    follower.follow()
    assert second.observatory.recorder.rewritten == reads


def cut_off(life, *, when=lambda: True):
    """This replica does not reach Prometheus."""
    life.fault = lambda _: Unavailable("no route to Prometheus") if when() else None


def test_who_does_not_reach_prometheus_makes_way_for_whoever_does(pair, registry):
    first, second = pair
    asking = []
    cut_off(first, when=lambda: asking[-1] == "first")
    leader, follower = evaluator(first, registry, "first"), evaluator(second, registry, "second")
    for _ in range(6):
        for name, replica in (("first", leader), ("second", follower)):
            asking.append(name)
            replica.evaluate()
            replica.follow()
        for _ in range(12):
            first.clock.advance(5 * SECOND)
            follower.leadership()
            leader.leadership()
    assert (leader.leadership.term, follower.term) == (None, 2)
    leader.follow()
    measured = [life.observatory.views.board.health.measured_until for life in pair]
    assert measured == [START + timedelta(minutes=5)] * 2


def test_alone_it_rests_for_seconds_and_goes_on(pair, registry):
    first, _ = pair
    cut_off(first)
    leader = evaluator(first, registry, "first")
    for _ in range(3):
        leader.leadership()
        leader.evaluate()
        first.clock.advance(timedelta(seconds=10))
    assert leader.leadership() is True
    assert leader.leadership.term == 2


def test_where_there_can_be_no_other_nobody_makes_way(registry):
    alone = Leadership(Alone(), registry.clock)
    alone()
    alone.make_way()
    assert alone.term == 1
