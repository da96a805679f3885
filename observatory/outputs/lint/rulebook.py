"""A rule file with everything that its lint may rely on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from observatory.outputs.lint.metrics import Known
from observatory.outputs.lint.promql import Facts, facts, parse
from observatory.outputs.lint.recorded import Recorded
from observatory.outputs.lint.rule_files import RuleFile, RuleView


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression, read."""

    tree: Any
    facts: Facts


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A rule file, and what it may rely on."""

    content: RuleFile
    expressions: dict[str, Parsed]
    """Those that can be parsed."""
    known: Known
    recorded: Recorded

    def parsed(self) -> Iterator[tuple[RuleView, Parsed]]:
        """Rules with their expressions."""
        return (
            (rule, self.expressions[rule.expr])
            for rule in self.content.rules
            if rule.expr in self.expressions
        )

    def alerts(self) -> Iterator[RuleView]:
        """Rules that tell people."""
        return (rule for rule in self.content.rules if rule.alert)


def rulebook(content: RuleFile, known: Known, recorded: Recorded) -> Rulebook:
    """Read every expression once."""
    expressions = {}
    for rule in content.rules:
        try:
            tree = parse(rule.expr)
        except ValueError:
            continue
        expressions[rule.expr] = Parsed(tree, facts(tree))
    return Rulebook(content, expressions, known, recorded)
