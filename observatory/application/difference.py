"""`observatory diff`: two revisions of a repository, in the words of those whom the difference concerns."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Protocol

from observatory.application.generate import FOLDERS
from observatory.catalog import parse_catalog
from observatory.outputs.change import Side, describe


class History(Protocol):
    """Files as they were."""

    def files(self, revision: str, below: Sequence[str]) -> Mapping[str, bytes]:
        """Every file below these paths at a revision."""
        ...


def difference(history: History, *, base: str, head: str, catalog: str) -> str:
    """Markdown that names the squads and says what changes for their on-call people.

    Definitions that can't be read are left out: to name what is wrong with them is what `check` is for.

    Raises:
        NotFound: there is no such revision.
    """
    before, after = (
        _side(history.files(revision, [catalog, *FOLDERS]), catalog) for revision in (base, head)
    )
    return describe(before, after)


def _side(files: Mapping[str, bytes], catalog: str) -> Side:
    definitions = {
        path: content
        for path, content in files.items()
        if PurePosixPath(path).is_relative_to(catalog) and path.endswith((".yml", ".yaml"))
    }
    generated = {
        path: content.decode(errors="replace")
        for path, content in files.items()
        if PurePosixPath(path).parts[0] in FOLDERS
    }
    return Side(parse_catalog(definitions).catalog, generated)
