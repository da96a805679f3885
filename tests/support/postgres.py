"""A throw-away PostgreSQL cluster on a Unix socket and a free loopback port, and fresh databases in it."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
PASSWORD = "s3cret-of-the-test"  # noqa: S105 - of a cluster that lives for one test run
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server; `pid` is its postmaster's."""

    folder: Path
    port: int
    pid: int

    def url(self, database: str, *, password: str = PASSWORD) -> str:
        """The database's address as settings have it."""
        return f"postgresql://observatory:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The address of a database that nobody has used."""
        name = f"test_{next(_NUMBERS)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]  # the name is ours
        return self.url(name)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Run a server below `folder` until the block ends."""
    data, port = folder / "data", _free_port()
    folder.mkdir(parents=True)
    _give_to_server_user(folder)
    password_file = folder / "password"
    password_file.write_text(PASSWORD)
    _run(
        "initdb",
        "-D",
        data,
        "-U",
        "observatory",
        "--auth=scram-sha-256",
        f"--pwfile={password_file}",
        "-N",
        "-E",
        "UTF8",
        "--locale=C",
    )
    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={folder} -c fsync=off -c max_connections=60"
    _run("pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log", "-o", options, "start")
    try:
        yield Cluster(folder, port, int((data / "postmaster.pid").read_text().splitlines()[0]))
    finally:
        _run("pg_ctl", "-D", data, "-w", "-t", "60", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: object) -> None:
    """Run as a user that is not root: postgres refuses to be root."""
    user = _server_user()
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    done = subprocess.run(
        [PROGRAMS / program, *map(str, arguments)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        timeout=90,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        **identity,
    )
    assert done.returncode == 0, f"{program}: {done.stdout.decode()}"


def _server_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("postgres")


def _give_to_server_user(folder: Path) -> None:
    user = _server_user()
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
