"""Bringing the database to the schema that this version of the code needs."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from observatory.adapters.sql.dialects import one_at_a_time
from observatory.adapters.sql.engine import writing
from observatory.errors import Refused


def migrate(engine: sa.Engine) -> None:
    """Make or upgrade the tables, in one transaction; does nothing when they are as they should be.

    Several processes may start at once: one migrates, the others wait and find it done.

    Raises:
        Refused: the path can't be written, is no database, or a newer version of Observatory has migrated it.
        Unavailable: the database does not answer.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with writing(engine) as connection:
        one_at_a_time(connection, "migrations")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise Refused(
                f"the database was migrated by another version of Observatory ({error}); run that version or a newer one",
                code="newer_schema",
            ) from error
