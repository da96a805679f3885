"""Servers that rules are shipped to."""

from collections.abc import Sequence
from typing import Protocol

from observatory.outputs.shipping import Rule, RuleGroup


class RuleLoader(Protocol):
    """A Prometheus that loads rule files when it is told to."""

    def reload(self) -> None:
        """Read configuration and rules again; returns when they are in force.

        Raises:
            Refused: it keeps what it had (the new is wrong), or is not started with --web.enable-lifecycle.
            Unavailable: it could not be reached.
            Ambiguous: no answer came.
        """
        ...

    def rules(self) -> frozenset[Rule]:
        """Every rule in force."""
        ...

    def complaint(self, expr: str) -> str | None:
        """What is wrong with this PromQL, in Prometheus's words; None when it parses."""
        ...


class RuleGroupServer(Protocol):
    """A ruler with the API of Mimir and Cortex; raises as DashboardServer does."""

    def groups(self, namespaces: Sequence[str]) -> Sequence[RuleGroup]:
        """The groups that lie in these namespaces."""
        ...

    def put(self, group: RuleGroup) -> None:
        """Create or replace a group."""
        ...

    def remove(self, group: RuleGroup) -> None:
        """Delete a group; one that is gone is no matter."""
        ...
