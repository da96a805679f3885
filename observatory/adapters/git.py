"""git: what files were at a revision and who wrote them, without touching the work tree."""

import io
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from observatory.errors import NotFound, Unavailable

_PATIENCE = 60


class Revisions:
    """The history of the repository that a folder lies in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self, revision: str, below: Sequence[str]) -> dict[str, bytes]:
        """Every file below these paths, by its path from the folder; a path that was not there then has none.

        Raises:
            NotFound: there is no such revision.
            Unavailable: git is not installed, or the folder is in no repository.
        """
        commit = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if commit is None:
            raise NotFound(f"git knows no revision {revision!r} here; a shallow clone may have to fetch it")
        name = commit.decode().strip()
        there = [path for path in below if self._run("rev-parse", "--verify", "--quiet", f"{name}:./{path}")]
        archive = self._run("archive", "--format=tar", name, "--", *there) if there else b""
        if not archive:
            return {}
        found: dict[str, bytes] = {}
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is not None:
                    found[member.name] = content.read()
        return found

    def author(self, file: str, line: int | None = None) -> str | None:
        """Who wrote a file, by its path from the working directory; None where that is not known, or not committed yet.

        Args:
            file: it may be gone by now.
            line: where a document begins; then the newest of its lines counts, up to the next document or the end.
        """
        path = str(Path(file).resolve())
        try:
            if self._run("status", "--porcelain", "--", path):
                return None
            if line is not None:
                return _newest_author(self._run("blame", "--line-porcelain", f"-L{line},", "--", path) or b"")
            name = self._run("log", "-1", "--format=%an", "--", path)
        except Unavailable:
            return None
        return name.decode(errors="replace").strip() or None if name else None

    def _run(self, *arguments: str) -> bytes | None:
        """Its output; None when it said no."""
        command = ["git", "-C", str(self._folder), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=_PATIENCE)  # noqa: S603 - our own words
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"git did not answer: {error}") from error
        if done.returncode and b"not a git repository" in done.stderr:
            raise Unavailable(f"{self._folder} is in no git repository")
        return None if done.returncode else done.stdout


def _newest_author(blamed: bytes) -> str | None:
    """Of the lines of one document, as `git blame --line-porcelain` tells of them."""
    newest, author, when = (0, ""), "", 0
    for line in blamed.decode(errors="replace").splitlines():
        key, _, value = line.partition(" ")
        if key == "author":
            author = value
        elif key == "author-time":
            when = int(value)
        elif line == "\t---" and newest[1]:
            break
        elif line.startswith("\t"):
            newest = max(newest, (when, author))
    return newest[1] or None
