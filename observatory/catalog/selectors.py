"""Instant vector selectors as values: `http_requests_total{code=~"5.."}` taken apart and put together again."""

from dataclasses import dataclass
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


def parse_selector(text: str) -> Selector:
    """Read one instant vector selector.

    Raises:
        DefinitionError: `text` is not PromQL, or is PromQL but more than a plain selector.
    """
    try:
        tree = promql_parser.parse(text)
    except ValueError as error:
        raise DefinitionError(f"not valid PromQL: {error}") from error
    if not isinstance(tree, promql_parser.VectorSelector) or tree.offset is not None or tree.at is not None:
        raise DefinitionError(
            "not a plain selector; write a metric with label matchers, such as http_requests_total"
            '{code=~"5.."}'
        )
    matchers = {Matcher(m.name, _OPERATORS[str(m.op)], m.value) for m in tree.matchers.matchers}
    return Selector(tree.name or "", tuple(sorted(matchers)))


_OPERATORS: dict[str, Operator] = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}
