"""The heart beats after every whole loop, and stands still as soon as one part of it does not work."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from observatory.adapters.memory.clock import ManualClock
from observatory.application.heartbeat import Heartbeat
from observatory.application.snapshot import Board, Health, Snapshot
from observatory.application.vitals import Vitals
from observatory.catalog import Catalog
from observatory.errors import RateLimited, Refused, Unavailable

NOW = datetime(2026, 3, 18, 12, 0, 30, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
WELL = Health(
    started_at=NOW - 9 * MINUTE, last_tick_at=NOW, measured_until=NOW - 30 * SECOND, backfilled=True
)


@dataclass
class Body:
    """A heart with all that it depends on."""

    pings: int = 0
    fault: Exception | None = None
    token_fault: Exception | None = None
    asked: int = 0
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    vitals: Vitals = field(default_factory=Vitals)

    def __post_init__(self):
        self.board = Board(Snapshot(Catalog()), WELL)
        self.heart = Heartbeat(
            self.board, self.vitals, self.clock, delivers=True, knows_us=self.knows_us, ping=self.ping
        )

    def ping(self):
        self.pings += 1
        if self.fault:
            raise self.fault

    def knows_us(self):
        self.asked += 1
        if self.token_fault:
            raise self.token_fault

    def loop(self, **health):
        """A tick, and a round of delivery a second later; then the lane's turn comes."""
        now = self.clock.now()
        health = {"last_tick_at": now, "measured_until": now - 30 * SECOND} | health
        self.board.show(self.board.snapshot, replace(WELL, **health))
        self.clock.advance(SECOND)
        self.vitals.delivered_at = self.clock.now()
        self.clock.advance(SECOND)
        self.heart()
        self.heart()
        self.clock.advance(MINUTE - 2 * SECOND)


@pytest.fixture
def body():
    return Body()


def test_every_whole_loop_is_one_beat(body):
    for number in (1, 2, 3):
        body.loop()
        assert body.pings == number
        assert body.vitals.loop_at == NOW + (number - 1) * MINUTE + 2 * SECOND


@pytest.mark.parametrize(
    "health",
    [
        pytest.param({"problem": "The database does not answer."}, id="the tick failed"),
        pytest.param({"backfilled": False}, id="nothing is decided on yet"),
        pytest.param({"last_tick_at": None}, id="never ticked"),
        pytest.param({"measured_until": None}, id="nothing was ever measured"),
    ],
)
def test_without_an_evaluation_it_stands_still(body, health):
    body.loop(**health)
    assert (body.pings, body.vitals.loop_at) == (0, None)


def test_a_tick_that_measured_nothing_new_is_no_beat(body):
    body.loop()
    body.loop(measured_until=NOW - 30 * SECOND)
    assert body.pings == 1


def test_delivery_must_have_begun_after_the_decision(body):
    body.vitals.delivered_at = NOW - SECOND
    body.heart()
    assert body.pings == 0
    body.vitals.delivered_at = NOW
    body.heart()
    assert body.pings == 1


def test_without_slack_the_evaluation_is_the_loop(body):
    heart = Heartbeat(body.board, body.vitals, body.clock, delivers=False, ping=body.ping)
    heart()
    assert body.pings == 1


@pytest.mark.parametrize(
    "fault", [Refused("Slack refused: token_revoked", code="token_revoked"), Unavailable("no answer")]
)
def test_a_token_that_slack_does_not_know_stops_it_and_is_said_once(body, fault):
    body.token_fault = fault
    with capture_logs() as logged:
        body.loop()
        body.loop()
    assert (body.pings, body.vitals.loop_at) == (0, None)
    assert [one["event"] for one in logged] == ["heart_stands_still"]
    body.token_fault = None
    body.loop()
    assert body.pings == 1


def test_slack_is_not_asked_every_second_who_we_are(body):
    body.token_fault = Refused("Slack refused: token_revoked", code="token_revoked")
    body.loop()
    for _ in range(30):
        body.heart()
        body.clock.advance(SECOND)
    assert body.asked == 4  # at once, and then every ten seconds


def test_who_is_asked_to_come_back_later_is_known(body):
    body.token_fault = RateLimited("wait", code="ratelimited", retry_after=SECOND)
    body.loop()
    assert body.pings == 1


def test_a_ping_that_is_not_heard_is_said_once_and_the_loop_was_whole_all_the_same(body):
    body.fault = Unavailable("hc.example did not hear the heartbeat")
    with capture_logs() as logged:
        body.loop()
        body.loop()
    assert [one["event"] for one in logged] == ["heartbeat_not_heard"]
    assert (body.pings, body.vitals.loop_at) == (2, NOW + MINUTE + 2 * SECOND)


def test_only_the_evaluator_tells_the_outside(body):
    body.vitals.leads = lambda: False
    body.loop()
    assert (body.pings, body.vitals.loop_at) == (0, NOW + 2 * SECOND)
