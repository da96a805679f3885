"""Programs that the demo world starts: on free loopback ports, watched until they answer, and never left behind."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2

from observatory.errors import Unavailable

_POLL = 0.05
_GRACE = timedelta(seconds=10)
_LINES_SHOWN = 15


@dataclass(frozen=True, slots=True)
class Child:
    """A program that runs in a process group of its own, and the file that holds what it says."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_words(self) -> str:
        """The end of its log, indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-_LINES_SHOWN:]
        return "\n".join(f"    {line}" for line in lines)


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    inherit: Sequence[int] = (),
) -> Iterator[Child]:
    """Start a program and end it with the block, with everything that it started itself.

    `env` is its whole environment (None: ours), `inherit` the file descriptors that it keeps.

    It leads a process group, so that Ctrl-C reaches only the demo, which then stops all in order. Should the demo
    itself be killed, the kernel tells the program (`setpriv --pdeathsig`; a Linux feature, elsewhere it is left out).
    """
    setpriv = shutil.which("setpriv")
    guarded = [setpriv, "--pdeathsig", "TERM", "--", *command] if setpriv else list(command)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the demo's own programs
            guarded,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            start_new_session=True,
            pass_fds=inherit,
        )
    try:
        yield Child(name, process, log)
    finally:
        _stop(process)


def wait_until_healthy(child: Child, url: str, *, within: timedelta) -> None:
    """Return as soon as `url` answers 2xx.

    Raises:
        Unavailable: the program ended, or did not answer in time; the end of its log is in the message.
    """
    deadline = time.monotonic() + within.total_seconds()
    while time.monotonic() < deadline:
        if child.process.poll() is not None:
            raise Unavailable(
                f"{child.name} ended with exit code {child.process.returncode} before it answered; "
                f"its last words ({child.log}):\n{child.last_words()}"
            )
        try:
            if httpx2.get(url, timeout=2).is_success:
                return
        except httpx2.TransportError:
            pass
        time.sleep(_POLL)
    raise Unavailable(
        f"{child.name} did not answer at {url} within {within.total_seconds():g} s; "
        f"its last words ({child.log}):\n{child.last_words()}"
    )


def port_for(preferred: int) -> int:
    """The preferred loopback port when it is free, so that addresses stay the same from day to day; else any free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unavailable("no free port on 127.0.0.1")


def _stop(process: subprocess.Popen[bytes]) -> None:
    _signal_group(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE.total_seconds())
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal the whole group; it may outlive its leader, and may be gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
