"""SLOs that are evaluated together, tick after tick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Self

from observatory.catalog import Calendar, ServiceSlo
from observatory.evaluation.promises import Promises
from observatory.evaluation.tiers import windows_for


@dataclass(frozen=True, eq=False)
class Roster:
    """What follows from the definitions alone: worked out when it is asked for first, and as long as they are in force."""

    entries: tuple[ServiceSlo, ...]

    @classmethod
    def of(cls, entries: "Roster | Sequence[ServiceSlo]") -> "Roster | Self":
        """These SLOs; the same roster, if it is one."""
        return entries if isinstance(entries, Roster) else cls(tuple(entries))

    @cached_property
    def windows(self) -> Mapping[str, timedelta | Calendar]:
        """Every window that has to be summed, by its label."""
        return windows_for(self.entries)

    @cached_property
    def promises(self) -> Promises:
        """What each promises over the window that decides."""
        return Promises.read(self.entries)

    @cached_property
    def further(self) -> Promises:
        """What each promises over further windows."""
        return Promises.further(self.entries)
