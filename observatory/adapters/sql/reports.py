"""Others' alerts in the database."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from observatory.adapters.sql.dialects import insert
from observatory.adapters.sql.engine import reading, writing
from observatory.adapters.sql.schema import reports
from observatory.alerting.reports import Report, merged

_AT_ONCE = 500
"""Fingerprints in one question: SQLite takes some thousand parameters."""


class SqlReports:
    """`ReportStore` in SQLite or PostgreSQL; every method is one transaction.

    Raises:
        Unavailable: the database does not answer, or not in time; hearing twice is hearing once.
        Refused: it said no.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def reports(self, *, since: datetime) -> Sequence[Report]:
        """By fingerprint."""
        table = reports.c
        recent = sa.or_(table.ended_at.is_(None), table.ended_at > since)
        with reading(self._engine) as connection:
            return connection.scalars(sa.select(table.body).where(recent).order_by(table.fingerprint)).all()

    def hear(self, told: Sequence[Report]) -> int:
        """Merge into what is known."""
        with writing(self._engine) as connection:
            before = _known(connection, {one.alert.fingerprint for one in told})
            known = dict(before)
            for report in told:
                known[report.alert.fingerprint] = merged(known.get(report.alert.fingerprint), report)
            news = [report for key, report in known.items() if report != before.get(key)]
            _write(connection, news)
            return len(news)

    def note(self, found: Sequence[Report]) -> None:
        """Write, unless it began anew."""
        with writing(self._engine) as connection:
            known = _known(connection, {one.alert.fingerprint for one in found})
            same = [
                one
                for one in found
                if (before := known.get(one.alert.fingerprint)) is not None
                and before.alert.starts_at == one.alert.starts_at
            ]
            _write(connection, same)

    def forget(self, *, before: datetime) -> None:
        """Forget what ended before."""
        with writing(self._engine) as connection:
            connection.execute(reports.delete().where(reports.c.ended_at < before))


def _known(connection: sa.Connection, fingerprints: Iterable[str]) -> dict[str, Report]:
    """Locked until the transaction ends, in one order of locks for everyone."""
    wanted = sorted(fingerprints)
    found: dict[str, Report] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = reports.c.fingerprint.in_(wanted[start : start + _AT_ONCE])
        query = sa.select(reports.c.body).where(some).order_by(reports.c.fingerprint).with_for_update()
        found |= {one.alert.fingerprint: one for one in connection.scalars(query)}
    return found


def _write(connection: sa.Connection, changed: Iterable[Report]) -> None:
    rows = [
        {"fingerprint": one.alert.fingerprint, "ended_at": one.ended_at, "body": one}
        for one in sorted(changed, key=lambda one: one.alert.fingerprint)
    ]
    if rows:
        statement = insert(connection, reports)
        replacing = {name: statement.excluded[name] for name in ("ended_at", "body")}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["fingerprint"], set_=replacing), rows
        )
