"""Who of several replicas evaluates."""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol


class Lease(Protocol):
    """The right to evaluate: one replica has it at a time, for as long as it goes on asking for it."""

    @property
    def length(self) -> timedelta:
        """How long a term lasts unless it is renewed."""
        ...

    def hold(self) -> int | None:
        """Take the lease when it is free, or make ours last again from now.

        Returns:
            The term's number, larger than every one before, the same while we hold on; None: another replica has it.

        Raises:
            Unavailable: it can't be asked for; ours goes on to its end.
        """
        ...

    def term(self, number: int) -> AbstractContextManager[None]:
        """What this thread writes meanwhile is refused when the term is over: the fencing token of each transaction."""
        ...

    def release(self) -> None:
        """Give it up at once, so that another replica need not wait for its end; nothing when it is not ours."""
        ...
