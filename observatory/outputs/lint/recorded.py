"""What the recording rules of all files make, and with which labels: what alerts and dashboards can hope to find."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import promql_parser as promql

from observatory.outputs.lint.promql import children
from observatory.outputs.lint.rule_files import RuleView


@dataclass(frozen=True, slots=True)
class Recorded:
    """Recording rules by what they write down: metric to label to values. A label that one rule leaves open is not there."""

    labels: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def never(self, tree: Any) -> Iterator[str]:
        """Selectors of recorded series that match none of them, in a sentence each."""
        for selector in selectors(tree):
            known = self.labels.get(selector.name or "", {})
            for matcher in selector.matchers.matchers:
                values = known.get(matcher.name)
                if values is not None and not any(_matches(matcher, value) for value in values):
                    yield f'{selector.name} is never recorded with {matcher.name}="{matcher.value}"'


def recorded(rules: Iterable[RuleView]) -> Recorded:
    """What these rules write down."""
    found: dict[str, dict[str, set[str]]] = {}
    for rule in rules:
        if not rule.record:
            continue
        if rule.record not in found:
            found[rule.record] = {label: {value} for label, value in rule.labels.items()}
            continue
        known = found[rule.record]
        for label in [*known]:
            if label in rule.labels:
                known[label].add(rule.labels[label])
            else:
                del known[label]
    return Recorded(
        {
            metric: {label: frozenset(values) for label, values in labels.items()}
            for metric, labels in found.items()
        }
    )


def selectors(tree: Any) -> Iterator[Any]:
    """Every series selector of an expression."""
    match tree:
        case promql.VectorSelector():
            yield tree
        case promql.MatrixSelector():
            yield tree.vector_selector
        case _:
            for child in children(tree):
                yield from selectors(child)


def could_make(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a rule with these labels may record what a selector selects: none of its labels says otherwise."""
    matchers = (matcher for matcher in selector.matchers.matchers if matcher.name in labels)
    return all(_matches(matcher, labels[matcher.name]) for matcher in matchers)


def _matches(matcher: Any, value: str) -> bool:
    if matcher.op in (promql.MatchOp.Equal, promql.MatchOp.NotEqual):
        return bool((value == matcher.value) == (matcher.op == promql.MatchOp.Equal))
    try:
        return bool((re.fullmatch(matcher.value, value) is not None) == (matcher.op == promql.MatchOp.Re))
    except re.error:  # RE2 knows a few things that Python does not
        return True
