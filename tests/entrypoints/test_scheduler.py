from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from threading import Event

import pytest
from support.wiring import Life

from observatory.application.deliver import Round
from observatory.entrypoints.scheduler import Aligned, schedule

MINUTE = timedelta(minutes=1)
LAG = timedelta(seconds=30)
NOW = datetime(2026, 3, 10, 12, 0, 7, tzinfo=UTC)
WAIT = 20


@pytest.fixture
def observatory(tmp_path):
    life = Life(tmp_path)
    life.begin()
    return life.observatory


@pytest.fixture
def running(observatory):
    """Starts the scheduler over an Observatory some of whose work is replaced."""
    started = []

    def start(**work):
        scheduler = schedule(replace(observatory, **work))
        scheduler.start()
        started.append(scheduler)
        return scheduler

    yield start
    for scheduler in started:
        scheduler.shutdown(wait=True)


class Work:
    """Stands in for a tick or a delivery: counts its runs, and ends each when it may."""

    length = timedelta(seconds=1)
    lag = timedelta(0)

    def __init__(self, *, fails: bool = False, blocked: bool = False, runs: int = 2) -> None:
        self.fails = fails
        self.go_on = Event()
        if not blocked:
            self.go_on.set()
        self.enough = Event()
        self.runs, self.wanted = 0, runs

    def __call__(self) -> Round:
        self.runs += 1
        if self.runs >= self.wanted:
            self.enough.set()
        self.go_on.wait(WAIT)
        if self.fails:
            raise RuntimeError("nobody foresaw this")
        return Round()


def test_the_first_run_is_at_once():
    assert Aligned(MINUTE, lag=LAG).get_next_fire_time(None, NOW) == NOW


@pytest.mark.parametrize(
    ("previous", "following"),
    [
        pytest.param("12:00:07", "12:00:30", id="between boundaries"),
        pytest.param("12:00:30", "12:01:30", id="at one"),
        pytest.param("12:00:59", "12:01:30", id="after one"),
        pytest.param("23:59:45", "00:00:30", id="over midnight"),
    ],
)
def test_ticks_are_aligned_after_the_boundary_and_the_lag(previous, following):
    at = datetime.combine(NOW, time.fromisoformat(previous), UTC)
    found = Aligned(MINUTE, lag=LAG).get_next_fire_time(at, at)
    assert f"{found:%H:%M:%S}" == following


def test_every_lane_runs_alone_and_makes_up_for_missed_runs_with_one(observatory):
    scheduler = schedule(observatory)
    scheduler.start(paused=True)
    jobs = scheduler.get_jobs()
    scheduler.shutdown()
    assert {job.id for job in jobs} == {
        "alerts",
        "catch_up",
        "tick",
        "follow",
        "prune",
        "lead",
        "heartbeat",
        "watch",
        "deliver",
    }
    assert {(job.max_instances, job.coalesce, job.misfire_grace_time) for job in jobs} == {(1, True, None)}
    assert len({job.executor for job in jobs}) == len(jobs)


def test_a_job_that_breaks_is_reported_and_runs_again(running, capsys):
    tick = Work(fails=True)
    running(tick=tick, catch_up=Work())
    assert tick.enough.wait(WAIT)
    told = capsys.readouterr().out
    assert "job_failed" in told
    assert "nobody foresaw this" in told


def test_a_backfill_or_a_delivery_that_hangs_delays_no_tick(running):
    tick, stuck, sending = Work(runs=3), Work(blocked=True), Work(blocked=True)
    running(tick=tick, catch_up=stuck, deliver=sending)
    assert tick.enough.wait(WAIT)
    assert (stuck.runs, sending.runs) == (1, 1)
    stuck.go_on.set()
    sending.go_on.set()
