"""A process that delivers one case of the crash matrix, and kills itself at a named point of the protocol."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from threading import Timer

from support.catalogs import a_catalog, a_service, a_squad

from observatory.adapters.slack import SlackMessenger
from observatory.adapters.sql import SqlAlerts, create_engine
from observatory.application.deliver import Deliver
from observatory.application.delivery import Delivery
from observatory.catalog import Catalog, Slack
from observatory.errors import Unavailable

SPEED = 30
"""Waits of the product (leases, pauses) pass this much faster; the network's are real."""
LEASE = timedelta(seconds=75)
HTTP = timedelta(seconds=2)
PATIENCE = 60.0
_BRIEF = timedelta(seconds=0.2)
_UNSETTLED = "SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending', 'ambiguous')"


class Point(StrEnum):
    """Where the process is killed; named after what the outbox holds then."""

    PENDING = "pending"
    SENDING_BEFORE = "sending, before the request"
    SENDING_DURING = "sending, request under way"
    SENDING_AFTER = "sending, answer not written"
    SETTLED = "answer written"
    CLAIMED_AGAIN = "second attempt begun"
    TAKEN_UP = "ambiguous, taken up"
    LOOKED_FOR = "ambiguous, history asked"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case happens: its own outbox and its own three channels."""

    database: Path
    slack: str
    began: datetime
    own: str
    fallback: str
    catch_all: str

    @property
    def catalog(self) -> Catalog:
        """The squad's definition."""
        squad = a_squad(slack=Slack(channel=self.own, fallback=self.fallback))
        return a_catalog(a_service(), squads=[squad])

    @property
    def killed(self) -> Path:
        """A file that is there once the point was reached."""
        return self.database.with_suffix(".killed")

    @property
    def finished(self) -> Path:
        """A file that is there once nothing was left to deliver."""
        return self.database.with_suffix(".finished")

    def store(self, *, patience: timedelta = timedelta(seconds=10)) -> SqlAlerts:
        """The outbox; `patience` is how long it waits for a lock."""
        return SqlAlerts(create_engine(f"sqlite:///{self.database}", timeout=patience))


class Fast:
    """A clock that runs SPEED times too fast from a moment that every process of a case shares."""

    def __init__(self, began: datetime) -> None:
        self._began = began

    def now(self) -> datetime:
        """Now, in the case's time."""
        real = datetime.now(UTC)  # noqa: TID251 - the real clock drives this one
        return self._began + (real - self._began) * SPEED


class Fatal:
    """Passes every call on to what it stands before, and kills the process at the point."""

    def __init__(self, inner: object, hooks: dict[str, Callable[..., object]]) -> None:
        self._inner, self._hooks = inner, hooks

    def __getattr__(self, name: str) -> object:
        method = getattr(self._inner, name)
        hook = self._hooks.get(name)
        return method if hook is None else lambda *args, **options: hook(method, *args, **options)


def deliver_until_killed(place: Place, point: Point, deliveries: Sequence[Delivery], *, locks: bool) -> None:
    """Record and deliver; ends by SIGKILL, or, where the point is never reached, by exit."""
    store = place.store(patience=_BRIEF) if locks else place.store()
    store.record([], deliveries)
    if point is Point.PENDING:
        _die(place)
    fatal = _Plan(place, point, locks=locks)
    _deliver(place, Fatal(store, fatal.store_hooks()), fatal.messenger_hooks(), "killed")


def deliver_to_the_end(place: Place) -> None:
    """What the next process does: deliver until nothing is left, and say so by a file (`Place.finished`)."""
    _deliver(place, place.store(), {}, "heir", done=place.finished)


def _deliver(
    place: Place,
    store: object,
    hooks: dict[str, Callable[..., object]],
    worker: str,
    *,
    done: Path | None = None,
) -> None:
    messenger = SlackMessenger("xoxb-test", base_url=place.slack, timeout=HTTP)
    deliver = Deliver(
        store,  # type: ignore[arg-type]  # it passes everything on
        Fatal(messenger, hooks),  # type: ignore[arg-type]  # as above
        Fast(place.began),
        lambda: place.catalog,
        ThreadPoolExecutor(2),
        worker,
        place.catch_all,
        lease=LEASE,
        patience=timedelta(milliseconds=50),
    )
    plain, ends = sqlite3.connect(place.database), time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        with suppress(Unavailable):
            deliver()
            if not plain.execute(_UNSETTLED).fetchone()[0]:
                break
        time.sleep(0.02)
    else:
        done = None
    if done is not None:
        done.touch()
    os._exit(0)  # nothing waits for the threads: there is nothing under way any more


class _Plan:
    """Which calls are fatal, and which meet a locked database first."""

    def __init__(self, place: Place, point: Point, *, locks: bool) -> None:
        self._place, self._point = place, point
        self._to_lock = {"claim", "settle"} if locks else set()
        self._claims = 0

    def store_hooks(self) -> dict[str, Callable[..., object]]:
        return {"claim": self._claim, "unsettled": self._unsettled, "settle": self._settle}

    def messenger_hooks(self) -> dict[str, Callable[..., object]]:
        return {"post": self._send, "update": self._send, "find": self._find}

    def _claim(self, claim: Callable[..., Sequence[Delivery]], **options: object) -> Sequence[Delivery]:
        with self._locked("claim"):
            taken = claim(**options)
        self._claims += bool(taken)
        if taken and (self._point, self._claims) in {(Point.SENDING_BEFORE, 1), (Point.CLAIMED_AGAIN, 2)}:
            _die(self._place)
        return taken

    def _unsettled(
        self, unsettled: Callable[..., Sequence[Delivery]], **options: object
    ) -> Sequence[Delivery]:
        taken = unsettled(**options)
        if taken and self._point is Point.TAKEN_UP:
            _die(self._place)
        return taken

    def _settle(self, settle: Callable[..., bool], *args: object, **options: object) -> bool:
        try:
            with self._locked("settle"):
                return settle(*args, **options)
        finally:
            if self._point is Point.SETTLED:
                _die(self._place)

    def _send(self, send: Callable[..., object], *args: object, **options: object) -> object:
        if self._point is Point.SENDING_DURING:
            Timer(0.2, _die, [self._place]).start()
        try:
            return send(*args, **options)
        finally:
            if self._point is Point.SENDING_AFTER:
                _die(self._place)

    def _find(self, find: Callable[..., object], *args: object, **options: object) -> object:
        try:
            return find(*args, **options)
        finally:
            if self._point is Point.LOOKED_FOR:
                _die(self._place)

    @contextmanager
    def _locked(self, operation: str):
        """The first time, somebody else holds the database's write lock."""
        if operation not in self._to_lock:
            yield
            return
        self._to_lock.remove(operation)
        other = sqlite3.connect(self._place.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()


def _die(place: Place) -> None:
    place.killed.touch()
    os.kill(os.getpid(), signal.SIGKILL)
