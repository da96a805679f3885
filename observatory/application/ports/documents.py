"""Where generated files lie."""

from collections.abc import Sequence
from typing import Protocol


class Documents(Protocol):
    """A folder of generated files."""

    def read(self) -> dict[str, str]:
        """Every file below it, by its path relative to the folder."""
        ...

    def write(self, files: dict[str, str], *, remove: Sequence[str] = ()) -> None:
        """Write files, then remove the named ones."""
        ...
