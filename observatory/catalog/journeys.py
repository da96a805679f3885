"""What a journey's SLO is made of: SLOs of services, how much each counts, and how they come together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from observatory.catalog import notation
from observatory.catalog.definition import Definition
from observatory.catalog.events import SLO_ID
from observatory.catalog.nodes import (
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
from observatory.catalog.written import nearest_to

Combination = Literal["weighted", "worst"]


class Component(Definition):
    """An SLO that a journey passes through."""

    slo: Annotated[str, SLO_ID] = Field(examples=["playlist/availability"])
    weight: Annotated[int, Field(ge=1, le=1000, examples=[3])] = 1
    """How often each of its events counts; a whole number, so that counts stay whole."""
    good_from: Annotated[Decimal, notation.PERCENT] | None = None
    """Of `worst`: a minute is good when at least this share of its events was; else the SLO's own objective."""


WrittenComponent = Annotated[Component, notation.Short("slo")]


def journey_problems(
    journeys: Iterable[Mapped], known: AbstractSet[str], *, half_read: frozenset[str]
) -> Iterator[Problem]:
    """Components that nobody defines, that stand twice, or that lead back to where they started.

    Args:
        journeys: their documents.
        known: the ids of all SLOs.
        half_read: names of services and journeys that could not be read to their end.
    """
    edges: dict[str, Sequence[tuple[str, Scalar]]] = {}
    for node in journeys:
        yield from _empty(node)
        edges |= dict(_edges(node))
    for parts in edges.values():
        seen: dict[str, Scalar] = {}
        for path, name in parts:
            if name.text in seen:
                rule = f"an SLO is a component once, and it was at {seen[name.text].place}"
                yield Problem(
                    name.place, path, rule, shortened(name.text), "{slo: playlist/availability, weight: 2}"
                )
            elif "/" in name.text and name.text not in known and name.text.partition("/")[0] not in half_read:
                rule = "no SLO of this name is in the catalog; a component is service/slo or journey/slo"
                yield Problem(
                    name.place, path, rule, shortened(name.text), nearest=nearest_to(name.text, known)
                )
            seen.setdefault(name.text, name)
    yield from _cycles(edges)


def _empty(node: Mapped) -> Iterator[Problem]:
    """A journey promises something, and a promise is made of something."""
    lists = [("slos",), *(("slos", number, "of") for number in range(len(items_at(node, ("slos",)))))]
    for path in lists:
        taken, found, place = follow(node, path)
        if len(taken) == len(path) and isinstance(found, Listed) and not found.items:
            yield Problem(
                place, path_text(path), "at least one is expected here", example="playlist/availability"
            )


_Edges = Mapping[str, Sequence[tuple[str, Scalar]]]


def _edges(node: Mapped) -> Iterator[tuple[str, Sequence[tuple[str, Scalar]]]]:
    """A journey's SLOs by id, and the paths and names of their components."""
    journey = scalar_at(node, ("name",))
    for number, slo in enumerate(items_at(node, ("slos",))):
        name = scalar_at(slo, ("name",))
        if journey is not None and name is not None:
            parts = items_at(slo, ("of",))
            paths = [("slos", number, "of", index) for index in range(len(parts))]
            found = [(path_text(path), _component(node, path)) for path in paths]
            yield f"{journey.text}/{name.text}", [(path, part) for path, part in found if part is not None]


def _component(node: Node, path: Sequence[Step]) -> Scalar | None:
    return scalar_at(node, path) or scalar_at(node, (*path, "slo"))


def _cycles(edges: _Edges) -> Iterator[Problem]:
    """Each component through which a journey is a part of itself."""
    for slo, parts in edges.items():
        for path, name in parts:
            way = _way(edges, name.text, slo)
            if way is not None:
                rule = f"a journey is no part of itself: {' → '.join((slo, *way))}"
                yield Problem(name.place, path, rule, shortened(name.text), "an SLO of a service")


def _way(edges: _Edges, start: str, goal: str) -> tuple[str, ...] | None:
    """The components from one SLO to another, if there is a way."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    while ways:
        way = ways.pop()
        if way[-1] == goal:
            return way
        following = [name.text for _, name in edges.get(way[-1], ()) if name.text not in seen]
        seen.update(following)
        ways += [(*way, name) for name in following]
    return None
