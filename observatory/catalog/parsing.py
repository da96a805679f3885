"""Files of definitions to a catalog, with everything that is wrong with any of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import TypeVar

from observatory.catalog.capping import capping_problems
from observatory.catalog.decoding import decode
from observatory.catalog.events import Event, event_problems
from observatory.catalog.expressions import Promql
from observatory.catalog.headers import API_VERSION, read_header
from observatory.catalog.model import Catalog, Journey, Service, Squad
from observatory.catalog.nodes import Mapped, Node, Scalar, compose, follow, path_text
from observatory.catalog.problems import InvalidCatalog, Problem
from observatory.catalog.references import Document, check_references
from observatory.catalog.validation import validate
from observatory.catalog.written import Place

N = TypeVar("N", Squad, Service, Journey, Event)
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


@dataclass(slots=True)
class _Found:
    """What has been read so far."""

    documents: list[Document] = field(default_factory=list)
    squads: dict[str, Squad] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    journeys: dict[str, Journey] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    half_read: set[str] = field(default_factory=set)


def parse_catalog(documents: Mapping[str, bytes]) -> ParsedCatalog:
    """Read every file and check all of them together; `documents` are their contents by the names to report."""
    found = _Found()
    for file, content in sorted(documents.items()):
        _read_file(found, file, content)
    found.problems += check_references(found.documents, half_read=frozenset(found.half_read))
    catalog = _catalog(found)
    found.problems += capping_problems(catalog)
    return ParsedCatalog(catalog, tuple(_limited(found.problems)))


def _read_file(found: _Found, file: str, content: bytes) -> None:
    text = decode(file, content)
    if isinstance(text, Problem):
        found.problems.append(text)
        return
    nodes, problems = compose(file, text)
    found.problems += problems
    if problems:
        found.half_read.update(re.findall(r"(?m)^name: *([\w-]{1,63})", text))
    documents = [node for node in nodes if not _is_nothing(node)]
    if not documents and not problems:
        rule = "nothing is defined here; write a squad or a service, or remove the file"
        found.problems.append(Problem(Place(file, 1), "", rule, example=f"apiVersion: {API_VERSION}"))
    for node in documents:
        _read_document(found, node)


def _is_nothing(node: Node) -> bool:
    """Whether this is the nothing between two `---`."""
    return isinstance(node, Scalar) and node.plain and not node.text


def _read_document(found: _Found, node: Node) -> None:
    kind, problems = read_header(node)
    found.problems += problems
    if kind is None or not isinstance(node, Mapped):
        return
    found.documents.append(Document(kind, node))
    match kind:
        case "Squad":
            squad, problems = validate(node, Squad)
            _keep(found.squads, squad)
        case "Service":
            service, problems = validate(node, Service)
            _keep(found.services, service)
            problems += _asked_alone(node, service) if service else ()
        case "Journey":
            journey, problems = validate(node, Journey)
            _keep(found.journeys, journey)
        case "Event":
            event, problems = validate(node, Event)
            problems += event_problems(event, node) if event else ()
            _keep(found.events, None if problems else event)
    found.problems += problems


def _keep(kept: dict[str, N], definition: N | None) -> None:
    """The first of a name; another one of the same name is a problem that the whole catalog shows."""
    if definition is not None:
        kept.setdefault(definition.name, definition)


def _asked_alone(node: Node, service: Service) -> Iterator[Problem]:
    """What is right, and costs more than it need."""
    for number, slo in enumerate(service.slos):
        if isinstance(slo.sli, Promql):
            path = ("slos", number, "sli", "promql")
            rule = "an expression of one's own shares no query with other SLOs: it costs two queries a tick"
            yield Problem(follow(node, path)[2], path_text(path), rule, severity="warning")


def _catalog(found: _Found) -> Catalog:
    return Catalog(
        squads=_by_name(found.squads),
        services=_by_name(_owned(found.services, found)),
        journeys=_by_name(_owned(found.journeys, found)),
        events=_by_name(_owned(found.events, found)),
    )


def _owned(definitions: Mapping[str, O], found: _Found) -> Mapping[str, O]:
    return {name: one for name, one in definitions.items() if one.squad in found.squads}


def _by_name(definitions: Mapping[str, N]) -> Mapping[str, N]:
    return MappingProxyType(dict(sorted(definitions.items())))


def _limited(problems: Sequence[Problem]) -> Iterator[Problem]:
    """In order of place, each once, and of each file no more than can be read."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.place, problem.path))
    for _, of_file in groupby(ordered, key=lambda problem: problem.place.file):
        shown = list(of_file)
        yield from shown[:MAX_PROBLEMS]
        if left := shown[MAX_PROBLEMS:]:
            yield Problem(left[0].place, "", f"and {len(left):,} more problems from here on")
