"""What YAML hands to the models: values with the place where they were written, and what is wrong with one."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from observatory.errors import DefinitionError


class Place(NamedTuple):
    """Where something was written: `file` as it was given to the parser, `line` and `column` from 1.

    A tuple, because each value of a catalog has one: a frozen dataclass takes twice as long to make.
    """

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Written(dict[str, object]):
    """A mapping from a document, and where it begins."""

    def __init__(self, entries: dict[str, object], place: Place) -> None:
        super().__init__(entries)
        self.place = place


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """An unquoted word that YAML readers disagree about: `no`, `012`, `2024-01-01`."""

    text: str
    reading: str
    """What some of them take it for."""


class BadValue(DefinitionError, ValueError):  # noqa: N818 - names the cause, as its base does
    """A value breaks a rule. A ValueError too, so that pydantic collects it among the others."""

    def __init__(
        self,
        rule: str,
        *,
        example: str | None = None,
        nearest: str | None = None,
        at: tuple[str, ...] = (),
    ) -> None:
        super().__init__(rule if example is None else f"{rule}; for example {example}")
        self.rule = rule
        self.example = example
        self.nearest = nearest
        self.at = at
        """Which part of the value is to blame, when it is not the whole."""


def nearest_to(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, if any is alike."""
    by_folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word[:80].casefold(), by_folded, n=1)
    return by_folded[found[0]] if found else None
