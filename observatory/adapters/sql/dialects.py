"""The few statements that SQLite and PostgreSQL spell differently."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

LOCKS = {"migrations": 0x0B5E_0001, "history": 0x0B5E_0002}
"""Keys of PostgreSQL's advisory locks; any numbers that nobody else in the same database uses."""


def insert(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, which both databases have and SQL has not."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def one_at_a_time(connection: sa.Connection, work: str) -> None:
    """Wait until no other transaction does this work, and keep it from starting until ours ends.

    On SQLite a writing transaction is alone already (BEGIN IMMEDIATE).
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCKS[work])))
