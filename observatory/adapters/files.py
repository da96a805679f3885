"""Folders on disk: the catalog that squads write, and the files that are generated from it."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from uuid import uuid4

from observatory.catalog import MAX_BYTES, InvalidCatalog, Place, Problem
from observatory.errors import DefinitionError, NotFound, Refused, Unavailable

_SUFFIXES = (".yml", ".yaml")


class CatalogFolder:
    """A folder of definitions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> dict[str, bytes]:
        """The content of every *.yml and *.yaml below the folder, by its path with the folder's own before it.

        Hidden files and folders are passed over, links are followed. Of a file that is larger than the parser
        takes, only as much is read as shows that.

        Raises:
            NotFound: there is no such folder, or no definition in it.
            InvalidCatalog: some files can't be read; it names all of them.
        """
        if not self._folder.is_dir():
            what = "is a file, not a folder" if self._folder.exists() else "does not exist"
            raise NotFound(f"{self._folder} {what}; name the folder that holds the catalog")
        documents: dict[str, bytes] = {}
        problems: list[Problem] = []
        for path in _below(self._folder, problems, inside=()):
            if path.suffix in _SUFFIXES:
                try:
                    documents[path.as_posix()] = _content(path)
                except OSError as error:
                    problems.append(_problem(path, f"the file can't be read: {_reason(error)}"))
        if problems:
            raise InvalidCatalog(sorted(problems, key=lambda problem: problem.place))
        if not documents:
            raise NotFound(f"no *.yml or *.yaml below {self._folder}; name the folder that holds the catalog")
        return documents


def _below(folder: Path, problems: list[Problem], *, inside: tuple[tuple[int, int], ...]) -> Iterator[Path]:
    """Every visible file, by name; `inside` identifies the folders on the way here, so that loops are seen."""
    try:
        status = folder.stat()
        entries = sorted(folder.iterdir())
    except OSError as error:
        problems.append(_problem(folder, f"the folder can't be read: {_reason(error)}"))
        return
    identity = (status.st_dev, status.st_ino)
    if identity in inside:
        problems.append(_problem(folder, "a link leads back to a folder that contains it; remove it"))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _below(entry, problems, inside=(*inside, identity))
        else:
            yield entry


def _content(path: Path) -> bytes:
    """At most one byte more than the parser takes. Anything but a file is refused: a pipe would never end."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError("it is no ordinary file")
    with path.open("rb", buffering=0) as file:
        return file.read(min(status.st_size, MAX_BYTES) + 1)


def _problem(path: Path, rule: str) -> Problem:
    return Problem(Place(path.as_posix(), 1), "", rule)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


class FolderDocuments:
    """Generated files in a folder; the port `Documents`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> dict[str, str]:
        """Every file below the folder, by its path relative to it; none when the folder is not there yet.

        Raises:
            DefinitionError: a file is not UTF-8 text, so it is none of ours.
            Unavailable: a file can't be read.
        """
        files = {}
        for path in sorted(self._folder.rglob("*")):
            relative = path.relative_to(self._folder)
            if path.is_file() and not any(part.startswith(".") for part in relative.parts):
                try:
                    files[relative.as_posix()] = path.read_bytes().decode()
                except UnicodeDecodeError as error:
                    raise DefinitionError(f"{path} is not UTF-8 text; generated files are") from error
                except OSError as error:
                    raise Unavailable(f"{path} can't be read: {_reason(error)}") from error
        return files

    def write(self, files: dict[str, str], *, remove: Sequence[str] = ()) -> None:
        """Write files, each whole or not at all, then remove the named ones; a file that is gone is no matter.

        Raises:
            DefinitionError: a path leads out of the folder; nothing was written.
            Refused: the file system said no.
        """
        contents = {self._inside(name): content.encode() for name, content in files.items()}
        unwanted = [self._inside(name) for name in remove]
        try:
            for path, content in contents.items():
                _replace(path, content)
            for path in unwanted:
                path.unlink(missing_ok=True)
        except OSError as error:
            where = error.filename or self._folder
            raise Refused(f"{where} can't be written: {_reason(error)}", code=type(error).__name__) from error

    def _inside(self, name: str) -> Path:
        relative = PurePosixPath(name)
        path = self._folder / relative
        within = path.resolve().is_relative_to(self._folder.resolve())
        if relative.is_absolute() or ".." in relative.parts or not relative.parts or not within:
            raise DefinitionError(f"{name!r} is no path inside {self._folder}")
        return path


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file, on disk, then rename over it: a reader sees the old content or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
