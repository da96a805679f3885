"""Alertmanager's routing tree: which receivers get an alert with these labels, and by which way down the tree.

As Alertmanager 0.25 to 0.28 decide it (`amtool config routes test` is the judge, see the tests): depth first, from left to right;
a route matches when all its matchers do; the first child that matches ends the search among its siblings, unless it
says `continue`; a route of which no child matches is the end of the way. A label that is not there equals "".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Self

import re2

from observatory.errors import DefinitionError

Labels = Mapping[str, str]

_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}
_ESCAPED = re.compile(r"\\[n\"\\]")
_WRITTEN = re.compile(
    r"\s*(?P<label>[a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?P<operator>=~|!~|!=|=)\s*"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^",]*?))\s*(?:,|$)',
    re.DOTALL,
)
_EXAMPLE = 'write severity="page" or service=~"play.*"'


class Operator(StrEnum):
    """How a matcher compares."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


@dataclass(frozen=True, slots=True)
class RouteMatcher:
    """`severity="page"`, `service=~"play.*"`: regular expressions are RE2, and have to match the whole value."""

    label: str
    operator: Operator
    value: str

    def __post_init__(self) -> None:
        """See that the expression is one.

        Raises:
            DefinitionError: it is none that RE2 knows.
        """
        if self.operator in (Operator.REGEX, Operator.NOT_REGEX):
            try:
                _compiled(self.value)
            except re2.error as error:
                raise DefinitionError(f"{self} is no regular expression (RE2): {_reason(error)}") from error

    @classmethod
    def equal(cls, label: str, value: str) -> Self:
        """`label="value"`."""
        return cls(label, Operator.EQUAL, value)

    def matches(self, labels: Labels) -> bool:
        """Whether an alert with these labels is one of those."""
        value = labels.get(self.label, "")
        match self.operator:
            case Operator.EQUAL:
                return value == self.value
            case Operator.NOT_EQUAL:
                return value != self.value
            case Operator.REGEX:
                return _compiled(self.value).fullmatch(value) is not None
            case Operator.NOT_REGEX:
                return _compiled(self.value).fullmatch(value) is None

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.operator}"{escaped}"'


def read_matchers(text: str) -> tuple[RouteMatcher, ...]:
    """Matchers as Alertmanager's configuration writes them: `{severity="page", service=~"play.*"}`, braces or none.

    Raises:
        DefinitionError: they are written otherwise.
    """
    inner = text.strip().removeprefix("{").removesuffix("}").strip()
    found: list[RouteMatcher] = []
    at = 0
    while at < len(inner):
        written = _WRITTEN.match(inner, at)
        if written is None:
            raise DefinitionError(f"matcher {inner[at : at + 200]!r} is not understood; {_EXAMPLE}")
        quoted = written["quoted"]
        value = written["bare"] if quoted is None else quoted
        unescaped = _ESCAPED.sub(lambda escape: _ESCAPES[escape[0]], value)
        found.append(RouteMatcher(written["label"], Operator(written["operator"]), unescaped))
        at = written.end()
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Route:
    """A node of the tree with all that it inherits filled in, but for what Alertmanager does not hand down: times."""

    receiver: str
    matchers: tuple[RouteMatcher, ...] = ()
    goes_on: bool = False
    """`continue`: siblings after it are asked too."""
    routes: tuple["Route", ...] = ()
    group_by: tuple[str, ...] = ()
    """Labels; `...` alone: every alert by itself."""
    group_wait: timedelta = timedelta(seconds=30)
    group_interval: timedelta = timedelta(minutes=5)
    repeat_interval: timedelta = timedelta(hours=4)
    active_times: tuple[str, ...] = ()
    """`active_time_intervals`: when it notifies at all; always, where there are none."""
    mute_times: tuple[str, ...] = ()
    """`mute_time_intervals`."""
    name: str = field(default="", compare=False)
    """What people call it, in explanations; no part of the configuration."""

    def matches(self, labels: Labels) -> bool:
        """Whether all its matchers do; children are not asked."""
        return all(matcher.matches(labels) for matcher in self.matchers)

    def ends(self, labels: Labels) -> tuple["Route", ...]:
        """The routes at which an alert ends, in the order in which they are reached; none when it does not match."""
        return tuple(way[-1] for way in self.ways(labels))

    def receivers(self, labels: Labels) -> tuple[str, ...]:
        """The receivers that get the alert, in order; one that is reached twice is in it twice."""
        return tuple(route.receiver for route in self.ends(labels))

    def ways(self, labels: Labels) -> Iterator[tuple["Route", ...]]:
        """Each way from this route down to one at which the alert ends, this route first."""
        if not self.matches(labels):
            return
        ended = False
        for child in self.routes:
            below = [*child.ways(labels)]
            yield from ((self, *way) for way in below)
            ended = ended or bool(below)
            if below and not child.goes_on:
                return
        if not ended:
            yield (self,)

    def with_routes(self, routes: tuple["Route", ...]) -> "Route":
        """The same route with these below it."""
        return replace(self, routes=routes)

    def going_on(self) -> "Route":
        """The same route with `continue`."""
        return replace(self, goes_on=True)

    def at_times(self, names: tuple[str, ...]) -> "Route":
        """The same route, which notifies within these intervals only; always, where there are none."""
        return replace(self, active_times=names)

    def walk(self) -> Iterator["Route"]:
        """This route and every one below it, as they stand in the file."""
        yield self
        for child in self.routes:
            yield from child.walk()


@cache
def _compiled(pattern: str) -> Any:  # re2 has no types
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def _reason(error: Exception) -> str:
    why = error.args[0] if error.args else ""
    return why.decode(errors="replace") if isinstance(why, bytes) else str(why)
