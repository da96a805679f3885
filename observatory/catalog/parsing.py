"""Files of definitions to a catalog, with everything that is wrong with any of them."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from observatory.catalog.capping import capping_problems
from observatory.catalog.events import Event
from observatory.catalog.model import Catalog, Journey, Service, Squad
from observatory.catalog.problems import InvalidCatalog, Problem
from observatory.catalog.reading import Defined, FileRead, read_file
from observatory.catalog.references import check_references

D = TypeVar("D", Squad, Service, Journey, Event)
O = TypeVar("O", Service, Journey, Event)  # noqa: E741 - what is owned

MAX_PROBLEMS = 100
"""Of one file; the rest is only counted."""


@dataclass(frozen=True, slots=True)
class ParsedCatalog:
    """What could be read, and everything that is wrong with the rest."""

    catalog: Catalog
    """The definitions without errors. A service whose squad is not among them is left out."""
    problems: tuple[Problem, ...] = ()
    """By file, line and column; errors and warnings."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that have to be mended."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    def valid(self) -> Catalog:
        """The catalog, when it has no errors; warnings are no obstacle.

        Raises:
            InvalidCatalog: it has; every problem is in it.
        """
        if self.errors:
            raise InvalidCatalog(self.problems)
        return self.catalog


def parse_catalog(documents: Mapping[str, bytes]) -> ParsedCatalog:
    """Read every file and check all of them together; `documents` are their contents by the names to report."""
    return CatalogParser()(documents)


class CatalogParser:
    """`parse_catalog`, again and again: of files that are as they were the time before, what was read is kept."""

    def __init__(self) -> None:
        self._known: Mapping[str, _Known] = {}

    def __call__(self, documents: Mapping[str, bytes]) -> ParsedCatalog:
        """Read what changed, and check all files together."""
        with _uncollected():
            self._known = {file: self._read(file, content) for file, content in sorted(documents.items())}
            files = [known.read for known in self._known.values()]
            problems = [problem for file in files for problem in file.problems]
            problems += check_references(
                [document for file in files for document in file.documents],
                half_read=frozenset().union(*(file.half_read for file in files)),
            )
            catalog = _catalog([definition for file in files for definition in file.definitions])
            problems += capping_problems(catalog)
            return ParsedCatalog(catalog, tuple(_limited(problems)))

    def _read(self, file: str, content: bytes) -> "_Known":
        known = self._known.get(file)
        if known is not None and known.content == content:
            return known
        return _Known(content, read_file(file, content))


class _Known(NamedTuple):
    content: bytes
    read: FileRead


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: what is read is kept, and going over it again and again took as long as reading it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _catalog(definitions: Sequence[Defined]) -> Catalog:
    squads = _of(Squad, definitions)
    return Catalog(
        squads=_by_name(squads),
        services=_by_name(_owned(_of(Service, definitions), squads)),
        journeys=_by_name(_owned(_of(Journey, definitions), squads)),
        events=_by_name(_owned(_of(Event, definitions), squads)),
    )


def _of(kind: type[D], definitions: Iterable[Defined]) -> Mapping[str, D]:
    """The first of each name; another one of the same name is a problem that the whole catalog shows."""
    found: dict[str, D] = {}
    for definition in definitions:
        if isinstance(definition, kind):
            found.setdefault(definition.name, definition)
    return found


def _owned(definitions: Mapping[str, O], squads: Mapping[str, Squad]) -> Mapping[str, O]:
    return {name: one for name, one in definitions.items() if one.squad in squads}


def _by_name(definitions: Mapping[str, D]) -> Mapping[str, D]:
    return MappingProxyType(dict(sorted(definitions.items())))


def _limited(problems: Sequence[Problem]) -> Iterator[Problem]:
    """In order of place, each once, and of each file no more than can be read."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.place, problem.path))
    for _, of_file in groupby(ordered, key=lambda problem: problem.place.file):
        shown = list(of_file)
        yield from shown[:MAX_PROBLEMS]
        if left := shown[MAX_PROBLEMS:]:
            yield Problem(left[0].place, "", f"and {len(left):,} more problems from here on")
