"""One file of definitions to what it says by itself; what only the whole catalog can show comes after."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from observatory.catalog.decoding import decode
from observatory.catalog.events import Event, event_problems
from observatory.catalog.expressions import Promql
from observatory.catalog.headers import API_VERSION, Kind, read_header
from observatory.catalog.model import Journey, Service, Squad
from observatory.catalog.nodes import Mapped, Node, Scalar, compose, follow, path_text
from observatory.catalog.problems import Problem
from observatory.catalog.references import Document, outline
from observatory.catalog.validation import validate
from observatory.catalog.written import Place

Defined = Squad | Service | Journey | Event


@dataclass(frozen=True, slots=True)
class FileRead:
    """What could be read of one file."""

    documents: Sequence[Document] = ()
    """Of the kinds that are known, right or wrong."""
    definitions: Sequence[Defined] = ()
    """Those without errors."""
    problems: Sequence[Problem] = ()
    half_read: frozenset[str] = frozenset()
    """Names that may stand in what could not be read."""


def read_file(file: str, content: bytes) -> FileRead:
    """Read a file that is called `file` in what is reported; it says the same each time."""
    text = decode(file, content)
    if isinstance(text, Problem):
        return FileRead(problems=[text])
    nodes, problems = compose(file, text)
    half_read = frozenset(re.findall(r"(?m)^name: *([\w-]{1,63})", text)) if problems else frozenset[str]()
    nodes = [node for node in nodes if not _is_nothing(node)]
    if not nodes and not problems:
        rule = "nothing is defined here; write a squad or a service, or remove the file"
        problems = [Problem(Place(file, 1), "", rule, example=f"apiVersion: {API_VERSION}")]
    documents, definitions = [], []
    for node in nodes:
        kind, wrong = read_header(node)
        problems += wrong
        if kind is not None and isinstance(node, Mapped):
            documents.append(outline(Document(kind, node)))
            definition, wrong = _definition(kind, node)
            problems += wrong
            definitions += [] if definition is None else [definition]
    return FileRead(documents, definitions, problems, half_read)


def _is_nothing(node: Node) -> bool:
    """Whether this is the nothing between two `---`."""
    return isinstance(node, Scalar) and node.plain and not node.text


def _definition(kind: Kind, node: Mapped) -> tuple[Defined | None, list[Problem]]:
    match kind:
        case "Squad":
            return validate(node, Squad)
        case "Service":
            service, problems = validate(node, Service)
            return service, [*problems, *(_asked_alone(node, service) if service else ())]
        case "Journey":
            return validate(node, Journey)
        case "Event":
            event, problems = validate(node, Event)
            problems += event_problems(event, node) if event else ()
            return None if problems else event, problems


def _asked_alone(node: Node, service: Service) -> Iterator[Problem]:
    """What is right, and costs more than it need."""
    for number, slo in enumerate(service.slos):
        if isinstance(slo.sli, Promql):
            path = ("slos", number, "sli", "promql")
            rule = "an expression of one's own shares no query with other SLOs: it costs two queries a tick"
            yield Problem(follow(node, path)[2], path_text(path), rule, severity="warning")
