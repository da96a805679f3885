"""Stores of every kind for the contract suites: in memory, SQLite, and a real PostgreSQL."""

import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.postgres import cluster

from observatory.adapters.sql import create_engine, migrate


@pytest.fixture(scope="session")
def postgres():
    # Not below tmp_path, which only its owner may enter: the server runs as another user.
    with tempfile.TemporaryDirectory(prefix="observatory-pg-") as folder:
        Path(folder).chmod(0o755)
        with cluster(Path(folder) / "cluster") as running:
            yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """An empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state/observatory.db"
    return request.getfixturevalue("postgres").new_database()


@pytest.fixture
def engine(database_url):
    engine = create_engine(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store_engine(request, tmp_path):
    """An engine on a migrated database; None for the store in memory."""
    if request.param == "memory":
        yield None
        return
    sqlite = f"sqlite:///{tmp_path}/observatory.db"
    engine = create_engine(
        sqlite if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    )
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres) -> sa.Engine:
    engine = create_engine(postgres.new_database())
    migrate(engine)
    yield engine
    engine.dispose()
