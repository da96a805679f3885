"""The canary: one message an hour, found again in history; a failure is tried again in a minute."""

from datetime import timedelta

import pytest
from support.people import NOW

from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.messenger import MemoryMessenger
from observatory.application.canary import Canary
from observatory.application.vitals import Vitals
from observatory.errors import Unavailable

CHANNEL, SECOND = "C0CANARY", timedelta(seconds=1)


class Slow(MemoryMessenger):
    """A Slack that takes three seconds for each message, and may hide it."""

    hides = False

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def post(self, *words, **more):
        self.clock.advance(3 * SECOND)
        return super().post(*words, **more)

    def find(self, *words, **more):
        return None if self.hides else super().find(*words, **more)


@pytest.fixture
def canary():
    clock = ManualClock(NOW)
    return Canary(Slow(clock), CHANNEL, Vitals(), clock)


def pass_by(canary, length, *, step=SECOND):
    until = canary.clock.now() + length
    while canary.clock.now() < until:
        canary()
        canary.clock.advance(step)


def test_one_message_an_hour_says_how_long_it_took(canary):
    pass_by(canary, timedelta(hours=3) - 30 * SECOND, step=30 * SECOND)
    assert [one.channel for one in canary.messenger.written] == [CHANNEL] * 3
    assert len({one.delivery_id for one in canary.messenger.written}) == 3
    test = canary.vitals.self_test
    assert (test.latency, test.problem) == (3 * SECOND, None)


def test_a_channel_that_does_not_take_it_is_told_and_tried_again_every_minute(canary):
    canary.messenger.broken[CHANNEL] = "not_in_channel"
    canary()
    assert "not_in_channel" in canary.vitals.self_test.problem
    assert canary.vitals.self_test.latency is None
    pass_by(canary, 50 * SECOND)
    canary.messenger.broken.clear()
    pass_by(canary, 20 * SECOND)
    assert canary.vitals.self_test.problem is None
    assert len(canary.messenger.written) == 1


def test_an_answer_that_got_lost_is_a_failure(canary):
    canary.messenger.fail_next(Unavailable("no connection to Slack"))
    canary()
    assert "no connection" in canary.vitals.self_test.problem


def test_a_message_that_history_does_not_show_proves_nothing(canary):
    canary.messenger.hides = True
    canary()
    assert "does not show it" in canary.vitals.self_test.problem


def test_only_the_evaluator_sends_one(canary):
    canary.vitals.leads = lambda: False
    pass_by(canary, 10 * SECOND)
    assert canary.messenger.written == []
