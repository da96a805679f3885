"""What users do, judged at every tick: the last hour, to five minutes, against the same hour of past weeks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from observatory.application.events.counting import Counting
from observatory.application.steps import FIVE_MINUTES, HOUR
from observatory.catalog import Catalog, ServiceSlo
from observatory.catalog.behaviours import KEPT, behaviours, touched
from observatory.evaluation import Provenance, SloStatus
from observatory.evaluation.behaviours import SEEN, WEEKS, Expected, Hour, expect, statuses
from observatory.measurement import FIELDS

Floats = NDArray[np.float64]
_DAY = 24
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Past:
    """The hours of the weeks before."""

    first: int
    """The end of the first hour, Unix seconds."""
    events: Floats
    """(H, N) by hour and behaviour; NaN where too little of the hour was seen, or an event was on."""

    def same_hour(self, ends: Sequence[int], columns: Sequence[int]) -> Floats:
        """(W, N) events of the hours that end at these moments; one across two hours gets its part of each."""
        return np.array([self._ending(end)[columns] for end in ends])

    def day(self, ends: Sequence[int], columns: Sequence[int]) -> Floats:
        """(W, 24, N) of the 24 whole hours that end at or before each moment."""
        rows = [self._row(end) for end in ends]
        return np.array([self.events[row - _DAY + 1 : row + 1, columns] for row in rows])

    def _ending(self, end: int) -> Floats:
        part = end % HOUR / HOUR
        row = self.events[self._row(end)]
        return np.asarray((1 - part) * row + part * self.events[self._row(end) + 1]) if part else row

    def _row(self, end: int) -> int:
        return (end - self.first) // HOUR


@dataclass(slots=True)
class Behaviours:
    """Call it at every tick; the past is read once an hour, and when more of it is known."""

    counting: Counting
    _past: tuple[Catalog, tuple[int, int], Past] | None = field(default=None, init=False)

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
        past = self._known_past(catalog, entries, until)
        now, before = (self._hour(entries, past, end) for end in (until, until - FIVE_MINUTES))
        on = _going_on(catalog, after=until - FIVE_MINUTES - HOUR, until=until)
        found = statuses(entries, now, before, provenance, events=on)
        return {entry.id: (entry, status) for entry, status in zip(entries, found, strict=True)}

    def _hour(self, entries: Sequence[ServiceSlo], past: Past, end: int) -> Hour:
        columns = [entry.id for entry in entries]
        sums = dict(zip(FIELDS, self.counting.between(columns, end - HOUR, end), strict=True))
        return Hour(sums["total"], (sums["measured"] + sums["idle"]) / HOUR, _usual(entries, past, end))

    def _known_past(self, catalog: Catalog, entries: Sequence[ServiceSlo], until: int) -> Past:
        key = (until // HOUR, self.counting.recorder.rewritten)
        if self._past is None or self._past[0] is not catalog or self._past[1] != key:
            self._past = (catalog, key, self._read(catalog, entries, until // HOUR * HOUR))
        return self._past[2]

    def _read(self, catalog: Catalog, entries: Sequence[ServiceSlo], until: int) -> Past:
        first = until - int(KEPT.total_seconds())
        ends = np.arange(first, until + 1, HOUR, dtype=np.int64)
        held = self.counting.recorder.history.held([entry.id for entry in entries], seconds=HOUR, ends=ends)
        known = held.measured + held.idle >= SEEN * HOUR
        for event in catalog.events.values():
            services = touched(event, catalog)
            columns = np.array([entry.service.name in services for entry in entries])
            for span in event.schedule.spans(_moment(first - HOUR), _moment(until)):
                rows = (ends > span.start.timestamp()) & (ends - HOUR < span.end.timestamp())
                known[np.ix_(rows, columns)] = False
        return Past(first, np.where(known, held.total, np.nan))


def _usual(entries: Sequence[ServiceSlo], past: Past, end: int) -> Expected:
    """What to expect of the hour that ends then, each in its squad's time zone."""
    zones: dict[str, list[int]] = {}
    for n, entry in enumerate(entries):
        zones.setdefault(entry.squad.on_call.timezone, []).append(n)
    hour, day = np.empty((WEEKS, len(entries))), np.empty((WEEKS, _DAY, len(entries)))
    for zone, columns in zones.items():
        ends = weeks_before(end, zone)
        hour[:, columns], day[:, :, columns] = past.same_hour(ends, columns), past.day(ends, columns)
    return expect(hour, day)


def _going_on(catalog: Catalog, *, after: int, until: int) -> Mapping[str, str]:
    """By service: an event that took place then."""
    return {
        service: event.name
        for event in catalog.events.values()
        if any(event.schedule.spans(_moment(after), _moment(until)))
        for service in touched(event, catalog)
    }


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def weeks_before(end: int, zone: str) -> Sequence[int]:
    """The same time of day and of the week in the weeks before, the newest first: people's days move with their clocks."""
    local = datetime.fromtimestamp(end, ZoneInfo(zone)).replace(tzinfo=None)
    moments = (local - week * _WEEK for week in range(1, WEEKS + 1))
    return [int(moment.replace(tzinfo=ZoneInfo(zone)).timestamp()) for moment in moments]
