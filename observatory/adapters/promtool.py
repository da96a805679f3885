"""promtool, where it is installed: whether Prometheus itself would load the rule files."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from observatory.errors import Unavailable
from observatory.outputs.findings import Finding, Level

_PATIENCE = 120
_AT_ONCE = 500
_LONGEST_MESSAGE = 600
_COMPLAINT = re.compile(r"(?P<file>[^:]+): (?:(?P<line>\d+):\d+: )?(?P<message>.*)", re.DOTALL)
_YAML_LINE = re.compile(r"line (\d+): ")


class Promtool:
    """A program on this machine."""

    def __init__(self, program: str) -> None:
        self._program = program

    def __call__(self, files: Mapping[str, str]) -> Iterator[Finding]:
        """What is wrong with rule files (path to text).

        Raises:
            Unavailable: it did not come to an end.
        """
        names = sorted(files)
        for start in range(0, len(names), _AT_ONCE):
            chosen = {f"{number}.yml": name for number, name in enumerate(names[start : start + _AT_ONCE])}
            with tempfile.TemporaryDirectory(prefix="observatory-") as folder:
                for short, name in chosen.items():
                    (Path(folder) / short).write_text(files[name], encoding="utf-8")
                said = self._said(folder, [*chosen])
            yield from (
                found for block in said.split("  FAILED:\n")[1:] for found in _findings(block, chosen)
            )

    def tests(self, names: Sequence[str], files: Mapping[str, str]) -> Iterator[Finding]:
        """Which of these files of unit tests fail; `files` are all that they may name, by path.

        Raises:
            Unavailable: it did not come to an end.
        """
        with tempfile.TemporaryDirectory(prefix="observatory-") as folder:
            for name, text in files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            for name in names:
                said = self._told(folder, ["test", "rules", name])
                _, failed, complaint = said.partition("FAILED:\n")
                if failed:
                    message = " ".join(complaint.split())[:_LONGEST_MESSAGE]
                    yield Finding("rule-test", Level.ERROR, name, message, line=1)

    def _said(self, folder: str, names: list[str]) -> str:
        return self._told(folder, ["check", "rules", "--lint=none", *names])

    def _told(self, folder: str, arguments: list[str]) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - found on the PATH
                [self._program, *arguments],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=_PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"{self._program} did not check the rules: {error}") from error
        return done.stdout + done.stderr


def _findings(block: str, names: Mapping[str, str]) -> Iterator[Finding]:
    """A complaint begins with a file's name; lines that don't go on with the one above."""
    for complaint in re.split(r"\n(?=\d+\.yml: )", block.strip()):
        found = _COMPLAINT.fullmatch(complaint)
        if found is None or found["file"] not in names:
            continue
        in_yaml = _YAML_LINE.search(found["message"])
        line = int(found["line"] or (in_yaml[1] if in_yaml else 1))
        message = " ".join(found["message"].split())
        yield Finding("promtool", Level.ERROR, names[found["file"]], message, line=line)


def installed() -> Promtool | None:
    """The promtool of the PATH, if there is one."""
    program = shutil.which("promtool")
    return None if program is None else Promtool(program)
