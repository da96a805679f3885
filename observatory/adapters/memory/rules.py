"""Evaluators of rules in memory: a Prometheus that loads a folder, and a ruler that is sent groups."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import promql_parser

from observatory.application.ports import Documents
from observatory.errors import Refused
from observatory.outputs.shipping import Rule, RuleGroup, rules_in


@dataclass(slots=True)
class MemoryLoader:
    """A rule loader over a folder; it keeps what it had when an expression does not parse."""

    folder: Documents
    reads: bool = True
    """Whether its configuration names the folder."""
    _loaded: frozenset[Rule] = frozenset()

    def reload(self) -> None:
        """See `RuleLoader.reload`."""
        found = [
            rule
            for name, text in self.folder.read().items()
            if self.reads and name.endswith(".yml")
            for rule in rules_in(text)
        ]
        if any(self.complaint(rule.expr) for rule in found):
            raise Refused("failed to reload config", code="500")
        self._loaded = frozenset(found)

    def rules(self) -> frozenset[Rule]:
        """See `RuleLoader.rules`."""
        return self._loaded

    def complaint(self, expr: str) -> str | None:
        """See `RuleLoader.complaint`."""
        try:
            promql_parser.parse(expr)
        except ValueError as error:
            return str(error)
        return None


@dataclass(slots=True)
class MemoryRuler:
    """A ruler of one tenant."""

    most_rules: int | None = None
    """A limit of rules a group, as tenants have them."""
    puts: int = 0
    _groups: dict[tuple[str, str], RuleGroup] = field(default_factory=dict)

    def groups(self, namespaces: Sequence[str]) -> Sequence[RuleGroup]:
        """See `RuleGroupServer.groups`."""
        return [group for group in self._groups.values() if group.namespace in namespaces]

    def put(self, group: RuleGroup) -> None:
        """See `RuleGroupServer.put`."""
        if self.most_rules is not None and group.text.count("expr:") > self.most_rules:
            raise Refused(
                f"per-user rules per rule group limit (limit: {self.most_rules}) exceeded", code="400"
            )
        self.puts += 1
        self._groups[group.namespace, group.name] = group

    def remove(self, group: RuleGroup) -> None:
        """See `RuleGroupServer.remove`."""
        self._groups.pop((group.namespace, group.name), None)
