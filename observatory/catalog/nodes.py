"""YAML text to a tree of nodes that know where they were written, within limits that hostile text can't pass.

Read from the parser's events, one after another: no recursion over the text, no object is ever built from a tag, and
an alias shares the node it names but counts with its full size.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from observatory.catalog.problems import Problem, shortened
from observatory.catalog.written import Place

MAX_DEPTH = 20
MAX_NODES = 50_000
"""Of one file, after aliases are expanded."""


class Scalar(NamedTuple):
    """A single value, as text; `plain` when it has no quotes. A tuple for the same reason as its place."""

    place: Place
    text: str
    plain: bool
    size: int = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A sequence."""

    place: Place
    items: tuple["Node", ...]
    size: int


class Entry(NamedTuple):
    """A key's place and its value."""

    key: Place
    value: "Node"


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping; a key that is written twice has its first value."""

    place: Place
    entries: Mapping[str, Entry]
    size: int


Node = Scalar | Listed | Mapped
Step = str | int


class Unreadable(Exception):  # noqa: N818 - never leaves this module
    """The rest of the file can't be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.rule)
        self.problem = problem


@dataclass(slots=True)
class _Open:
    """A sequence or mapping whose end has not come yet."""

    place: Place
    anchor: str | None
    is_mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    key: Node | None = None
    size: int = 1


@dataclass(slots=True)
class _Composer:
    """The state while the events of one file go by."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    size: int = 0
    root: Node | None = None

    def take(self, event: Event) -> None:
        """Handle one event of the parser."""
        match event:
            case ScalarEvent():
                if event.tag is not None:
                    self._refuse_tag(event)
                self._close(Scalar(self._place(event), event.value, plain=not event.style), event.anchor)
            case CollectionStartEvent():
                if event.tag is not None:
                    self._refuse_tag(event)
                self._open(event)
            case CollectionEndEvent():
                done = self.stack.pop()
                self._close(_closed(done), done.anchor)
            case AliasEvent():
                self._close(self._aliased(event), None)

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 1)

    def _open(self, event: CollectionStartEvent) -> None:
        place = self._place(event)
        if len(self.stack) >= MAX_DEPTH:
            raise Unreadable(Problem(place, "", f"a document is nested at most {MAX_DEPTH} deep"))
        self.stack.append(_Open(place, event.anchor, isinstance(event, MappingStartEvent)))

    def _aliased(self, event: AliasEvent) -> Node:
        if event.anchor in self.anchors:
            return self.anchors[event.anchor]
        rule = "an alias names an anchor that stands before it, outside itself, in the same document"
        value = shortened(f"*{event.anchor}")
        raise Unreadable(Problem(self._place(event), "", rule, value=value, example="&name"))

    def _refuse_tag(self, event: ScalarEvent | CollectionStartEvent) -> None:
        rule = "tags are refused; the type follows from the key, and quotes make text"
        value = shortened(event.tag)
        self.problems.append(Problem(self._place(event), "", rule, value=value))

    def _close(self, node: Node, anchor: str | None) -> None:
        """Put a finished node where it belongs."""
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        parent.size += node.size
        if self.size + parent.size > MAX_NODES:
            rule = f"a file holds at most {MAX_NODES} values, aliases counted in full"
            raise Unreadable(Problem(parent.place, "", rule))
        if not parent.is_mapping:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = node
        else:
            key, parent.key = parent.key, None
            self._enter(parent, key, node)

    def _enter(self, parent: _Open, key: Node, value: Node) -> None:
        if not isinstance(key, Scalar):
            self.problems.append(Problem(key.place, "", "a key is a single word", example="name: playlist"))
        elif (first := parent.entries.get(key.text)) is not None:
            rule = f"a key stands once in a mapping, and it was at {first.key}"
            self.problems.append(Problem(key.place, "", rule, value=shortened(key.text)))
        else:
            parent.entries[key.text] = Entry(key.place, value)


def _closed(done: _Open) -> Node:
    if done.is_mapping:
        return Mapped(done.place, done.entries, done.size)
    return Listed(done.place, tuple(done.items), done.size)


def follow(node: Node, path: Sequence[Step]) -> tuple[tuple[Step, ...], Node, Place]:
    """Walk a path as far as it exists: the steps that were taken, the node there, and the place of its key."""
    taken: list[Step] = []
    key = node.place
    for step in path:
        match node, step:
            case Mapped(), str() if step in node.entries:
                key, node = node.entries[step].key, node.entries[step].value
            case Listed(), int() if step < len(node.items):
                node = node.items[step]
                key = node.place
            case _:
                break
        taken.append(step)
    return tuple(taken), node, key


def scalar_at(node: Node, path: Sequence[Step]) -> Scalar | None:
    """The single value at a path, when there is one and it is not empty."""
    taken, found, _ = follow(node, path)
    return found if len(taken) == len(path) and isinstance(found, Scalar) and found.text else None


def items_at(node: Node, path: Sequence[Step]) -> Sequence[Node]:
    """The items of the list at a path; none where there is no list."""
    taken, found, _ = follow(node, path)
    return found.items if len(taken) == len(path) and isinstance(found, Listed) else ()


def path_text(path: Sequence[Step]) -> str:
    """`("slos", 0, "name")` to `slos[0].name`."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{shortened(step)}" for step in path]
    return "".join(steps).removeprefix(".")


def compose(file: str, text: str) -> tuple[list[Node], list[Problem]]:
    """The documents of one file, and what is wrong with its YAML; documents before a syntax error are kept."""
    composer = _Composer(file)
    documents = []
    try:
        for event in _events(file, text):
            composer.take(event)
            if isinstance(event, DocumentEndEvent) and composer.root is not None:
                documents.append(composer.root)
                composer.size += composer.root.size
                composer.anchors.clear()
    except Unreadable as error:
        composer.problems.append(error.problem)
    return documents, composer.problems


def _events(file: str, text: str) -> Iterator[Event]:
    try:
        loader = yaml.CSafeLoader(text)
        yield from iter(loader.get_event, None)  # as `yaml.parse` does, with a Python call less for each
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1)
        raise Unreadable(Problem(place, "", _explained(error, text, place))) from error
    except yaml.YAMLError as error:
        raise Unreadable(Problem(Place(file, 1), "", f"not YAML: {error}")) from error


_HINTS = {
    "mapping values are not allowed": "a text that contains ': ' needs quotes, and keys of a mapping stand "
    "in one column",
    "could not find expected ':'": "a key is followed by a colon and a space",
    "did not find expected key": "keys of a mapping stand in one column, and a text that begins with a quote or "
    "bracket ends with it",
    "did not find expected ',' or": "a bracket is not closed",
    "did not find expected '-'": "items of a list stand in one column",
    "found unexpected end of stream": "a quote is not closed",
}


def _explained(error: yaml.MarkedYAMLError, text: str, place: Place) -> str:
    """The parser's words, and what usually is the matter."""
    said = str(error.problem or error.context)
    lines = text.split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    rest = line[place.column - 1 :]
    if rest.startswith("\t") or line[: len(line) - len(line.lstrip())].count("\t"):
        return "not YAML: a tab indents this line; YAML is indented with spaces"
    if rest[:1] in ("@", "`", "%"):
        return f"not YAML: a text that begins with {rest[0]} needs quotes"
    hint = next((hint for words, hint in _HINTS.items() if words in said), None)
    return f"not YAML: {said}" + (f"; {hint}" if hint else "")
