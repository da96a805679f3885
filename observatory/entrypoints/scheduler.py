"""Periodic work: ticks, catching up, delivery, forgetting; each in a lane of its own, so that none delays another."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from observatory.application.deliver import Deliver
from observatory.application.recorder import HOURS_KEPT
from observatory.bootstrap import Observatory
from observatory.errors import Unavailable

_log = structlog.get_logger("observatory.scheduler")
_DELIVERY = timedelta(seconds=1)
_PRUNING = timedelta(hours=1)


def schedule(observatory: Observatory) -> BackgroundScheduler:
    """A scheduler that is ready to be started.

    A run that is due while the one before is under way is left out (`max_instances`), and runs that were missed are
    made up for by one (`coalesce`): each takes up where the last one ended.
    """
    jobs: dict[str, tuple[Callable[[], object], timedelta]] = {
        "catch_up": (observatory.catch_up, observatory.tick.length),
        "tick": (observatory.tick, observatory.tick.length),
        "prune": (lambda: _prune(observatory), _PRUNING),
    }
    if (deliver := observatory.deliver) is not None:
        jobs["deliver"] = (lambda: _deliver(deliver), _DELIVERY)
    scheduler = BackgroundScheduler(
        executors={name: ThreadPoolExecutor(1) for name in jobs},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        timezone="UTC",
    )
    now = observatory.clock.now()
    # A tick is measured as soon as its scrapes have landed, and not at whatever second the process was started.
    landed = datetime.fromtimestamp(0, UTC) + observatory.tick.lag
    for name, (work, every) in jobs.items():
        trigger = IntervalTrigger(seconds=int(every.total_seconds()), start_date=landed, timezone="UTC")
        scheduler.add_job(work, trigger, id=name, executor=name)
        scheduler.add_job(work, "date", run_date=now, id=f"first_{name}", executor=name)
    scheduler.add_listener(_report, EVENT_JOB_ERROR)
    return scheduler


def _prune(observatory: Observatory) -> None:
    now = observatory.clock.now()
    observatory.recorder.prune(now=now)
    observatory.views.alerts.prune(before=now - HOURS_KEPT)


def _deliver(deliver: Deliver) -> None:
    """One round of delivery; how it went goes to the log."""
    try:
        done = deliver()
    except Unavailable as error:
        _log.error("delivery_failed", error=str(error))
        return
    if done.outcomes:
        _log.info("delivered", **{outcome.value: count for outcome, count in done.outcomes.items()})
    for (destination, code), count in done.refusals.items():
        _log.warning("slack_refused", destination=destination, code=code, count=count)
    for late in done.undelivered:
        notification = late.notification
        _log.error(
            "notification_undelivered",
            delivery=notification.delivery_id,
            incident=notification.incident,
            destination=notification.destination,
            error=late.last_error,
        )
    for crash in done.crashes:
        _log.error("delivery_crashed", exc_info=crash)


def _report(event: JobExecutionEvent) -> None:
    """Nobody foresaw it: say all there is to say, and go on at the next tick."""
    _log.error("job_failed", job=event.job_id, error=repr(event.exception), traceback=event.traceback)
