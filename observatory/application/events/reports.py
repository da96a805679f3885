"""What is to be known before an event, and what is to be told after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from observatory.alerting import Incident
from observatory.application.events.occasions import Watch
from observatory.application.ports import AlertStore, Clock
from observatory.application.recorder import HOURS_KEPT
from observatory.application.snapshot import Board, Snapshot
from observatory.application.steps import HOUR
from observatory.catalog import Catalog, Event, ServiceSlo, Span
from observatory.catalog.freezes import freezes, last_time, next_time
from observatory.errors import NotFound
from observatory.evaluation import Severity, SloStatus, State
from observatory.evaluation.occasions import Occasion
from observatory.evaluation.states import COMPLETE
from observatory.outputs.events import Busiest, EventReport, Grade, Item, Line, Readiness

_UNKNOWN = (State.NO_DATA, State.STALE, State.QUERY_FAILED)
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
        items = (
            *(item for entry in affected for item in _of_slo(event, entry, snapshot.statuses.get(entry.id))),
            *self._incidents(affected),
            *_of_dependencies(affected, snapshot),
            *_of_traffic(event, expected, busiest),
            *_of_people(event, affected, snapshot.catalog),
            *_of_calendar(event, span, affected, snapshot.catalog, now=now),
        )
        return Readiness(event, span, now, items, expected, busiest)

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
        return EventReport(occasion, at, tuple(_lines(occasion, snapshot, at)), self._opened_in(occasion))

    def _opened_in(self, occasion: Occasion) -> tuple[Incident, ...]:
        names = {entry.id for entry in occasion.affected} | set(occasion.slices)
        span = occasion.span
        recent = self.alerts.incidents(since=span.start)
        mine = [one for one in recent if one.slo in names and span.start <= one.opened_at < span.end]
        return tuple(sorted(mine, key=lambda one: (one.opened_at, one.slo)))

    def _incidents(self, affected: Sequence[ServiceSlo]) -> Iterator[Item]:
        names = {entry.id for entry in affected}
        burning = [one for one in self.alerts.incidents() if one.is_open and one.slo in names]
        for one in burning:
            grade = Grade.FAIL if one.severity is Severity.PAGE else Grade.WARN
            yield Item("incidents", one.slo, grade, f"an open {one.severity}, {one.state}")
        if not burning:
            yield Item("incidents", "all", Grade.OK, "nothing is open")

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


def _event(catalog: Catalog, name: str) -> Event:
    if name not in catalog.events:
        raise NotFound(f'There is no event "{name}".')
    return catalog.events[name]


def _beginning_at(event: Event, start: datetime) -> Span | None:
    spans = event.schedule.spans(start, start + timedelta(seconds=1))
    return next((span for span in spans if span.start == start), None)


def _of_slo(event: Event, entry: ServiceSlo, status: SloStatus | None) -> Iterator[Item]:
    """Its budget against the slice, and whether it is measured."""
    if status is None or status.state in _UNKNOWN or status.remaining is None:
        yield Item("budget", entry.id, Grade.UNKNOWN, "nobody knows how much is left")
    elif event.budget is not None:
        left, slice_ = status.remaining, float(event.budget)
        grade = Grade.OK if left >= slice_ else Grade.FAIL
        yield Item("budget", entry.id, grade, f"{left:.0%} of the budget left, the slice takes {slice_:.0%}")
    else:
        grade = Grade.OK if status.remaining > 0 else Grade.WARN
        yield Item("budget", entry.id, grade, f"{status.remaining:.0%} of the budget left")
    coverage = status.coverage if status else None
    if coverage is None:
        yield Item("coverage", entry.id, Grade.UNKNOWN, "not measured")
    else:
        grade = Grade.OK if coverage >= COMPLETE else Grade.WARN
        yield Item("coverage", entry.id, grade, f"{coverage:.1%} of the window was measured")


def _of_dependencies(affected: Sequence[ServiceSlo], snapshot: Snapshot) -> Iterator[Item]:
    """What the affected services rely on, as far as it promises anything."""
    own = {entry.service.name for entry in affected}
    needed = {name for entry in affected for name in entry.service.depends_on} - own
    for name in sorted(needed):
        states = [status.state if status else State.NO_DATA for _, status in snapshot.entries(service=name)]
        bad = [state for state in states if state in (State.BREACHED, State.AT_RISK)]
        unknown = [state for state in states if state in _UNKNOWN]
        if not states:
            yield Item("dependencies", name, Grade.UNKNOWN, "it promises nothing, so nobody knows how it is")
        elif bad:
            yield Item(
                "dependencies", name, Grade.WARN, f"{len(bad)} of {len(states)} SLOs are at risk or breached"
            )
        elif unknown:
            yield Item(
                "dependencies", name, Grade.UNKNOWN, f"{len(unknown)} of {len(states)} SLOs are not measured"
            )
        else:
            yield Item("dependencies", name, Grade.OK, f"{len(states)} SLOs kept")


def _of_traffic(event: Event, expected: float | None, busiest: Busiest | None) -> Iterator[Item]:
    """Whether so much was ever carried, and how well."""
    if event.traffic is None:
        return
    of = event.traffic.slo
    if expected is None or busiest is None:
        yield Item("traffic", of, Grade.UNKNOWN, "the history knows too little to compare with")
        return
    times = expected / busiest.per_minute
    carried = "" if busiest.sli is None else f", {busiest.sli:.3%} of them good"
    says = (
        f"{expected:,.0f} a minute expected; the busiest hour so far had {busiest.per_minute:,.0f}{carried} "
        f"({busiest.at:%Y-%m-%d %H:%M} UTC): {times:.1f} times that"
    )
    yield Item("traffic", of, Grade.OK if times <= 1 else Grade.WARN, says)


def _of_people(event: Event, affected: Sequence[ServiceSlo], catalog: Catalog) -> Iterator[Item]:
    squads = {entry.squad.name: entry.squad for entry in affected} | {
        event.squad: catalog.squads[event.squad]
    }
    for name, squad in sorted(squads.items()):
        if squad.slack.mention is None:
            yield Item("on call", name, Grade.FAIL, "no on-call group is named: a page calls nobody")
        elif squad.on_call.escalate is None:
            yield Item("on call", name, Grade.WARN, "pages that nobody acknowledges are not escalated")
        else:
            to = squad.on_call.escalate.to
            yield Item("on call", name, Grade.OK, f"{squad.slack.mention}, then {to}")
    for service in sorted({entry.service.name for entry in affected if entry.service.runbook is None}):
        yield Item("on call", service, Grade.WARN, "it has no runbook")


def _of_calendar(
    event: Event, span: Span, affected: Sequence[ServiceSlo], catalog: Catalog, *, now: datetime
) -> Iterator[Item]:
    """Maintenance in the middle of a launch, and whether changes are held back."""
    mine = {entry.id for entry in affected}
    for other in catalog.events.values():
        if other.mode == "exclude" and mine & {entry.id for entry in catalog.affected(other)}:
            for clash in other.schedule.spans(span.start, span.end):
                yield Item(
                    "calendar", other.name, Grade.FAIL, f"maintenance at {clash.start:%Y-%m-%d %H:%M} UTC"
                )
    if event.freeze is None:
        yield Item(
            "calendar", event.name, Grade.WARN, "nothing is frozen: changes may go out in the middle of it"
        )
    else:
        frozen = any(one.event.name == event.name for one in freezes(catalog, at=now))
        begins = span.start - event.freeze.before
        says = "frozen now" if frozen else f"frozen from {begins:%Y-%m-%d %H:%M} UTC"
        yield Item("calendar", event.name, Grade.OK, says)


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
