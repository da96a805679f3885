"""What only the whole catalog can show: owners and dependencies that nobody defines, and names used twice.

Works on nodes, so that a document with other problems is checked too, and what it declares counts as known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from observatory.catalog.headers import Kind
from observatory.catalog.nodes import Listed, Mapped, Node, Scalar, Step, follow, path_text
from observatory.catalog.problems import Problem, shortened
from observatory.catalog.written import Place, nearest_to


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a kind that is known."""

    kind: Kind
    node: Mapped


def check_references(documents: Sequence[Document], *, half_read: frozenset[str]) -> Iterator[Problem]:
    """Every broken reference and every repeated name.

    `half_read` are names that may stand in files that could not be read to their end: no reference to them is
    called broken.
    """
    squads = _declared(documents, "Squad")
    services = _declared(documents, "Service")
    yield from _repeated("squad", squads)
    yield from _repeated("service", services)
    known_squads = {name.text for _, name in squads} | half_read
    known_services = {name.text for _, name in services} | half_read
    claimed: dict[tuple[str, str], Place] = {}
    for document in documents:
        node = document.node
        if document.kind == "Squad":
            yield from _unknown(node, ("on_call", "escalate", "to"), "squad", known_squads)
            yield from _channel_names(node)
            yield from _claimed_twice(node, claimed)
        else:
            yield from _unknown(node, ("squad",), "squad", known_squads)
            yield from _dependencies(node, known_services)
            yield from _repeated("SLO of a service", _names_in(node, "slos"))
            yield from _repeated("behaviour of a service", _names_in(node, "behaviour"))


def _scalar(node: Node, path: Sequence[Step]) -> Scalar | None:
    taken, found, _ = follow(node, path)
    return found if len(taken) == len(path) and isinstance(found, Scalar) and found.text else None


def _items(node: Node, key: str) -> Sequence[Node]:
    taken, found, _ = follow(node, (key,))
    return found.items if taken and isinstance(found, Listed) else ()


def _declared(documents: Iterable[Document], kind: Kind) -> list[tuple[str, Scalar]]:
    names = (_scalar(document.node, ("name",)) for document in documents if document.kind == kind)
    return [("name", name) for name in names if name is not None]


def _names_in(node: Node, key: str) -> Iterator[tuple[str, Scalar]]:
    for index in range(len(_items(node, key))):
        path = (key, index, "name")
        if (name := _scalar(node, path)) is not None:
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
    name = _scalar(node, path)
    if name is None or name.text in known:
        return
    nearest = nearest_to(name.text, known)
    example = f"a file with kind: {noun.capitalize()} and name: {shortened(name.text)}"
    rule = f"no {noun} of this name is in the catalog"
    yield Problem(name.place, path_text(path), rule, shortened(name.text), example, nearest)


def _dependencies(node: Node, known: set[str]) -> Iterator[Problem]:
    own = _scalar(node, ("name",))
    seen: dict[str, Place] = {}
    for index, item in enumerate(_items(node, "depends_on")):
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
        channel = _scalar(node, ("slack", key))
        if channel is not None and channel.text.startswith("#"):
            yield Problem(
                channel.place,
                f"slack.{key}",
                "a channel's name can change, and private channels can't be reached by it; give the id",
                value=shortened(channel.text),
                example="C024BE91L",
                severity="warning",
            )
