"""What users do, judged at every tick: the last hour, to five minutes, against the same hour of past weeks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from observatory.application.events.counting import Counting
from observatory.application.steps import FIVE_MINUTES, HOUR
from observatory.catalog import Catalog, ServiceSlo
from observatory.catalog.behaviours import KEPT, WEEKS, behaviours, touched
from observatory.evaluation import Provenance, SloStatus
from observatory.evaluation.behaviours import SEEN, Expected, Hour, expect, statuses
from observatory.measurement import FIELDS, Buckets, covered

Floats = NDArray[np.float64]
Ends = NDArray[np.int64]
Columns = NDArray[np.intp]
_DAY = 24
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Weeks:
    """The hours of the weeks before."""

    first: int
    """The end of the first hour, Unix seconds."""
    events: Floats
    """(H, N) by hour and behaviour; NaN where too little of the hour was seen, or an event was on."""

    @classmethod
    def of(cls, hours: Buckets, entries: Sequence[ServiceSlo], catalog: Catalog) -> "Weeks":
        """From consecutive hours of these behaviours."""
        known = covered(hours) >= SEEN * HOUR
        begin, until = _moment(int(hours.ends[0]) - HOUR), _moment(int(hours.ends[-1]))
        for event in catalog.events.values():
            services = touched(event, catalog)
            columns = np.array([entry.service.name in services for entry in entries])
            for span in event.schedule.spans(begin, until):
                rows = (hours.ends > span.start.timestamp()) & (hours.ends - HOUR < span.end.timestamp())
                known[np.ix_(rows, columns)] = False
        return cls(int(hours.ends[0]), np.where(known, hours.total, np.nan))

    def usual(self, ends: Ends, columns: Columns, zones: Sequence[str]) -> Expected:
        """What to expect of M hours, each of a behaviour (its column) and told in its squad's time zone."""
        same = np.array([weeks_before(end, zone) for end, zone in zip(ends.tolist(), zones, strict=True)]).T
        return expect(self._ending(same, columns), self._day(same, columns))

    def _ending(self, ends: Ends, columns: Columns) -> Floats:
        """(W, M) events of the hours with these ends (W, M); one across two hours gets its part of each."""
        part, row = ends % HOUR / HOUR, self._rows(ends)
        later = self.events[np.minimum(row + 1, len(self.events) - 1), columns]
        first = self.events[row, columns]
        return np.where(part > 0, (1 - part) * first + part * later, first)

    def _day(self, ends: Ends, columns: Columns) -> Floats:
        """(W, 24, M) of the 24 whole hours that end at or before each moment."""
        rows = self._rows(ends)[:, None, :] + np.arange(1 - _DAY, 1)[:, None]
        return np.asarray(self.events[rows, columns])

    def _rows(self, ends: Ends) -> Ends:
        return np.asarray((ends - self.first) // HOUR)


@dataclass(slots=True)
class Behaviours:
    """Call it at every tick; the past is read once an hour, and when more of it is known."""

    counting: Counting
    _weeks: tuple[Catalog, tuple[int, int], Weeks] | None = field(default=None, init=False)

    def __call__(
        self, catalog: Catalog, provenance: Provenance
    ) -> Mapping[str, tuple[ServiceSlo, SloStatus]]:
        """Every behaviour and how it stands, by id.

        Raises:
            Unavailable: the store can't be reached.
        """
        entries = tuple(behaviours(catalog))
        if not entries:
            return {}
        until = int(provenance.at.timestamp()) // FIVE_MINUTES * FIVE_MINUTES
        weeks = self._known_weeks(catalog, entries, until)
        now, before = (self._hour(entries, weeks, end) for end in (until, until - FIVE_MINUTES))
        on = going_on(catalog, after=until - FIVE_MINUTES - HOUR, until=until)
        events = [on.get(entry.service.name) for entry in entries]
        found = statuses(entries, now, before, provenance, events=events)
        return {entry.id: (entry, status) for entry, status in zip(entries, found, strict=True)}

    def _hour(self, entries: Sequence[ServiceSlo], weeks: Weeks, end: int) -> Hour:
        sums = self.counting.between([entry.id for entry in entries], end - HOUR, end)
        counted = dict(zip(FIELDS, sums, strict=True))
        ends, columns = np.full(len(entries), end), np.arange(len(entries))
        usual = weeks.usual(ends, columns, [zone_of(entry) for entry in entries])
        return Hour(counted["total"], (counted["measured"] + counted["idle"]) / HOUR, usual)

    def _known_weeks(self, catalog: Catalog, entries: Sequence[ServiceSlo], until: int) -> Weeks:
        key = (until // HOUR, self.counting.recorder.rewritten)
        if self._weeks is None or self._weeks[0] is not catalog or self._weeks[1] != key:
            last = until // HOUR * HOUR
            ends = np.arange(last - int(KEPT.total_seconds()), last + 1, HOUR, dtype=np.int64)
            hours = self.counting.recorder.hours([entry.id for entry in entries], ends=ends)
            self._weeks = (catalog, key, Weeks.of(hours, entries, catalog))
        return self._weeks[2]


def zone_of(entry: ServiceSlo) -> str:
    """By whose clock its days are told."""
    return entry.squad.on_call.timezone


def going_on(catalog: Catalog, *, after: int, until: int) -> Mapping[str, str]:
    """By service: an event that took place then."""
    return {
        service: event.name
        for event in catalog.events.values()
        if any(event.schedule.spans(_moment(after), _moment(until)))
        for service in touched(event, catalog)
    }


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=1024)
def weeks_before(end: int, zone: str) -> Sequence[int]:
    """The same time of day and of the week in the weeks before, the newest first: people's days move with their clocks."""
    local = datetime.fromtimestamp(end, ZoneInfo(zone)).replace(tzinfo=None)
    moments = (local - week * _WEEK for week in range(1, WEEKS + 1))
    return [int(moment.replace(tzinfo=ZoneInfo(zone)).timestamp()) for moment in moments]
