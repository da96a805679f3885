"""The evaluator's lease: a row of the database, by the database's clock.

A replica that stood still past its lease (a stopped process, a long pause of its machine) believes that it evaluates
until it looks again. So each of its transactions checks the term that it was begun in, and locks it to its end: either
we commit before another replica takes over, or the other takes over and we write nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from observatory.adapters.sql.engine import reading, writing
from observatory.adapters.sql.schema import leases
from observatory.errors import Refused

_NAME = "evaluator"
_NOW = sa.func.clock_timestamp(type_=sa.DateTime(timezone=True))
"""The replicas' own clocks may differ."""
_IS_OVER = leases.c.expires_at <= _NOW


class SqlLease:
    """`Lease` in PostgreSQL.

    Raises:
        Unavailable: the database does not answer.
        Refused: it said no.
    """

    def __init__(self, engine: sa.Engine, *, holder: str, length: timedelta) -> None:
        """`holder` names this one life of this process; `length` is how long a term lasts unless it is renewed."""
        self._engine, self._holder, self._length = engine, holder, length
        self._term: ContextVar[int | None] = ContextVar("term", default=None)

    @property
    def length(self) -> timedelta:
        """How long a term lasts unless it is renewed."""
        return self._length

    def hold(self) -> int | None:
        """Take it or renew it; a look comes first, since asking in vain would lock the holder's row."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(leases.c.holder, _IS_OVER.label("over"))).one_or_none()
        if row is not None and row.holder != self._holder and not row.over:
            return None
        with writing(self._engine) as connection:
            return connection.scalar(self._taking())

    @contextmanager
    def term(self, number: int) -> Iterator[None]:
        """Bind what this thread writes to a term."""
        before = self._term.set(number)
        try:
            yield
        finally:
            self._term.reset(before)

    def release(self) -> None:
        """Let our term end now."""
        ours = sa.and_(leases.c.name == _NAME, leases.c.holder == self._holder)
        with writing(self._engine) as connection:
            connection.execute(leases.update().where(ours).values(expires_at=_NOW))

    def fence(self, connection: sa.Connection) -> None:
        """Part of every transaction that only the evaluator may write.

        Raises:
            Refused: the term is over; nothing must be written.
        """
        term = self._term.get()
        newest = connection.scalar(
            sa.select(leases.c.term).where(leases.c.name == _NAME).with_for_update(read=True)
        )
        if term is None or newest != term:
            raise Refused(
                f"another replica evaluates by now (term {newest}, ours was {term}); nothing was written",
                code="fenced",
            )

    def _taking(self) -> sa.sql.dml.ReturningInsert[int]:
        """The first term, a new one when the last is over, or ours for longer; no row when another was quicker."""
        until = _NOW + self._length
        taking = postgresql.insert(leases).values(name=_NAME, holder=self._holder, term=1, expires_at=until)
        is_ours = leases.c.holder == self._holder
        return taking.on_conflict_do_update(
            index_elements=["name"],
            set_={
                "holder": self._holder,
                "expires_at": until,
                "term": sa.case((is_ours, leases.c.term), else_=leases.c.term + 1),
            },
            where=sa.or_(is_ours, _IS_OVER),
        ).returning(leases.c.term)
