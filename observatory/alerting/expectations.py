"""A table of labels and who should hear of them, kept beside the catalog and asked in CI."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator

from observatory.alerting.ownership import OwnedBecause, Rules
from observatory.alerting.routing import Route, route
from observatory.catalog import Catalog, InvalidCatalog, Problem, notation
from observatory.catalog.decoding import decode
from observatory.catalog.definition import Definition, Placed
from observatory.catalog.nodes import Listed, Mapped, Node, compose
from observatory.catalog.validation import validate
from observatory.catalog.written import BadValue

NOBODY = "nobody"
"""The squad of what goes to the catch-all."""
_EXAMPLE = "- {labels: {service: search}, expect: {squad: search}}"


class Expected(Definition):
    """What should come of it; what is left out is not looked at."""

    squad: str | None = None
    """A squad's name, or `nobody`: the catch-all."""
    channel: str | None = None
    fallback: str | None = None
    mention: str | None = None
    because: str | None = None
    """Which rule decides."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise BadValue("something is expected: squad, channel, fallback, mention or because")
        if self.because is not None and self.because not in set(OwnedBecause):
            raise BadValue(f"because is one of {', '.join(OwnedBecause)}", at=("because",))
        return self


class Expectation(Placed):
    """Labels, and who should hear of what carries them."""

    name: str = ""
    labels: Mapping[Annotated[str, notation.LABEL], str] = Field(examples=["{service: search}"])
    expect: Expected = Field(examples=["{squad: search}"])

    @property
    def title(self) -> str:
        """Its name, or else its labels."""
        return self.name or ", ".join(f"{name}={value}" for name, value in self.labels.items()) or "no labels"


@dataclass(frozen=True, slots=True)
class Judged:
    """An expectation and how it turned out."""

    expectation: Expectation
    route: Route
    differences: tuple[str, ...]
    """What is otherwise, a sentence each; empty when it is as expected."""


def read_expectations(file: str, content: bytes) -> tuple[Expectation, ...]:
    """The expectations in a file: a list, in one document.

    Raises:
        InvalidCatalog: it can't be read; every problem is in it.
    """
    text = decode(file, content)
    if isinstance(text, Problem):
        raise InvalidCatalog((text,))
    nodes, problems = compose(file, text)
    found: list[Expectation] = []
    for item in (item for node in nodes for item in _items(node, problems)):
        if isinstance(item, Mapped):
            read, wrong = validate(item, Expectation)
            problems += wrong
            found += [] if read is None else [read]
        else:
            problems.append(Problem(item.place, "", "an expectation is a mapping", example=_EXAMPLE))
    if problems:
        raise InvalidCatalog(tuple(problems))
    return tuple(found)


def judge(expectation: Expectation, catalog: Catalog, rules: Rules) -> Judged:
    """Whether these labels go where they should."""
    found = route(expectation.labels, catalog, rules)
    return Judged(expectation, found, tuple(_differences(expectation.expect, found)))


def _items(node: Node, problems: list[Problem]) -> tuple[Node, ...]:
    if isinstance(node, Listed):
        return node.items
    problems.append(Problem(node.place, "", "expectations are a list", example=_EXAMPLE))
    return ()


def _differences(expected: Expected, found: Route) -> Iterator[str]:
    is_ = {
        "squad": found.squad or NOBODY,
        "channel": found.ownership.channel,
        "fallback": next(iter(found.fallbacks), None),
        "mention": found.ownership.squad.slack.mention if found.ownership.squad else None,
        "because": found.ownership.reason.value,
    }
    for name in sorted(expected.model_fields_set, key=list(is_).index):
        wanted = getattr(expected, name)
        if wanted != is_[name]:
            yield f"{name} is {is_[name] or 'nothing'}, and {wanted or 'nothing'} was expected"
