"""A squad's working hours: when a ticket may reach people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from observatory.errors import DefinitionError

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK = 7
_USUAL = "Mon-Fri 09:00-18:00"


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Days of the week, and wall-clock times in a zone; an end before the start lies on the next day."""

    days: frozenset[int]
    """0 is Monday."""
    opens: timedelta
    closes: timedelta
    """Both by the clock on the wall, after the midnight that begins the day: 24:00 and the next morning can be said."""
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str, timezone: str) -> Self:
        """`Mon-Fri 09:00-18:00` in an IANA zone.

        Raises:
            DefinitionError: it is written otherwise.
        """
        try:
            days, times = text.split()
            first, _, last = days.partition("-")
            start, end = (_DAYS.index(day) for day in (first, last or first))
            opens, closes = (_since_midnight(clock) for clock in times.split("-"))
        except ValueError as error:
            raise DefinitionError(
                f"working hours {text!r} are not understood; write Mon-Fri 09:00-18:00"
            ) from error
        span = (end - start) % _WEEK + 1
        return cls(
            days=frozenset((start + day) % _WEEK for day in range(span)),
            opens=opens,
            closes=closes if closes > opens else closes + timedelta(days=1),
            zone=ZoneInfo(timezone),
        )

    def next_open(self, now: datetime) -> datetime:
        """`now` within working hours, or else when they next begin; in UTC."""
        today = now.astimezone(self.zone).date()
        for day in (today + timedelta(days=ahead) for ahead in range(-1, _WEEK + 1)):
            if day.weekday() in self.days and now < _at(day, self.closes, self.zone, fold=1):
                return max(now, _at(day, self.opens, self.zone)).astimezone(UTC)
        raise AssertionError("a week has a working day")


def morning(now: datetime, *, hours: str | None, timezone: str) -> datetime:
    """When a squad's next morning begins by the clock on its wall, on any day of the week; in UTC.

    A squad without working hours begins at 09:00.
    """
    day = WorkingHours.read(hours or _USUAL, timezone)
    today = now.astimezone(day.zone).date()
    mornings = (_at(today + timedelta(days=ahead), day.opens, day.zone) for ahead in range(3))
    return next(begins for begins in mornings if begins > now)


def _at(day: date, after_midnight: timedelta, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """The instant at which the wall clock shows this; of an hour that comes twice, the first (`fold` 1: the last)."""
    shown = datetime.combine(day, time(), zone) + after_midnight
    return shown.replace(fold=fold).astimezone(UTC)


def _since_midnight(clock: str) -> timedelta:
    hours, minutes = clock.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
