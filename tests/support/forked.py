"""The command line in a process of its own, forked from one that has imported it: importing takes longer than most commands.

Everything else is as in a process from the shell: arguments, environment, folder, standard output and error, exit code.
"""

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

_processes = get_context("forkserver")
_processes.set_forkserver_preload(["observatory.entrypoints.cli", __name__])


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def observatory(*arguments: object, cwd: Path, env: Mapping[str, str], within: float = 60) -> Done:
    """Run `observatory` with these arguments to its end."""
    words = list(map(str, arguments))
    with tempfile.TemporaryDirectory() as folder:
        said = [str(Path(folder) / name) for name in ("stdout", "stderr")]
        process = _processes.Process(target=_run, args=(words, str(cwd), dict(env), said))
        process.start()
        process.join(within)
        if process.exitcode is None:
            process.kill()
            process.join()
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
