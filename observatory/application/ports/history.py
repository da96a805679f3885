"""Where buckets are kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from observatory.measurement import Buckets


@dataclass(frozen=True, slots=True)
class Kept:
    """Buckets as they were saved, one part after another: all of them together may not fit twice into memory."""

    slos: tuple[str, ...]
    """Of all parts, maybe more."""
    parts: Iterator[Buckets]
    """In the order in which they were saved: a cell that comes twice counts as it came last."""


class HistoryStore(Protocol):
    """Buckets that outlive the process, and outlive Prometheus's retention."""

    def save(self, buckets: Buckets) -> None:
        """Write in one transaction. A cell (seconds, end, slo) that exists is replaced: saving twice changes nothing."""
        ...

    def load(self, *, seconds: int, after: int, until: int) -> Buckets | None:
        """Every bucket of this length with after < end <= until; cells never saved have measured = idle = 0."""
        ...

    def parts(self, *, seconds: int, after: int, until: int) -> Kept:
        """The same buckets as `load` gives, part by part."""
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
