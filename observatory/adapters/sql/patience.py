"""PostgreSQL connections that give up: a server that is stopped or cut off never says that a statement is late."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.abc import RV, PQGen
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.pool import ConnectionPoolEntry


def connect_patiently(engine: sa.Engine, *, timeout: timedelta) -> None:
    """Make every connection of this engine close itself when an answer takes longer than `timeout`.

    The server's own statement_timeout ends what a living server is slow at, and goes first; this one is for the
    server that does not run any more while its machine still acknowledges what we send.
    """
    limit = timeout.total_seconds() + 1

    class Patient(psycopg.Connection[Any]):
        def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
            try:
                return super().wait(gen, interval, limit if timeout is None else timeout)
            except psycopg.errors._WaitTimeout:  # noqa: SLF001 - psycopg raises it from a public method
                self.pgconn.finish()  # nobody knows what it is doing: it must not go back to the pool
                raise psycopg.OperationalError(f"no answer within {limit:g} s") from None

    @sa.event.listens_for(engine, "do_connect")
    def connect(
        _dialect: Dialect, _entry: ConnectionPoolEntry, arguments: Sequence[Any], options: dict[str, Any]
    ) -> psycopg.Connection[Any]:
        return Patient.connect(*arguments, **options)
