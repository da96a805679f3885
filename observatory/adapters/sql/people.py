"""What people do, in the database: silences and the audit log. The functions that write are part of a transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from observatory.adapters.sql.dialects import insert
from observatory.adapters.sql.schema import audit, silences
from observatory.alerting import Silence
from observatory.application.audit import AuditEntry


def write_silences(connection: sa.Connection, changed: Sequence[Silence]) -> None:
    """Insert or replace."""
    rows = [
        {"id": silence.id, "ends_at": silence.ends_at, "body": silence}
        for silence in sorted(changed, key=lambda silence: silence.id)  # one order of locks for everyone
    ]
    if rows:
        statement = insert(connection, silences)
        replacing = {name: statement.excluded[name] for name in ("ends_at", "body")}
        connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=replacing), rows)


def write_audit(
    connection: sa.Connection, entries: Sequence[AuditEntry], *, without: Collection[str]
) -> None:
    """Append, without those of certain subjects."""
    rows = [
        {"at": entry.at, "subject": entry.subject, "body": entry}
        for entry in entries
        if entry.subject not in without
    ]
    if rows:
        connection.execute(audit.insert(), rows)


def prune(connection: sa.Connection, *, before: datetime) -> None:
    """Forget what is long over."""
    connection.execute(silences.delete().where(silences.c.ends_at < before))
    connection.execute(audit.delete().where(audit.c.at < before))


def silences_query(ending_after: datetime | None) -> sa.Select[Silence]:
    """Those that end after a moment, or all; first the one that ends first."""
    query = sa.select(silences.c.body).order_by(silences.c.ends_at, silences.c.id)
    return query if ending_after is None else query.where(silences.c.ends_at > ending_after)


def audit_query(subject: str | None, limit: int) -> sa.Select[AuditEntry]:
    """Newest first."""
    query = sa.select(audit.c.body).order_by(audit.c.number.desc()).limit(limit)
    return query if subject is None else query.where(audit.c.subject == subject)
