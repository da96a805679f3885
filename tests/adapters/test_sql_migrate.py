"""Migrations make exactly the tables that the code knows, from nothing and again."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from observatory.adapters.sql import create_engine, migrate
from observatory.adapters.sql.schema import metadata
from observatory.errors import Refused


def written_indexes(engine):
    """Indexes as the database writes them down: alembic does not compare their conditions."""
    sqlite = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    postgresql = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    query = sqlite if engine.dialect.name == "sqlite" else postgresql
    with engine.connect() as connection:
        found = dict(connection.execute(sa.text(query)).all())
    return {name: " ".join(text.split()) for name, text in found.items() if "alembic" not in name}


def test_the_migrated_schema_is_the_metadata(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrated_indexes_have_the_same_conditions(engine):
    migrated = written_indexes(engine)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    assert written_indexes(engine) == migrated
    assert "outbox_one_live_root" in migrated


def test_a_second_run_changes_nothing(engine):
    before = written_indexes(engine)
    migrate(engine)
    assert written_indexes(engine) == before


def test_processes_that_start_together_migrate_once(database_url):
    def start(_):
        engine = create_engine(database_url)
        migrate(engine)
        tables = sa.inspect(engine).get_table_names()
        engine.dispose()
        return tables

    with ThreadPoolExecutor(4) as threads:
        seen = list(threads.map(start, range(4)))
    assert all(set(metadata.tables) < set(tables) for tables in seen)


def test_a_database_of_a_newer_version_is_refused(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '999'")
    with pytest.raises(Refused, match=r"another version of Observatory.*999") as caught:
        migrate(engine)
    assert caught.value.code == "newer_schema"
