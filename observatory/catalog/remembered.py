"""Incidents that people remember, as a list in YAML or a table in CSV: what a backtest is held against."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import Field, InstanceOf, model_validator

from observatory.catalog import notation
from observatory.catalog.decoding import decode
from observatory.catalog.definition import Placed
from observatory.catalog.model import Catalog, Name
from observatory.catalog.nodes import Entry, Listed, Mapped, Node, Scalar, compose
from observatory.catalog.problems import InvalidCatalog, Problem
from observatory.catalog.validation import validate
from observatory.catalog.written import Ambiguous, BadValue, Place, nearest_to

_EXAMPLE = "2026-03-01T12:00:00Z"


def _read_time(value: object) -> object:
    """An ISO 8601 time with its offset: whose clock it was must not be guessed."""
    if isinstance(value, datetime):
        return value
    text = value.text if isinstance(value, Ambiguous) else value
    rule = "a time is a day, a time of day and an offset from UTC"
    if not isinstance(text, str):
        raise BadValue(rule, example=_EXAMPLE)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue(rule, example=_EXAMPLE) from None
    if moment.tzinfo is None:
        raise BadValue(f"{rule}; the offset is missing", example=f"{text}Z")
    return moment.astimezone(UTC)


_Time = Annotated[
    InstanceOf[datetime], notation.Notation(_read_time, {"type": "string", "format": "date-time"})
]


class Remembered(Placed):
    """An incident of a service, as people remember it."""

    service: Name = Field(examples=["playlist"])
    slo: Name | None = Field(None, examples=["availability"])
    """The one that should have shown it; None: any of the service."""
    start: _Time = Field(examples=[_EXAMPLE])
    end: _Time = Field(examples=["2026-03-01T12:40:00Z"])
    title: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            raise BadValue("an incident ends after it started", at=("end",))
        return self


def parse_remembered(file: str, content: bytes, catalog: Catalog) -> tuple[Remembered, ...]:
    """The incidents of a file, by their start; `.csv` is a table with a header, all else YAML.

    Raises:
        InvalidCatalog: the file has errors, or names what the catalog does not have; every problem is in it.
    """
    text = decode(file, content)
    if isinstance(text, Problem):
        raise InvalidCatalog([text])
    nodes, problems = _table(file, text) if file.endswith(".csv") else _listed(file, text)
    found = []
    for node in nodes:
        if not isinstance(node, Mapped):
            rule = "an incident is a mapping"
            problems.append(Problem(node.place, "", rule, example="service: playlist"))
            continue
        incident, wrong = validate(node, Remembered)
        problems += wrong
        if incident is not None:
            problems += _unknown(incident, node, catalog)
            found.append(incident)
    if problems:
        raise InvalidCatalog(sorted(problems, key=lambda problem: problem.place))
    return tuple(sorted(found, key=lambda incident: incident.start))


def _listed(file: str, text: str) -> tuple[list[Node], list[Problem]]:
    documents, problems = compose(file, text)
    match documents:
        case [Listed(items=items)]:
            return list(items), problems
        case _ if problems:
            return [], problems
        case _:
            place = documents[0].place if documents else Place(file, 1)
            example = f"- {{service: playlist, start: {_EXAMPLE}, end: 2026-03-01T12:40:00Z}}"
            return [], [Problem(place, "", "the file is a list of incidents", example=example)]


def _table(file: str, text: str) -> tuple[list[Node], list[Problem]]:
    """Rows as if they had been written in YAML, with quotes; an empty cell is a key that is not there."""
    rows = _rows(csv.reader(io.StringIO(text)))
    _, header = next(rows, (1, []))
    nodes: list[Node] = []
    problems: list[Problem] = []
    for line, cells in rows:
        place = Place(file, line)
        if len(cells) > len(header):
            rule = f"a row has at most as many cells as the header: {', '.join(header)}"
            problems.append(Problem(place, "", rule, value=", ".join(cells)))
            continue
        written = {
            key.strip(): cell.strip() for key, cell in zip(header, cells, strict=False) if cell.strip()
        }
        entries = {key: Entry(place, Scalar(place, cell, plain=False)) for key, cell in written.items()}
        nodes.append(Mapped(place, entries, len(entries)))
    return nodes, problems


def _rows(reader: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, with their line."""
    for line, cells in enumerate(reader, 1):
        if any(cell.strip() for cell in cells):
            yield line, cells


def _unknown(incident: Remembered, node: Mapped, catalog: Catalog) -> Iterator[Problem]:
    service = catalog.services.get(incident.service)
    if service is None:
        rule = "the catalog has no such service"
        yield _of(node, "service", rule, incident.service, nearest_to(incident.service, catalog.services))
    elif incident.slo is not None and incident.slo not in (names := [slo.name for slo in service.slos]):
        rule = f"{service.name} promises {', '.join(names)}"
        yield _of(node, "slo", rule, incident.slo, nearest_to(incident.slo, names))


def _of(node: Mapped, key: str, rule: str, value: str, nearest: str | None) -> Problem:
    return Problem(node.entries[key].value.place, key, rule, value=value, nearest=nearest)
