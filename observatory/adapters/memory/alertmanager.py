"""An Alertmanager that holds what it is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from observatory.application.ports import Held, Pushed
from observatory.errors import Refused, Unavailable


@dataclass(slots=True)
class MemoryAlertmanager:
    """`Alertmanager` in memory. `refuses` is asked of each alert that is pushed; `down`: nothing answers."""

    name: str = "memory"
    held: list[Held] = field(default_factory=list)
    pushed: list[Pushed] = field(default_factory=list)
    refuses: Callable[[Pushed], bool] = lambda _: False
    down: bool = False
    batches: int = 0

    def alerts(self) -> Sequence[Held]:
        """All that it was given."""
        self._answer()
        return tuple(self.held)

    def push(self, alerts: Sequence[Pushed]) -> None:
        """One refused alert costs the whole batch, as a schema error does."""
        self._answer()
        self.batches += 1
        if any(self.refuses(alert) for alert in alerts):
            raise Refused("a label is wrong", code="422")
        self.pushed += alerts

    def _answer(self) -> None:
        if self.down:
            raise Unavailable(f"Alertmanager {self.name} can't be reached")
