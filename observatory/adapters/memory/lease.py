"""The lease of a process that has no replicas."""

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta


class Alone:
    """`Lease` that is always ours: SQLite has one Observatory, and a test has one."""

    @property
    def length(self) -> timedelta:
        """For ever."""
        return timedelta.max

    def hold(self) -> int | None:
        """The first term, which never ends."""
        return 1

    def term(self, number: int) -> AbstractContextManager[None]:  # noqa: ARG002 - the port's signature
        """Nobody else writes."""
        return nullcontext()

    def release(self) -> None:
        """There is nobody to give it to."""
