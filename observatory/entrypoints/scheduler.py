"""Periodic work: ticks, catching up, delivery, forgetting; each in a lane of its own, so that none delays another."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from observatory.application.actions import Actions
from observatory.application.deliver import Deliver, Round
from observatory.application.delivery import Delivery
from observatory.application.leadership import Evaluator, Leadership
from observatory.application.ports import Clock
from observatory.application.vitals import Vitals
from observatory.bootstrap import Observatory
from observatory.entrypoints.presses import hear
from observatory.errors import ObservatoryError

_log = structlog.get_logger("observatory.scheduler")
_EVERY_SECOND = timedelta(seconds=1)
_WATCHING = timedelta(seconds=2)
_DELIVERY = timedelta(milliseconds=250)
"""A channel takes a message a second: who looks only once a second meets it at every other one."""
_ROUNDS, _ROUNDS_WITHOUT_AN_END = 50, 4
_PRUNING = timedelta(hours=1)
_CHARTS = timedelta(seconds=5)
_ALERTS = timedelta(seconds=2)
_NEIGHBOURS = timedelta(seconds=15)
_EPOCH = datetime.fromtimestamp(0, UTC)


class Aligned(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """At once, and then at every whole multiple of `every` (counted from 1970) plus `lag`.

    So a tick is measured as soon as its scrapes have landed, and not at whatever second the process was started.
    """

    def __init__(self, every: timedelta, *, lag: timedelta = timedelta(0)) -> None:
        self._every = every
        self._first = _EPOCH + lag

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """See APScheduler."""
        if previous_fire_time is None:
            return now
        passed = (previous_fire_time - self._first) // self._every
        return self._first + (passed + 1) * self._every


def schedule(observatory: Observatory) -> BackgroundScheduler:
    """A scheduler that is ready to be started.

    A run that is due while the one before is under way is left out (`max_instances`), and runs that were missed are
    made up for by one (`coalesce`): each takes up where the last one ended.
    """
    length, lag = observatory.tick.length, observatory.tick.lag
    leadership, evaluator = observatory.leadership, _evaluator(observatory)
    jobs: dict[str, tuple[Callable[[], object], BaseTrigger]] = {
        "catch_up": (lambda: leadership.only(observatory.catch_up), Aligned(length, lag=lag)),
        "tick": (evaluator.evaluate, Aligned(length, lag=lag)),
        "follow": (evaluator.follow, Aligned(_EVERY_SECOND)),
        "prune": (lambda: leadership.only(lambda: _prune(observatory)), Aligned(_PRUNING, lag=lag)),
        "lead": (lambda: _campaign(leadership, scheduler), Aligned(_EVERY_SECOND)),
        "heartbeat": (observatory.alive.heartbeat, Aligned(_EVERY_SECOND)),
        "watch": (lambda: _watch(observatory), Aligned(_WATCHING)),
    }
    others = observatory.others
    jobs["alerts"] = (lambda: leadership.only(others.decide), Aligned(_ALERTS))
    if (neighbours := others.neighbours) is not None:
        jobs["alertmanager"] = (lambda: leadership.only(neighbours), Aligned(_NEIGHBOURS))
    if (canary := observatory.alive.canary) is not None:
        jobs["canary"] = (canary, Aligned(_EVERY_SECOND))
    if (socket_mode := observatory.alive.socket_mode) is not None:
        jobs["socket_mode"] = (lambda: socket_mode.keep(_ear(observatory.actions)), Aligned(_EVERY_SECOND))
    if (deliver := observatory.deliver) is not None:
        jobs["deliver"] = (
            Rounds(deliver, observatory.views.vitals, observatory.clock),
            Aligned(_DELIVERY),
        )
    if (illustrate := observatory.illustrate) is not None:
        jobs["illustrate"] = (lambda: leadership.only(illustrate), Aligned(_CHARTS))
    # A catch-up or a delivery that takes longer than its turn is no news, and errors are told in our own words.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    scheduler = BackgroundScheduler(
        executors={name: ThreadPoolExecutor(1) for name in jobs},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        timezone="UTC",
    )
    for name, (work, trigger) in jobs.items():
        scheduler.add_job(work, trigger, id=name, executor=name)
    scheduler.add_listener(_report, EVENT_JOB_ERROR)
    return scheduler


def _evaluator(observatory: Observatory) -> Evaluator:
    return Evaluator(
        observatory.leadership,
        observatory.tick,
        observatory.catch_up,
        observatory.recorder,
        observatory.clock,
        term=observatory.leadership.term,
    )


def _campaign(leadership: Leadership, scheduler: BackgroundScheduler) -> None:
    """Renew the lease, or take it; who has just taken it need not wait for the next tick's turn."""
    if leadership():
        scheduler.modify_job("tick", next_run_time=leadership.clock.now())


def _watch(observatory: Observatory) -> None:
    """Others' signs of life are judged by one replica; a drill is closed by whoever sees first that it arrived."""
    observatory.leadership.only(observatory.alive.watchdog)
    observatory.actions.drills()


def _ear(actions: Actions) -> Callable[[str], None]:
    """What Socket Mode tells is done like what comes by HTTP."""
    door = actions.door
    return lambda payload: None if door is None else hear(payload, actions.press, door)


def _prune(observatory: Observatory) -> None:
    try:
        observatory.prune()
    except ObservatoryError as error:
        _log.error("prune_failed", error=str(error))


@dataclass(slots=True)
class Rounds:
    """Rounds of delivery. How they went goes to the log; what is late is said once, not every second."""

    deliver: Deliver
    vitals: Vitals
    clock: Clock
    _late: frozenset[str] = frozenset()

    def __call__(self) -> None:
        """Run one, and the next at once while they bring something: a storm is not served one round a second."""
        for number in range(_ROUNDS):
            done = self._run()
            patient = number < _ROUNDS_WITHOUT_AN_END and done.in_flight
            if not done.outcomes and not patient:
                return

    def _run(self) -> Round:
        began = self.clock.now()
        try:
            done = self.deliver()
        except ObservatoryError as error:
            _log.error("delivery_failed", error=str(error))
            return Round()
        self.vitals.slack_problem = done.problem
        if done.problem is None and not done.crashes:
            self.vitals.delivered_at = began
        self._tell(done)
        return done

    def _tell(self, done: Round) -> None:
        if done.outcomes:
            _log.info("delivered", **{outcome.value: count for outcome, count in done.outcomes.items()})
        for (destination, code), count in done.refusals.items():
            _log.warning("slack_refused", destination=destination, code=code, count=count)
        self._tell_late(done.undelivered)
        for crash in done.crashes:
            _log.error("delivery_crashed", exc_info=crash)

    def _tell_late(self, undelivered: Sequence[Delivery]) -> None:
        for late in undelivered:
            notification = late.notification
            if notification.delivery_id not in self._late:
                _log.error(
                    "notification_undelivered",
                    delivery=notification.delivery_id,
                    incident=notification.incident,
                    destination=notification.destination,
                    error=late.last_error,
                )
        self._late = frozenset(late.notification.delivery_id for late in undelivered)


def _report(event: JobExecutionEvent) -> None:
    """Nobody foresaw it: say all there is to say, and go on at the next tick."""
    _log.error("job_failed", job=event.job_id, error=repr(event.exception), traceback=event.traceback)
