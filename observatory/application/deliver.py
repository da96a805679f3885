"""One round of delivery: take what is due, send it, and say how it went."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from observatory.application.attempts import Ended, Outcome
from observatory.application.delivery import Delivery, is_slack
from observatory.application.digest import fold
from observatory.application.ports import AlertStore, Clock, Messenger
from observatory.application.recovery import Recovery
from observatory.application.rerouting import Ways
from observatory.application.rescue import Rescue
from observatory.application.sending import Sender
from observatory.application.sweep import Sweep
from observatory.catalog import Catalog
from observatory.errors import Unavailable

_PROBE = timedelta(seconds=60)
_SWEEP = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Round:
    """What a round came to; counts are of attempts that ended since the round before."""

    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    refusals: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Slack's refusals by destination and code."""
    in_flight: int = 0
    """Attempts that have not ended yet."""
    undelivered: Sequence[Delivery] = ()
    """`notification_undelivered`: past their deadline and not delivered, given up ones of this round among them."""
    problem: str | None = None
    """Why nothing goes out to Slack: it refuses the token, with this code."""
    crashes: Sequence[BaseException] = ()
    """Attempts that broke in a way nobody foresaw; their leases run out, and they are taken up again."""


@dataclass(slots=True)
class Deliver:
    """Sends what the outbox holds; call it again at once while it has work, and else about once a second.

    Each destination has at most one attempt at a time, each attempt a thread of the executor, and no round waits
    longer than `patience`: a slow channel's attempt goes on while the next rounds serve the others.
    """

    store: AlertStore
    messenger: Messenger
    clock: Clock
    catalog: Callable[[], Catalog]
    executor: Executor
    worker: str
    """Names this process among the replicas."""
    catch_all: str | None = None
    transports: Sequence[str] = ()
    """Destinations beyond Slack, first choice first: for what Slack does not take."""
    lease: timedelta = timedelta(seconds=60)
    """Far above the time one attempt can take."""
    capacity: int = 8
    """Attempts at a time: the executor's threads."""
    patience: timedelta = timedelta(milliseconds=200)
    _running: set[Future[Ended]] = field(default_factory=set, init=False)
    _problem: str | None = field(default=None, init=False)
    _silent_until: datetime | None = field(default=None, init=False)
    _ways: Ways = field(init=False)
    _rescue: Rescue = field(init=False)
    _sweep: Sweep = field(init=False)
    _sweep_at: datetime | None = field(default=None, init=False)
    _sweeping: Future[int] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._ways = Ways(self.catalog, self.catch_all, self.transports)
        self._rescue = Rescue(self.store, self._ways)
        self._sweep = Sweep(self.store, self.messenger, self.clock)

    @property
    def problem(self) -> str | None:
        """Why nothing goes out to Slack, as of the newest round."""
        return self._problem

    def __call__(self) -> Round:
        """Run one round.

        Raises:
            Unavailable: the store can't be reached; nothing was taken.
        """
        now = self.clock.now()
        self._start(now, silent=self._silent_until is not None and now < self._silent_until)
        ended, crashes = self._collect(self.patience)
        return self._sum_up(ended, [*crashes, *self._swept(now)])

    def drain(self) -> Round:
        """Wait for every attempt and sweep under way, and start none: before the process ends."""
        if self._sweeping is not None:
            wait([self._sweeping])
        ended, crashes = self._collect(None)
        return self._sum_up(ended, crashes)

    def _start(self, now: datetime, *, silent: bool) -> None:
        fold(self.store, now=now)
        sender = Sender(self.store, self.messenger, self.clock, self._ways)
        recover = Recovery(sender)
        if not silent:
            for delivery in self.store.unsettled(now=now, worker=self.worker, lease=self.lease):
                self._running.add(self.executor.submit(recover, delivery))
        for delivery in self._claimed(now, silent=silent):
            self._running.add(self.executor.submit(sender.send, delivery))

    def _claimed(self, now: datetime, *, silent: bool) -> Sequence[Delivery]:
        """Slack is probed with one delivery when it has refused the token; the other transports go on."""
        free = self.capacity - len(self._running)
        if free <= 0:
            return ()
        take = partial(self.store.claim, now=now, worker=self.worker, lease=self.lease)
        if self._problem is None:
            return take(limit=free)
        beyond = take(limit=free, beyond_slack=True)
        return beyond if silent else [*beyond, *take(limit=1)]

    def _swept(self, now: datetime) -> list[BaseException]:
        """Begin a sweep when one is due and none is under way; what broke the last one."""
        broken: list[BaseException] = []
        if self._sweeping is not None and self._sweeping.done():
            error, self._sweeping = self._sweeping.exception(), None
            broken = [] if error is None or isinstance(error, Unavailable) else [error]
        if self._sweeping is None and (self._sweep_at is None or now >= self._sweep_at):
            self._sweep_at = now + _SWEEP
            self._sweeping = self.executor.submit(self._sweep)
        return broken

    def _collect(self, patience: timedelta | None) -> tuple[list[Ended], list[BaseException]]:
        seconds = None if patience is None else patience.total_seconds()
        done, self._running = wait(self._running, timeout=seconds)
        crashes = [error for future in done if (error := future.exception()) is not None]
        return [future.result() for future in done if future.exception() is None], crashes

    def _sum_up(self, ended: Sequence[Ended], crashes: Sequence[BaseException]) -> Round:
        now = self.clock.now()
        self._judge_token(ended, now)
        refused = [(one.delivery.notification.destination, one.code) for one in ended]
        given_up = [one.delivery for one in ended if one.outcome is Outcome.DEAD]
        undelivered = (*given_up, *self.store.overdue(now=now))
        self._rescue.overdue(undelivered, slack_works=self._problem is None, now=now)
        if self._problem is not None:
            turned_away = [one.delivery for one in ended if one.outcome is Outcome.TOKEN_REFUSED]
            self._rescue.refused(turned_away, code=self._problem, now=now)
        return Round(
            outcomes=Counter(one.outcome for one in ended),
            refusals=Counter((destination, code) for destination, code in refused if code is not None),
            in_flight=len(self._running),
            undelivered=undelivered,
            problem=self._problem,
            crashes=crashes,
        )

    def _judge_token(self, ended: Sequence[Ended], now: datetime) -> None:
        """A refused token silences us for a minute; then one delivery tries again, and its success ends it."""
        refused = [one.code for one in ended if one.outcome is Outcome.TOKEN_REFUSED]
        if refused:
            self._problem, self._silent_until = refused[0], now + _PROBE
        elif any(_slack_took(one) for one in ended):
            self._problem = self._silent_until = None


def _slack_took(ended: Ended) -> bool:
    taken = ended.outcome in {Outcome.SENT, Outcome.FOUND, Outcome.SHORTENED, Outcome.SENT_PERHAPS_TWICE}
    return taken and is_slack(ended.delivery.notification.destination)
