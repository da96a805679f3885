"""Catalogs of two moments, wherever they lie: folders, or revisions of a repository."""

from pathlib import PurePosixPath
from typing import Protocol

from observatory.application.difference import History
from observatory.catalog import Catalog, parse_catalog


class Folders(Protocol):
    """Files that lie in a folder."""

    def __call__(self, path: str) -> dict[str, bytes] | None:
        """Every definition below it, by name; None when it is no folder."""
        ...


def catalog_at(where: str, *, folders: Folders, history: History, catalog: str) -> Catalog:
    """The catalog in a folder, or at a revision; what can't be read of it is left out: `check` names it.

    Args:
        where: a folder, or else a revision such as origin/main.
        folders: reads folders.
        history: knows revisions.
        catalog: the catalog's folder in the repository.

    Raises:
        NotFound: it is neither a folder nor a revision.
    """
    files = folders(where)
    if files is None:
        files = {
            path: content
            for path, content in history.files(where, [catalog]).items()
            if PurePosixPath(path).suffix in {".yml", ".yaml"}
        }
    return parse_catalog(files).catalog
