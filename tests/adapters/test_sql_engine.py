"""Databases that are wrong, dead, locked or asleep, in clear words and without the password."""

import os
import signal
import sqlite3
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from support.outbox import LEASE, T0, incident, root
from support.postgres import PASSWORD

from observatory.adapters.sql import SqlAlerts, SqlHistory, create_engine, migrate
from observatory.adapters.sql.engine import reading, writing
from observatory.errors import DefinitionError, Refused, Unavailable


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("observatory.db", "no database URL: write sqlite:///", id="a-path"),
        pytest.param("hunter2 is my password", "no database URL", id="no-url"),
        pytest.param(
            "mysql://me:hunter2@host/db", "names a mysql database; supported are", id="another-kind"
        ),
        pytest.param("sqlite://", "must name a file", id="in-memory"),
        pytest.param("sqlite:///:memory:", "must name a file", id="in-memory-by-name"),
        pytest.param("sqlite:///a.db?mode=ro", "must name a file and nothing else", id="with-options"),
    ],
)
def test_a_wrong_url_is_explained(url, words):
    with pytest.raises(DefinitionError, match=r"^database_url ") as caught:
        create_engine(url)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_uses_psycopg(scheme):
    assert create_engine(f"{scheme}://me:pw@host/db").driver == "psycopg"


def test_parent_folders_of_the_file_are_made(tmp_path):
    migrate(create_engine(f"sqlite:///{tmp_path}/a/b/c.db"))
    assert (tmp_path / "a/b/c.db").is_file()


def test_sqlite_keeps_what_was_committed_over_a_power_cut(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/a.db")
    with reading(engine) as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000}


def test_a_file_that_is_no_database_is_refused(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("dear diary, " * 100)
    with pytest.raises(Refused, match=r"notes\.txt: this file is no SQLite database") as caught:
        migrate(create_engine(f"sqlite:///{file}"))
    assert caught.value.code == "SQLITE_NOTADB"
    assert file.read_text() == "dear diary, " * 100


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "var").write_text("")
    with pytest.raises(Refused, match=r"its folder can't be made \(File exists: .*var\)"):
        create_engine(f"sqlite:///{tmp_path}/var/observatory.db")


def test_a_path_that_is_a_folder_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"can't be opened; it must be a file in a folder"):
        migrate(create_engine(f"sqlite:///{tmp_path}"))


def test_a_database_without_tables_is_refused_with_its_words(tmp_path):
    with pytest.raises(Refused, match=r"no such table"):
        SqlHistory(create_engine(f"sqlite:///{tmp_path}/a.db")).ends(seconds=60)


def test_a_locked_sqlite_file_is_unavailable_and_may_still_be_read(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/a.db", timeout=timedelta(milliseconds=50))
    migrate(engine)
    store = SqlAlerts(engine)
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match=r"a\.db: is locked by another process"):
        store.record([incident()], [])
    assert store.incidents() == []
    other.execute("ROLLBACK")
    other.close()
    store.record([incident()], [])
    assert store.incidents() == [incident()]


def test_a_damaged_row_is_named(engine):
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "INSERT INTO history_blocks (number, seconds, block, first_end, last_end, payload)"
            " VALUES (7, 60, 0, 60, 60, 'rubbish')"
        )
    with pytest.raises(Refused, match=r"row 7 of history_blocks: not packed buckets"):
        SqlHistory(engine).load(seconds=60, after=0, until=3600)


@pytest.mark.parametrize(
    ("database", "password", "code"),
    [
        pytest.param("postgres", "hunter2", "28P01", id="wrong-password"),
        pytest.param("nowhere", PASSWORD, "3D000", id="no-such-database"),
    ],
)
def test_a_refused_login_says_why_without_the_password(postgres, database, password, code):
    with pytest.raises(Refused, match=rf"^database {database} at 127\.0\.0\.1:{postgres.port}: ") as caught:
        migrate(create_engine(postgres.url(database, password=password)))
    assert caught.value.code == code
    assert password not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_is_not_there_is_unavailable():
    engine = create_engine("postgresql://me:hunter2@127.0.0.1:1/db")
    with pytest.raises(Unavailable, match=r"^database db at 127\.0\.0\.1:1: .*refused") as caught:
        SqlAlerts(engine).claim(now=T0, worker="w", lease=LEASE, limit=1)
    assert "hunter2" not in str(caught.value)


def test_a_slow_statement_is_unavailable(postgres):
    engine = create_engine(postgres.new_database(), timeout=timedelta(milliseconds=100))
    with pytest.raises(Unavailable, match=r"statement timeout"), reading(engine) as connection:
        connection.execute(sa.text("SELECT pg_sleep(30)"))
    with reading(engine) as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1
    engine.dispose()


def test_a_lock_that_is_held_too_long_is_unavailable(postgres):
    url = postgres.new_database()
    engine = create_engine(url, timeout=timedelta(milliseconds=100))
    migrate(engine)
    store = SqlAlerts(engine)
    store.record([], [root()])
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE outbox")
        with pytest.raises(Unavailable):
            store.claim(now=T0, worker="w", lease=LEASE, limit=1)
        other.rollback()
    assert len(store.claim(now=T0, worker="w", lease=LEASE, limit=1)) == 1
    engine.dispose()


@pytest.fixture
def impatient(postgres):
    engine = create_engine(postgres.new_database(), timeout=timedelta(milliseconds=300))
    migrate(engine)
    yield engine
    engine.dispose()


@contextmanager
def asleep(*processes):
    """Stop processes, as a machine that is frozen or cut off would."""
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def pid_of(connection):
    return connection.scalar(sa.text("SELECT pg_backend_pid()"))


def test_a_server_that_falls_asleep_in_a_transaction_is_unavailable_and_then_used_again(impatient):
    with (
        pytest.raises(Unavailable, match=r"no answer within 1\.3 s"),
        reading(impatient) as connection,
        asleep(pid_of(connection)),
    ):
        connection.execute(sa.text("SELECT 1"))
    assert SqlAlerts(impatient).incidents() == []


def test_a_pooled_connection_that_fell_asleep_is_replaced(impatient):
    with reading(impatient) as connection:
        backend = pid_of(connection)
    with asleep(backend), reading(impatient) as connection:
        assert pid_of(connection) != backend


def test_a_server_that_sleeps_altogether_is_unavailable(impatient, postgres):
    with reading(impatient) as connection:
        backend = pid_of(connection)
    with asleep(postgres.pid, backend), pytest.raises(Unavailable, match=r"^database test_"):
        SqlAlerts(impatient).incidents()
    assert SqlAlerts(impatient).incidents() == []


def test_a_connection_that_the_server_closed_is_replaced(impatient, postgres):
    with reading(impatient) as connection:
        backend = pid_of(connection)
    with psycopg.connect(postgres.url("postgres")) as other:
        assert other.execute("SELECT pg_terminate_backend(%s, 20000)", [backend]).fetchone() == (True,)
    assert SqlAlerts(impatient).incidents() == []
