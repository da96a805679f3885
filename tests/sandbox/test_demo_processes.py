import os
import signal
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from observatory.errors import Unavailable
from observatory.sandbox.demo.processes import port_for, running, wait_until_healthy

PYTHON = sys.executable
SOON = timedelta(seconds=20)


def says_and_waits(*statements):
    """A Python program that does something and then waits to be ended."""
    return [
        PYTHON,
        "-u",
        "-c",
        "; ".join(["import os, signal, subprocess, sys", *statements, "signal.pause()"]),
    ]


def wait_for_end_of(pipe):
    """Return once nobody holds the other end of a pipe any more: the kernel tells when the last process is gone."""
    with os.fdopen(pipe, "rb") as file:
        return file.read()


def test_a_program_and_what_it_started_end_with_the_block(tmp_path):
    reading, writing = os.pipe()
    child = f"subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'], pass_fds=[{writing}])"
    command = says_and_waits(child, "print('started')")

    # Only the descendants hold the writing end: the file ends when the last of them has.
    with running("Parent", command, log=tmp_path / "log", inherit=[writing]) as parent:
        os.close(writing)
        while "started" not in parent.log.read_text():
            assert parent.process.poll() is None
    assert wait_for_end_of(reading) == b""


def test_nothing_is_left_behind_even_when_the_demo_is_killed(tmp_path):
    reading, writing = os.pipe()
    demo = (
        "import sys, time; from pathlib import Path; from observatory.sandbox.demo.processes import running; "
        f"block = running('Sleeper', ['sleep', '1000'], log=Path({str(tmp_path / 'log')!r}), inherit=[{writing}]); "
        "block.__enter__(); print('started', flush=True); time.sleep(1000)"
    )
    process = subprocess.Popen([PYTHON, "-c", demo], stdout=subprocess.PIPE, pass_fds=[writing])
    os.close(writing)
    assert process.stdout.readline() == b"started\n"

    process.send_signal(signal.SIGKILL)
    process.communicate()

    assert wait_for_end_of(reading) == b""


def test_a_program_that_ends_early_is_named_with_its_last_words(tmp_path):
    command = [PYTHON, "-c", "import sys; sys.exit('the port is taken')"]

    with (
        running("Server", command, log=tmp_path / "server.log") as child,
        pytest.raises(
            Unavailable, match=r"(?s)Server ended with exit code 1 .*server\.log.*the port is taken"
        ),
    ):
        wait_until_healthy(child, "http://127.0.0.1:1/", within=SOON)


def test_a_program_that_never_answers_is_not_waited_for_forever(tmp_path):
    with (
        running("Mute", ["sleep", "1000"], log=tmp_path / "log") as child,
        pytest.raises(Unavailable, match=r"Mute did not answer at http://127\.0\.0\.1:1/ within 0\.2 s"),
    ):
        wait_until_healthy(child, "http://127.0.0.1:1/", within=timedelta(seconds=0.2))


def test_a_program_gets_the_environment_it_is_given_and_no_more(tmp_path):
    log = tmp_path / "log"
    with running(
        "Env", [PYTHON, "-c", "import os; print(sorted(os.environ))"], log=log, env={"ONLY": "1"}
    ) as child:
        child.process.wait(20)

    assert set(eval(log.read_text())) <= {"ONLY", "LC_CTYPE"}  # noqa: S307 - LC_CTYPE is Python's own


def test_the_preferred_port_is_taken_when_it_is_free_and_another_when_not():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = taken.getsockname()[1]
        other = port_for(busy)
        assert other not in {busy, 0}

    assert port_for(other) == other
