"""What users did, tick by tick over a span of the past: judged as a service that had run all the time would have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from observatory.application.behaviours import Weeks, zone_of
from observatory.application.past import Span
from observatory.application.steps import FIVE_MINUTES, HOUR
from observatory.catalog import Catalog, ServiceSlo
from observatory.catalog.behaviours import KEPT, touched
from observatory.evaluation import Provenance, SloStatus
from observatory.evaluation.behaviours import Expected, Hour, statuses
from observatory.measurement import RunningSums

Ends = NDArray[np.int64]
LEAD = int(KEPT.total_seconds()) + 2 * HOUR
"""Seconds before a span that matter to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """How a behaviour stood at every tick: judged every five minutes, and said until the next."""

    entry: ServiceSlo
    ends: Ends
    judged: Sequence[SloStatus]
    """(M,) every five minutes."""
    row: NDArray[np.intp]
    """(T,) which of them each tick says."""

    def firing(self) -> NDArray[np.bool_]:
        """(T,) whether fewer than expected came."""
        return self._each([any(tier.firing for tier in status.tiers) for status in self.judged])

    def known(self) -> NDArray[np.bool_]:
        """(T,) whether it could be judged."""
        return self._each(
            [status.shortfall is not None and status.shortfall.unknown is None for status in self.judged]
        )

    def remaining(self) -> NDArray[np.float64]:
        """(T,) how much of what was expected came, at most 1; NaN where that is unknown."""
        came = [np.nan if status.remaining is None else status.remaining for status in self.judged]
        return np.array(came, dtype=np.float64)[self.row]

    def burning(self, window: str) -> NDArray[np.bool_]:  # noqa: ARG002 - there is but one
        """(T,) whether fewer came than would be enough again."""
        return self._each([any(tier.clear is False for tier in status.tiers) for status in self.judged])

    def status(self, row: int) -> SloStatus:
        """What a tick would have said."""
        at = datetime.fromtimestamp(int(self.ends[row]), UTC)
        return replace(self.judged[int(self.row[row])], at=at)

    def _each(self, of: Sequence[bool]) -> NDArray[np.bool_]:
        return np.array(of, dtype=np.bool_)[self.row]


def judge_past(entry: ServiceSlo, counted: RunningSums, span: Span, catalog: Catalog) -> Judged:
    """A behaviour at every tick of a span; `counted` should begin `LEAD` before it."""
    ends = np.arange(span.after + counted.tick, span.until + 1, counted.tick, dtype=np.int64)
    fives = np.unique(ends // FIVE_MINUTES * FIVE_MINUTES)
    first = -(-counted.after // HOUR) * HOUR + HOUR
    hours = counted.hours(np.arange(first, span.until + 1, HOUR, dtype=np.int64))
    weeks = Weeks.of(hours, [entry], catalog)
    now, before = (_hour(entry, counted, weeks, at) for at in (fives, fives - FIVE_MINUTES))
    at = datetime.fromtimestamp(int(fives[-1]), UTC)
    on = _events(entry, fives, catalog)
    found = statuses([entry] * len(fives), now, before, Provenance(at, at), events=on)
    return Judged(entry, ends, list(found), np.searchsorted(fives, ends // FIVE_MINUTES * FIVE_MINUTES))


def not_measured(entry: ServiceSlo, failure: str, *, at: datetime) -> SloStatus:
    """One whose query failed, in Prometheus's words."""
    nothing = np.zeros(1)
    unknown = Expected(np.full(1, np.nan), np.full(1, np.nan), np.zeros(1, dtype=np.int64))
    hour = Hour(nothing, nothing, unknown)
    (status,) = statuses([entry], hour, hour, Provenance(at, at, {entry.id: failure}))
    return status


def _hour(entry: ServiceSlo, counted: RunningSums, weeks: Weeks, ends: Ends) -> Hour:
    """The hours that end at these moments."""
    total, measured, idle = (
        counted.between(name, ends - HOUR, ends) for name in ("total", "measured", "idle")
    )
    usual = weeks.usual(ends, np.zeros(len(ends), dtype=np.intp), [zone_of(entry)] * len(ends))
    return Hour(total, (measured + idle) / HOUR, usual)


def _events(entry: ServiceSlo, ends: Ends, catalog: Catalog) -> Sequence[str | None]:
    """Of each moment, the event that went on in its hour or the one judged before it."""
    begins = ends - FIVE_MINUTES - HOUR
    first, last = (datetime.fromtimestamp(int(moment), UTC) for moment in (begins[0], ends[-1]))
    on: list[str | None] = [None] * len(ends)
    for event in catalog.events.values():
        spans = event.schedule.spans(first, last) if entry.service.name in touched(event, catalog) else ()
        for span in spans:
            overlaps = (ends > span.start.timestamp()) & (begins < span.end.timestamp())
            for row in np.flatnonzero(overlaps).tolist():
                on[row] = event.name
    return on
