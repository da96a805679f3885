"""Over what time a promise is kept: the last 30 days at every moment, or the month that is under way."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Discriminator, Field, Tag

from observatory.catalog import notation
from observatory.catalog.definition import Definition
from observatory.catalog.durations import duration_text
from observatory.catalog.written import BadValue

_MEAN_YEAR = timedelta(days=365, hours=5, minutes=49, seconds=12)
"""Of the Gregorian calendar: 146 097 days in 400 years."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """The half-open span (starts, ends] that a window is at some moment."""

    starts: datetime
    ends: datetime

    @property
    def length(self) -> timedelta:
        """A day on which clocks change has 23 or 25 hours."""
        return self.ends.astimezone(UTC) - self.starts.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Rolling:
    """The last `length` of time, at every moment."""

    length: timedelta = timedelta(days=30)

    @property
    def label(self) -> str:
        """What outputs call it: 30d."""
        return duration_text(self.length)

    @property
    def longest(self) -> timedelta:
        """How long it can be: it is always the same."""
        return self.length

    def period(self, at: datetime) -> Period:
        """What it is at a moment."""
        return Period(at - self.length, at)


class Calendar(Definition):
    """The week, month, quarter or year under way; its budget begins anew with the next."""

    calendar: Literal["week", "month", "quarter", "year"] = Field(examples=["month"])
    """Weeks begin on Monday."""
    timezone: Annotated[str, notation.TIME_ZONE] = Field(examples=["Europe/Stockholm"])
    """Whose midnight it begins at."""

    @property
    def length(self) -> timedelta:
        """The mean length: what burn rates refer to, so that an alert asks the same in February and in March."""
        return timedelta(weeks=1) if self.calendar == "week" else _MEAN_YEAR * _MONTHS[self.calendar] / 12

    @property
    def longest(self) -> timedelta:
        """The longest that one can be, clocks that change and a day more for the zone included."""
        return {
            "week": timedelta(days=8),
            "month": timedelta(days=32),
            "quarter": timedelta(days=93),
            "year": timedelta(days=367),
        }[self.calendar]

    @property
    def label(self) -> str:
        """What outputs call it: month Europe/Stockholm."""
        return f"{self.calendar} {self.timezone}"

    def period(self, at: datetime) -> Period:
        """The one that is under way at a moment; at the very moment at which one ends, that one."""
        return _period(self.calendar, self.timezone, at)


@lru_cache(maxsize=4096)
def _period(calendar: str, timezone: str, at: datetime) -> Period:
    zone = ZoneInfo(timezone)
    first = _beginning(calendar, at.astimezone(zone).date())
    starts = _midnight(first, zone)
    if starts >= at:
        first = _beginning(calendar, first - timedelta(days=1))
        starts = _midnight(first, zone)
    return Period(starts, _midnight(_next(calendar, first), zone))


def _beginning(calendar: str, day: date) -> date:
    """The first day of the week, month, quarter or year that a day lies in."""
    if calendar == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[calendar]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _next(calendar: str, first: date) -> date:
    """The first day of the next one."""
    return _beginning(
        calendar, first + timedelta(days={"week": 7, "month": 31, "quarter": 92}.get(calendar, 366))
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day.

    Where clocks are put forward at midnight there is no 0:00 and the day begins as they are; where they are put back,
    it begins at the first of two (PEP 495, fold=0, means both).
    """
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@cache
def _rolling(length: timedelta) -> Rolling:
    """One for each length, however many SLOs have it."""
    return Rolling(length)


def _read_rolling(value: object) -> object:
    """`30d` to Rolling: whole days, since budgets are kept in buckets of an hour for 400 days."""
    if isinstance(value, Rolling):
        return value
    length = notation.read_duration(value, example="30d")
    if not isinstance(length, timedelta):
        rule = "a window is the length of a rolling window, or a calendar's"
        raise BadValue(rule, example="30d or {calendar: month, timezone: Europe/Stockholm}")
    if length % timedelta(days=1) or length > timedelta(days=365):
        raise BadValue("a rolling window is a whole number of days, at most 365", example="30d")
    return _rolling(length)


TAGS = ("rolling window", "calendar window")
"""How pydantic tells windows apart; no steps of a document's path."""


def _tag(value: object) -> str:
    return TAGS[isinstance(value, (dict, Calendar))]


_ROLLING = notation.Notation(_read_rolling, {"type": "string", "pattern": r"^\d{1,3}d$", "examples": ["30d"]})
Window = Annotated[
    Annotated[Rolling, _ROLLING, Tag(TAGS[0])] | Annotated[Calendar, Tag(TAGS[1])], Discriminator(_tag)
]
