"""The clock: the only reader of the time."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """This moment."""
        return datetime.now(UTC)  # noqa: TID251 - the one home of the clock
