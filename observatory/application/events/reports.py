"""What is to be known before an event, and what is to be told after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from observatory.alerting import Incident
from observatory.alerting.model import Origin
from observatory.application.drill import Proof, proof
from observatory.application.events.occasions import Watch
from observatory.application.events.readiness import DRILLED_WITHIN, Prepared, items
from observatory.application.ports import AlertStore, Clock
from observatory.application.recorder import HOURS_KEPT
from observatory.application.snapshot import Board, Snapshot
from observatory.application.steps import FIVE_MINUTES, HOUR
from observatory.catalog import Catalog, Event, Span
from observatory.catalog.freezes import last_time, next_time
from observatory.errors import NotFound
from observatory.evaluation import SloStatus
from observatory.evaluation.occasions import Occasion
from observatory.outputs.events import Busiest, EventReport, Line, Paced, Readiness

_PORTION = 7 * 24 * HOUR
"""Seconds of history that are looked through at once, so that memory stays small."""


@dataclass(frozen=True, slots=True)
class Reports:
    """Call its methods with an event's name."""

    board: Board
    alerts: AlertStore
    clock: Clock
    watch: Watch

    def readiness(self, name: str) -> Readiness:
        """Before the next time of an event, or in the middle of it.

        Raises:
            NotFound: there is no such event, or it takes place no more.
            Unavailable: the store can't be reached.
        """
        now, snapshot = self.clock.now(), self.board.snapshot
        event = _event(snapshot.catalog, name)
        span = next_time(event, at=now)
        if span is None:
            raise NotFound(f"{name} does not take place within a year of now.")
        affected = snapshot.catalog.affected(event)
        traffic = self.watch.traffic(event, span, snapshot.catalog, at=now)
        busiest = self._busiest(event.traffic.slo, now) if event.traffic else None
        expected = traffic.expected if traffic else None
        prepared = Prepared(
            event=event,
            span=span,
            affected=affected,
            snapshot=snapshot,
            burning=[one for one in self.alerts.incidents() if one.is_open],
            drills=self._drills(now),
            expected=expected,
            busiest=busiest,
            now=now,
        )
        return Readiness(event, span, now, tuple(items(prepared)), expected, busiest)

    def report(self, name: str, *, start: datetime | None = None) -> EventReport:
        """On the newest time of an event that has begun, or on the one that began at `start`.

        Raises:
            NotFound: there is no such event, or it did not take place then.
            Unavailable: the store can't be reached.
        """
        now, snapshot = self.clock.now(), self.board.snapshot
        event = _event(snapshot.catalog, name)
        span = last_time(event, at=now) if start is None else _beginning_at(event, start)
        if span is None:
            raise NotFound(f"{name} has not begun yet; its readiness report says how it is prepared.")
        at = min(snapshot.at or now, now)
        occasion = self.watch.look(event, span, snapshot.catalog, snapshot.statuses, at=at)
        lines = tuple(_lines(occasion, snapshot, at))
        slo = _most_telling(occasion, lines)
        paced = tuple(self._paced(slo, span, at)) if slo else ()
        return EventReport(occasion, at, lines, self._opened_in(occasion), paced, slo)

    def _paced(self, slo: str, span: Span, at: datetime) -> Iterator[Paced]:
        """What was counted of one SLO, five minutes by five minutes, up to the last whole ones."""
        after, until = int(span.start.timestamp()), int(min(at, span.end).timestamp())
        until -= until % FIVE_MINUTES
        if until <= after or slo not in self.watch.counting.recorder.history.slos:
            return
        counted, minutes = self.watch.counting.five_minutes(slo, after, until), FIVE_MINUTES / 60
        for end, total, bad in zip(counted.ends, counted.total[:, 0], counted.bad[:, 0], strict=True):
            yield Paced(datetime.fromtimestamp(int(end), UTC), float(total) / minutes, float(bad) / minutes)

    def _opened_in(self, occasion: Occasion) -> tuple[Incident, ...]:
        names = {entry.id for entry in occasion.affected} | set(occasion.slices)
        span = occasion.span
        recent = self.alerts.incidents(since=span.start)
        mine = [one for one in recent if one.slo in names and span.start <= one.opened_at < span.end]
        return tuple(sorted(mine, key=lambda one: (one.opened_at, one.slo)))

    def _drills(self, now: datetime) -> Mapping[str, Proof]:
        """The newest test alert of each squad."""
        recent = self.alerts.incidents(since=now - DRILLED_WITHIN)
        drills = [one for one in recent if one.origin is Origin.DRILL]
        newest = {one.squad: one for one in sorted(drills, key=lambda one: one.opened_at)}
        return {squad: proof(self.alerts, drill) for squad, drill in newest.items()}

    def _busiest(self, slo: str, now: datetime) -> Busiest | None:
        """The busiest hour of the last 400 days, read from the store week by week."""
        until = int(now.timestamp()) // HOUR * HOUR
        oldest = until - int(HOURS_KEPT.total_seconds())
        store = self.watch.counting.recorder.store
        found: Busiest | None = None
        for end in range(until, oldest, -_PORTION):
            hours = store.load(seconds=HOUR, after=max(oldest, end - _PORTION), until=end)
            if hours is None or slo not in hours.slos or not len(hours.ends):
                continue
            column = hours.slos.index(slo)
            row = int(hours.total[:, column].argmax())
            total, bad = float(hours.total[row, column]), float(hours.bad[row, column])
            if total and (found is None or total / 60 > found.per_minute):
                moment = datetime.fromtimestamp(int(hours.ends[row]) - HOUR, UTC)
                found = Busiest(total / 60, moment, 1 - bad / total)
        return found


def _most_telling(occasion: Occasion, lines: Sequence[Line]) -> str:
    """The SLO whose traffic is expected, or of whose budget most was spent."""
    if occasion.traffic is not None:
        return occasion.traffic.slo
    spent = {line.slo: line.bad / line.budget if line.budget else 0.0 for line in lines}
    return max(spent, key=lambda slo: spent[slo], default="")


def _event(catalog: Catalog, name: str) -> Event:
    if name not in catalog.events:
        raise NotFound(f'There is no event "{name}".')
    return catalog.events[name]


def _beginning_at(event: Event, start: datetime) -> Span | None:
    spans = event.schedule.spans(start, start + timedelta(seconds=1))
    return next((span for span in spans if span.start == start), None)


def _lines(occasion: Occasion, snapshot: Snapshot, at: datetime) -> Iterator[Line]:
    elapsed = (min(at, occasion.span.end) - occasion.span.start).total_seconds()
    statuses: Mapping[str, SloStatus] = snapshot.statuses
    share = occasion.event.budget
    for entry in occasion.affected:
        counted, status = occasion.counted[entry.id], statuses.get(entry.id)
        budget = status.budget if status else None
        yield Line(
            slo=entry.id,
            squad=entry.squad.name,
            total=counted.total,
            bad=counted.bad,
            covered=min(counted.covered / elapsed, 1.0) if elapsed > 0 else 0.0,
            budget=budget,
            slice=budget * float(share) if budget is not None and share is not None else None,
        )
