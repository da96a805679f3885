"""Connections: one engine for SQLite and PostgreSQL that fails in our words and never waits for ever."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from observatory.adapters.sql.faults import translated
from observatory.adapters.sql.patience import connect_patiently
from observatory.errors import DefinitionError, NotFound, Refused, Unavailable

WRITES = "observatory_writes"
Fence = Callable[[sa.Connection], None]
"""Raises Refused within a transaction that must not be committed."""
_TURNS: WeakKeyDictionary[sa.Engine, tuple[Lock, float]] = WeakKeyDictionary()
DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def create_engine(
    url: str, *, timeout: timedelta = timedelta(seconds=15), existing: bool = False
) -> sa.Engine:
    """An engine for `sqlite:///file` (its folder is made when missing) or `postgresql://user:password@host/database`.

    Nothing is connected yet. `timeout` limits every single wait: for a connection, a lock, an answer. `existing`: nothing
    is made.

    Raises:
        DefinitionError: the URL is no URL, names another kind of database, or no file.
        NotFound: it was to be an existing file, and there is none.
        Refused: the folder of the SQLite file can't be made.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, timeout, existing=existing)
    return _postgresql(parsed, timeout)


def unfenced(_connection: sa.Connection) -> None:
    """Anybody may write."""


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that sees one state of the database."""
    with translated(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that is committed whole or not at all; on SQLite it holds the write lock from its start."""
    with translated(engine), _in_turn(engine), engine.connect() as connection:
        connection.execution_options(**{WRITES: True})
        with connection.begin():
            yield connection


@contextmanager
def _in_turn(engine: sa.Engine) -> Iterator[None]:
    """Our own threads write to a SQLite file one after another.

    SQLite lets one write and the others sleep and ask again, up to a tenth of a second at a time: of many writers most
    would sleep while nobody writes. Other processes still meet at the file's lock, and wait for it as ever.
    """
    turn = _TURNS.get(engine)
    if turn is None:
        yield
        return
    lock, patience = turn
    if not lock.acquire(timeout=patience):
        raise Unavailable(f"{engine.url.database}: other writers held it for {patience:g} s")
    try:
        yield
    finally:
        lock.release()


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        # Its text is not shown: whatever stands there may hold a password.
        raise DefinitionError(
            "database_url is no database URL: write sqlite:///path/to/file.db or"
            " postgresql://user:password@host:5432/database"
        ) from None
    backend = parsed.drivername.partition("+")[0]
    if backend not in DRIVERS:
        raise DefinitionError(
            f"database_url names a {backend} database; supported are sqlite:///… and postgresql://…"
        )
    return parsed.set(drivername=DRIVERS[backend])


def _sqlite(url: sa.URL, timeout: timedelta, *, existing: bool) -> sa.Engine:
    if url.database in (None, "", ":memory:") or url.query:
        raise DefinitionError(
            "database_url must name a file and nothing else, such as sqlite:///var/observatory.db"
        )
    file = Path(str(url.database))
    if existing and not file.is_file():
        raise NotFound(f"{file}: there is no such database; OBSERVATORY_DATABASE_URL names the service's")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            f"{file}: its folder can't be made ({error.strerror}: {error.filename}); name a folder"
            " that this user may write to",
            code="cantopen",
        ) from error
    engine = sa.create_engine(url, connect_args={"timeout": timeout.total_seconds()})
    _TURNS[engine] = Lock(), timeout.total_seconds()
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Readers and the one writer don't wait for each other (WAL), and what is committed stays committed.

    synchronous=FULL, not the NORMAL that is usual with WAL: under NORMAL a commit survives kill -9 but not a power
    cut, which may undo the last few. The outbox commits SENDING before it posts; were that undone, the same message
    would go out twice after the reboot, and an acknowledgement or a recorded alert would be gone. It costs one fsync a
    commit, and we commit once a tick and twice a message.
    """
    assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - the dialect is ours; tells mypy
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own would be DEFERRED, and late
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    """A writer that began as a reader can't wait for the lock (SQLITE_BUSY_SNAPSHOT): it takes it first."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: sa.URL, timeout: timedelta) -> sa.Engine:
    milliseconds = int(timeout.total_seconds() * 1000)
    engine = sa.create_engine(
        url,
        pool_pre_ping=True,  # a restarted server is met by a new connection, not by a failed tick
        pool_timeout=timeout.total_seconds(),
        hide_parameters=True,
        connect_args={
            "application_name": "observatory",
            "connect_timeout": max(1, int(timeout.total_seconds())),
            # A process that stands still within a transaction must not keep its locks from the others.
            "options": f"-c statement_timeout={milliseconds} -c timezone=UTC"
            f" -c idle_in_transaction_session_timeout={milliseconds}",
        },
    )
    connect_patiently(engine, timeout=timeout)
    return engine
