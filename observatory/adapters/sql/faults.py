"""What SQLite and PostgreSQL say when they fail, in the words of our error tree."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from observatory.errors import ObservatoryError, Refused, Unavailable

SQLITE_PASSES = {"BUSY", "LOCKED", "FULL", "IOERR", "NOMEM", "PROTOCOL", "INTERRUPT"}
"""Result codes after which the same statement may succeed: https://www.sqlite.org/rescode.html."""

SQLITE_ADVICE = {
    "NOTADB": "this file is no SQLite database; name another one, or move it away",
    "CANTOPEN": "can't be opened; it must be a file in a folder that this user may write to",
    "READONLY": "may be read but not written; give this user the right to write the file and its folder",
    "CORRUPT": "is damaged; move it away and restore a copy",
    "BUSY": "is locked by another process; only one Observatory may use a SQLite file",
    "FULL": "the disk is full",
}

POSTGRESQL_PASSES = {"08", "25", "40", "53", "55", "57", "58"}
"""SQLSTATE classes after which the same statement may succeed: connection lost, read-only standby, serialization,
out of resources, locked, shut down or out of time, the system's I/O.
https://www.postgresql.org/docs/current/errcodes-appendix.html."""

POSTGRESQL_REFUSALS = {
    r"password authentication failed|no password supplied": "28P01",
    r"no pg_hba\.conf entry|role .* does not exist|not permitted to log in": "28000",
    r"database .* does not exist": "3D000",
}
"""A refused connection has no SQLSTATE in libpq, only its English words."""


@contextmanager
def translated(engine: sa.Engine) -> Iterator[None]:
    """Raise Unavailable or Refused instead of what SQLAlchemy and the drivers raise.

    The cause is cut off (`from None`): a driver's words may repeat the connection string.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _fault(engine.url, error) from None
    except sa.exc.TimeoutError:
        raise Unavailable(f"{_place(engine.url)}: no connection became free in time") from None


def _fault(url: sa.URL, error: sa.exc.DBAPIError) -> ObservatoryError:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _sqlite_fault(url, cause)
    if isinstance(cause, psycopg.Error):
        return _postgresql_fault(url, cause)
    return Refused(f"{_place(url)}: {_without_password(url, str(cause))}", code=type(cause).__name__)


def _sqlite_fault(url: sa.URL, cause: sqlite3.Error) -> ObservatoryError:
    name: str = getattr(cause, "sqlite_errorname", "SQLITE_UNKNOWN")
    code = name.split("_")[1]
    message = f"{_place(url)}: {SQLITE_ADVICE.get(code, str(cause))}"
    return Unavailable(message) if code in SQLITE_PASSES else Refused(message, code=name)


def _postgresql_fault(url: sa.URL, cause: psycopg.Error) -> ObservatoryError:
    words = _without_password(url, " ".join(str(cause).split()))
    message = f"{_place(url)}: {words}"
    code = cause.sqlstate or _code_of_refusal(words)
    if code is None and not isinstance(cause, psycopg.OperationalError):
        return Refused(message, code=type(cause).__name__)
    if code is None or code[:2] in POSTGRESQL_PASSES:
        return Unavailable(message)
    return Refused(message, code=code)


def _code_of_refusal(words: str) -> str | None:
    return next((code for pattern, code in POSTGRESQL_REFUSALS.items() if re.search(pattern, words)), None)


def _place(url: sa.URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"database {url.database} at {url.host or 'the local socket'}" + (
        f":{url.port}" if url.port else ""
    )


def _without_password(url: sa.URL, words: str) -> str:
    return words.replace(str(url.password), "***") if url.password else words
