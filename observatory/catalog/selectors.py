"""Instant vector selectors as values: `http_requests_total{code=~"5.."}` taken apart and put together again."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Self

import promql_parser

from observatory.errors import DefinitionError

Operator = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, slots=True, order=True)
class Matcher:
    """One label matcher of a selector."""

    label: str
    operator: Operator
    value: str

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.operator}"{escaped}"'


@dataclass(frozen=True, slots=True, order=True)
class Selector:
    """A metric and its label matchers, the matchers sorted, so that equal selectors compare equal."""

    metric: str
    matchers: tuple[Matcher, ...] = ()

    def __str__(self) -> str:
        return self.metric + ("{" + ",".join(map(str, self.matchers)) + "}" if self.matchers else "")

    def where(self, *matchers: Matcher) -> Self:
        """The same selector, narrowed by more matchers."""
        return type(self)(self.metric, tuple(sorted({*self.matchers, *matchers})))


MAX_LENGTH = 1_000
"""Characters. The parser below is recursive native code: text nested some ten thousand deep would end the process."""


@lru_cache(maxsize=65_536)
def parse_selector(text: str) -> Selector:
    """Read one instant vector selector that names its metric.

    `{__name__="x"}` is `x`. Offsets, `@`, `or` between matchers, and anything that is more than a selector are
    refused: planning chooses the times, and fuses selectors by metric.

    Raises:
        DefinitionError: `text` is not PromQL, or not such a selector.
    """
    if len(text) > MAX_LENGTH:
        raise DefinitionError(f"a selector has at most {MAX_LENGTH} characters, not {len(text)}")
    tree = _parse(text)
    if tree.offset is not None or tree.at is not None:
        raise DefinitionError(
            "write the selector without `offset` and `@`; the window decides about the time"
        )
    if tree.matchers.or_matchers:
        raise DefinitionError(
            '`or` between matchers is not PromQL; use a regular expression such as a=~"b|c"'
        )
    matchers = {Matcher(m.name, _OPERATORS[str(m.op)], m.value) for m in tree.matchers.matchers}
    metric = _metric(tree.name, {m for m in matchers if m.label == "__name__"})
    labels = {m for m in matchers if m.label != "__name__"}
    for matcher in labels:
        _check(matcher)
    return Selector(metric, tuple(sorted(labels)))


def _parse(text: str) -> promql_parser.VectorSelector:
    if text.lstrip().startswith("+"):  # the parser drops the sign, and what is written should be what is read
        raise DefinitionError("a selector has no sign")
    try:
        tree = promql_parser.parse(text)
    except ValueError as error:
        raise DefinitionError(f"not valid PromQL: {error}") from error
    if not isinstance(tree, promql_parser.VectorSelector):
        raise DefinitionError(
            "more than a selector: write the counter alone, a metric and its label matchers; "
            "rates and sums are added where they are needed"
        )
    return tree


def _metric(name: str | None, names: set[Matcher]) -> str:
    if name is None:
        given = next(iter(names), None)
        if given is None or len(names) > 1 or given.operator != "=":
            raise DefinitionError("a selector names exactly one metric, literally")
        name = given.value
    if not re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", name):
        raise DefinitionError(
            "a metric name is letters, digits, underscores and colons, and begins with no digit"
        )
    return name


def _check(matcher: Matcher) -> None:
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", matcher.label):
        raise DefinitionError("a label name is letters, digits and underscores, and begins with no digit")
    if matcher.operator == "=~" and matcher.value in _EVERYTHING:
        raise DefinitionError(f"{matcher} selects every series; leave it out")
    if matcher.operator == "!~" and matcher.value in _EVERYTHING:
        raise DefinitionError(f"{matcher} selects nothing at all")


_EVERYTHING = frozenset({".*", "(.*)", "^.*$", ".*?", ".*.*"})

_OPERATORS: dict[str, Operator] = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}
