"""Plans for one span of the past after another, most of which are asked of the same SLOs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from observatory.catalog import ServiceSlo
from observatory.planning import Plan, plan


@dataclass(slots=True)
class Planner:
    """Call it with SLOs; as long as they are the same ones, it gives the same plan."""

    tick: int
    """Seconds."""
    _entries: tuple[ServiceSlo, ...] = field(default=(), init=False)
    _plan: Plan | None = field(default=None, init=False)

    def __call__(self, entries: Sequence[ServiceSlo]) -> Plan:
        """What to ask of these SLOs."""
        asked = tuple(entries)
        if self._plan is None or asked != self._entries:
            self._entries, self._plan = asked, plan(asked, tick=self.tick)
        return self._plan
