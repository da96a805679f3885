"""Where buckets are kept."""

from collections.abc import Sequence
from typing import Protocol

from observatory.measurement import Buckets


class HistoryStore(Protocol):
    """Buckets that outlive the process, and outlive Prometheus's retention."""

    def save(self, buckets: Buckets) -> None:
        """Write in one transaction. A cell (seconds, end, slo) that exists is replaced: saving twice changes nothing."""
        ...

    def load(self, *, seconds: int, after: int, until: int) -> Buckets | None:
        """Every bucket of this length with after < end <= until; cells never saved have measured = idle = 0."""
        ...

    def news(self, *, after: int | None) -> tuple[int, Sequence[Buckets]]:
        """What was saved since, in the order in which it was; a cell that comes twice counts as it came last.

        Args:
            after: what this gave the time before; None: only from where to go on.

        Returns:
            From where to go on, and the buckets.
        """
        ...

    def ends(self, *, seconds: int) -> tuple[int, int] | None:
        """The oldest and the newest bucket end of this length."""
        ...

    def covered_from(self) -> dict[str, int]:
        """For every SLO ever backfilled: the Unix second from which its history is complete."""
        ...

    def mark_covered(self, slos: Sequence[str], *, since: int) -> None:
        """Remember that these SLOs' history is complete from `since`."""
        ...

    def prune(self, *, seconds: int, before: int) -> None:
        """Forget buckets of this length that ended before."""
        ...
