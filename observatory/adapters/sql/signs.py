"""Signs of life in the database, where every replica hears them."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from observatory.adapters.sql.dialects import insert
from observatory.adapters.sql.engine import reading, writing
from observatory.adapters.sql.schema import signs_of_life


class SqlSigns:
    """`Signs` in SQLite or PostgreSQL.

    Raises:
        Unavailable: the database does not answer.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def hear(self, source: str, *, at: datetime) -> None:
        """Note one, unless a later one is known."""
        with writing(self._engine) as connection:
            statement = insert(connection, signs_of_life).values(source=source, heard_at=at)
            newer = statement.on_conflict_do_update(
                index_elements=["source"],
                set_={"heard_at": statement.excluded.heard_at},
                where=signs_of_life.c.heard_at < statement.excluded.heard_at,
            )
            connection.execute(newer)

    def heard(self) -> Mapping[str, datetime]:
        """When each source was heard last."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(signs_of_life).order_by(signs_of_life.c.source))
            return {row.source: row.heard_at for row in rows}

    def forget(self, source: str) -> bool:
        """Expect nothing of it any more."""
        with writing(self._engine) as connection:
            gone = connection.execute(signs_of_life.delete().where(signs_of_life.c.source == source))
            return bool(gone.rowcount)
