"""What only the whole catalog can show: owners and dependencies that nobody defines, and names used twice.

Works on nodes, so that a document with other problems is checked too, and what it declares counts as known.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from observatory.catalog.headers import Kind
from observatory.catalog.journeys import journey_problems
from observatory.catalog.nodes import (
    Entry,
    Listed,
    Mapped,
    Node,
    Scalar,
    Step,
    follow,
    items_at,
    path_text,
    scalar_at,
)
from observatory.catalog.problems import Problem, shortened
from observatory.catalog.written import Place, nearest_to


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a kind that is known."""

    kind: Kind
    node: Mapped


_OF_A_SERVICE = frozenset({"name", "squad", "slos", "depends_on", "behaviour"})
"""Keys that are looked at below."""
_OF_AN_SLO = frozenset({"name"})


def outline(document: Document) -> Document:
    """As much of a document as `check_references` looks at: services are many, and mostly how they are measured."""
    if document.kind != "Service":
        return document
    node = _only(document.node, _OF_A_SERVICE)
    slos = node.entries.get("slos")
    if slos is None or not isinstance(slos.value, Listed):
        return Document(document.kind, node)
    items = [_only(item, _OF_AN_SLO) if isinstance(item, Mapped) else item for item in slos.value.items]
    short = Entry(slos.key, replace(slos.value, items=tuple(items)))
    return Document(document.kind, replace(node, entries={**node.entries, "slos": short}))


def _only(node: Mapped, keys: AbstractSet[str]) -> Mapped:
    return replace(node, entries={key: entry for key, entry in node.entries.items() if key in keys})


def check_references(documents: Sequence[Document], *, half_read: frozenset[str]) -> Iterator[Problem]:
    """Every broken reference and every repeated name.

    `half_read` are names that may stand in files that could not be read to their end: no reference to them is
    called broken.
    """
    squads = _declared(documents, "Squad")
    named = _declared(documents, "Service", "Journey", "Event")
    yield from _repeated("squad", squads)
    yield from _repeated("service, journey or event", named)
    known = _Known(documents, half_read)
    claimed: dict[tuple[str, str], Place] = {}
    for document in documents:
        node = document.node
        if document.kind == "Squad":
            yield from _unknown(node, ("on_call", "escalate", "to"), "squad", known.squads)
            yield from _channel_names(node)
            yield from _claimed_twice(node, claimed)
            continue
        yield from _unknown(node, ("squad",), "squad", known.squads)
        yield from _repeated(f"SLO of a {document.kind.lower()}", _names_in(node, "slos"))
        if document.kind == "Service":
            yield from _dependencies(node, known.services)
            yield from _repeated("behaviour of a service", _names_in(node, "behaviour"))
        elif document.kind == "Event":
            yield from _affected(node, known)
    journeys = [document.node for document in documents if document.kind == "Journey"]
    yield from journey_problems(journeys, known.slos, half_read=half_read)


class _Known:
    """The names that a catalog declares, whatever else is wrong with it."""

    def __init__(self, documents: Sequence[Document], half_read: frozenset[str]) -> None:
        self.squads = _names(documents, "Squad") | half_read
        self.services = _names(documents, "Service") | half_read
        self.journeys = _names(documents, "Journey") | half_read
        self.half_read = half_read
        self.slos = {
            f"{owner.text}/{slo.text}"
            for document in documents
            if (owner := scalar_at(document.node, ("name",))) is not None
            for _, slo in _names_in(document.node, "slos")
        }


def _affected(node: Node, known: _Known) -> Iterator[Problem]:
    """What an event is about, and whose events it expects, has to be there."""
    nouns = (("services", "service", known.services), ("journeys", "journey", known.journeys))
    for key, noun, names in (*nouns, ("squads", "squad", known.squads)):
        for index in range(len(items_at(node, ("affects", key)))):
            yield from _unknown(node, ("affects", key, index), noun, names)
    slos = [("affects", "slos", index) for index in range(len(items_at(node, ("affects", "slos"))))]
    for path in (*slos, ("traffic", "slo")):
        name = scalar_at(node, path)
        if name is not None and name.text.partition("/")[0] not in known.half_read:
            yield from _unknown(node, path, "SLO", known.slos)


def _declared(documents: Iterable[Document], *kinds: Kind) -> list[tuple[str, Scalar]]:
    names = (scalar_at(document.node, ("name",)) for document in documents if document.kind in kinds)
    return [("name", name) for name in names if name is not None]


def _names(documents: Iterable[Document], kind: Kind) -> set[str]:
    return {name.text for _, name in _declared(documents, kind)}


def _names_in(node: Node, key: str) -> Iterator[tuple[str, Scalar]]:
    for index in range(len(items_at(node, (key,)))):
        path = (key, index, "name")
        if (name := scalar_at(node, path)) is not None:
            yield path_text(path), name


def _repeated(noun: str, names: Iterable[tuple[str, Scalar]]) -> Iterator[Problem]:
    first: dict[str, Place] = {}
    for path, name in names:
        if name.text in first:
            rule = f"each {noun} has a name of its own, and this one is taken by {first[name.text]}"
            yield Problem(name.place, path, rule, value=shortened(name.text))
        else:
            first[name.text] = name.place


def _unknown(node: Node, path: Sequence[Step], noun: str, known: set[str]) -> Iterator[Problem]:
    name = scalar_at(node, path)
    if name is None or name.text in known:
        return
    nearest = nearest_to(name.text, known)
    example = (
        "playlist/availability"
        if noun == "SLO"
        else f"a file with kind: {noun.capitalize()} and name: {shortened(name.text)}"
    )
    rule = f"no {noun} of this name is in the catalog"
    yield Problem(name.place, path_text(path), rule, shortened(name.text), example, nearest)


def _dependencies(node: Node, known: set[str]) -> Iterator[Problem]:
    own = scalar_at(node, ("name",))
    seen: dict[str, Place] = {}
    for index, item in enumerate(items_at(node, ("depends_on",))):
        if not isinstance(item, Scalar):
            continue
        path, value = path_text(("depends_on", index)), shortened(item.text)
        if own is not None and item.text == own.text:
            yield Problem(item.place, path, "a service does not depend on itself; leave it out", value=value)
        elif item.text in seen:
            rule = f"a dependency is named once, and it was at {seen[item.text]}"
            yield Problem(item.place, path, rule, value=value)
        else:
            seen[item.text] = item.place
            yield from _unknown(node, ("depends_on", index), "service", known)


def _claimed_twice(node: Node, claimed: dict[tuple[str, str], Place]) -> Iterator[Problem]:
    """What two squads claim in the same words is neither's; of different patterns the most exact one decides."""
    for key in ("namespaces", "files"):
        taken, found, _ = follow(node, ("owns", key))
        listed = found.items if len(taken) == len(("owns", key)) and isinstance(found, Listed) else ()
        for index, item in enumerate(listed):
            if not isinstance(item, Scalar):
                continue
            first = claimed.setdefault((key, item.text), item.place)
            if first is not item.place:
                rule = f"one squad owns this, and it is claimed at {first} already"
                yield Problem(item.place, path_text(("owns", key, index)), rule, shortened(item.text))


def _channel_names(node: Node) -> Iterator[Problem]:
    for key in ("channel", "fallback"):
        channel = scalar_at(node, ("slack", key))
        if channel is not None and channel.text.startswith("#"):
            yield Problem(
                channel.place,
                f"slack.{key}",
                "a channel's name can change, and private channels can't be reached by it; give the id",
                value=shortened(channel.text),
                example="C024BE91L",
                severity="warning",
            )
