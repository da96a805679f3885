"""Processes of their own, forked from one that has imported the product: importing takes longer than most of them live."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

processes = get_context("forkserver")
"""The only one: what it has imported is one list for all, of which the last that is set holds."""
processes.set_forkserver_preload(
    ["observatory.entrypoints.cli", "support.delivering", "support.crashing", __name__]
)


@contextmanager
def running(target: Callable[..., object], *arguments: object) -> Iterator[BaseProcess]:
    """Call a function of an importable module in a process, which is killed at the end."""
    process = processes.Process(target=target, args=arguments)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def observatory(*arguments: object, cwd: Path, env: Mapping[str, str], within: float = 60) -> Done:
    """Run `observatory` with these arguments to its end.

    As from a shell: with its own arguments, environment, folder, standard output and error, and exit code.
    """
    words = list(map(str, arguments))
    with tempfile.TemporaryDirectory() as folder:
        said = [str(Path(folder) / name) for name in ("stdout", "stderr")]
        with running(_run, words, str(cwd), dict(env), said) as process:
            process.join(within)
            if process.exitcode is None:
                raise TimeoutError(f"observatory {' '.join(words)} did not end within {within} s")
        return Done(process.exitcode, *(Path(file).read_text() for file in said))


def _run(words: list[str], cwd: str, env: Mapping[str, str], said: list[str]) -> None:
    os.chdir(cwd)
    os.environ.clear()  # noqa: TID251 - this process's is what the test gives it
    os.environ.update(env)  # noqa: TID251 - as above
    time.tzset()
    for number, file in enumerate(said, start=1):
        os.dup2(os.open(file, os.O_CREAT | os.O_WRONLY), number)
    sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115 - they stay
    sys.argv = ["observatory", *words]
    from observatory.entrypoints.cli import main  # noqa: PLC0415 - where the fork has it

    main()
