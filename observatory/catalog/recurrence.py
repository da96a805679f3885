"""When something takes place: a local time in a zone, how long it lasts, and an RRULE (RFC 5545) when it comes back.

Recurrences are counted on the clock of the zone, as people mean them: "Sundays at two" stays at two when the clocks
change. A time that the clocks skip is read with the offset before the change (02:30 becomes 03:30), one that they
show twice is the first of the two; both are what RFC 5545, section 3.3.5, asks for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from observatory.catalog.written import Ambiguous, BadValue

MOST_YEARS = 20
"""A rule is followed this long from its start: one that never comes true must come to an end as well."""
_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::00)?")
_EXAMPLE = "2026-12-04 00:00"
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
_SOME_DAY = datetime(2026, 1, 1)  # noqa: DTZ001 - on no particular clock
_YEAR = timedelta(days=366)
_RULE_EXAMPLE = "FREQ=WEEKLY;BYDAY=SU"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A time from `start` up to `end`, both in UTC."""

    start: datetime
    end: datetime

    def overlaps(self, after: datetime, until: datetime) -> bool:
        """Whether any of it lies between two moments."""
        return self.start < until and self.end > after

    def contains(self, moment: datetime) -> bool:
        """Whether it is going on."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something takes place, once or again and again."""

    start: datetime
    """Of the first time, on the clock of the zone: it has no offset of its own."""
    length: timedelta
    timezone: str
    repeat: str | None = None
    """An RRULE."""
    skip: frozenset[date] = frozenset()
    """Local days on which it does not take place though the rule says so."""

    def spans(self, after: datetime, until: datetime) -> Iterator[Span]:
        """Every time it takes place, at least in part, between two moments; ascending."""
        zone = ZoneInfo(self.timezone)
        day = timedelta(days=1)
        earliest = after.astimezone(zone).replace(tzinfo=None) - self.length - day
        latest = until.astimezone(zone).replace(tzinfo=None) + day
        for local in self._starts(earliest, latest):
            begin = in_utc(local, self.timezone)
            span = Span(begin, begin + self.length)
            if local.date() not in self.skip and span.overlaps(after, until):
                yield span

    def ever(self) -> bool:
        """Whether it takes place at all."""
        begin = in_utc(self.start, self.timezone)
        return next(self.spans(begin - self.length, begin + MOST_YEARS * _YEAR), None) is not None

    def _starts(self, earliest: datetime, latest: datetime) -> Iterator[datetime]:
        if self.repeat is None:
            return iter([self.start] if earliest <= self.start <= latest else [])
        rule, most = _rule(self.repeat, self.start)
        starts = islice(rule, most)
        return (start for start in _until(starts, latest) if start >= earliest)


def in_utc(local: datetime, timezone: str) -> datetime:
    """What a clock in a zone shows, as a moment; `fold=0` is how Python spells RFC 5545's two choices."""
    return local.replace(tzinfo=ZoneInfo(timezone), fold=0).astimezone(UTC)


def read_local_time(value: object) -> object:
    """`2026-12-04 00:00` to a datetime without an offset; the zone is a key of its own."""
    text = value.text if isinstance(value, Ambiguous) else value
    if not isinstance(text, str):
        return value
    found = _LOCAL.fullmatch(text)
    shape = "a time is a day and a time of a 24-hour clock, without an offset: the zone is said by timezone"
    if found is None:
        raise BadValue(shape, example=_EXAMPLE)
    try:
        return datetime.fromisoformat(f"{found[1]} {found[2]}")
    except ValueError:
        raise BadValue(f"there is no such day or time; {shape}", example=_EXAMPLE) from None


def read_day(value: object) -> object:
    """`2026-12-25` to a date."""
    text = value.text if isinstance(value, Ambiguous) else value
    if not isinstance(text, str):
        return value
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadValue("a day is written as year, month and day", example="2026-12-25") from None


def read_rule(value: object) -> object:
    """An RRULE, kept as text; refused where it could not be followed."""
    if not isinstance(value, str):
        return value
    parts = _parts(value)
    if parts.get("FREQ") not in _FREQUENCIES:
        rule = f"a repetition is an RRULE of RFC 5545 whose FREQ is one of {', '.join(_FREQUENCIES)}"
        raise BadValue(rule, example=_RULE_EXAMPLE)
    if parts.get("UNTIL", "").endswith("Z"):
        raise BadValue(
            "UNTIL is on the clock of the event's own zone, so it ends without Z",
            example=value.replace(parts["UNTIL"], parts["UNTIL"][:-1]),
        )
    if "DTSTART" in value.upper():
        raise BadValue("when it begins is said by start, not by DTSTART", example=_RULE_EXAMPLE)
    if parts.get("INTERVAL") == "0":
        raise BadValue("an INTERVAL is at least 1", example="FREQ=WEEKLY;INTERVAL=2;BYDAY=SU")
    try:
        dates, most = _rule(value, _SOME_DAY)
        next(islice(dates, most), None)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise BadValue(f"not an RRULE of RFC 5545: {error}", example=_RULE_EXAMPLE) from None
    return value


def _parts(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.upper().removeprefix("RRULE:").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


@lru_cache(maxsize=4096)
def _rule(text: str, start: datetime) -> tuple[rrule, int | None]:
    """The rule without its COUNT, which is how many are taken of it: so that both end, whatever it says."""
    parts = _parts(text)
    count = parts.pop("COUNT", None)
    horizon = start + MOST_YEARS * _YEAR
    rest = ";".join(f"{name}={value}" for name, value in parts.items())
    rule = rrulestr(rest, dtstart=start, cache=True)
    if not isinstance(rule, rrule):
        raise BadValue("one RRULE is expected here", example=_RULE_EXAMPLE)
    if "UNTIL" not in parts:
        rule = rule.replace(until=horizon)
    return rule, None if count is None else int(count)


def _until(starts: Iterator[datetime], latest: datetime) -> Iterator[datetime]:
    for start in starts:
        if start > latest:
            return
        yield start
