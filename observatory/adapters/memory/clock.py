"""A clock that stands still until it is moved."""

from datetime import datetime, timedelta


class ManualClock:
    """Says what it was told."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """The moment it was last set to."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward."""
        self._now += by
