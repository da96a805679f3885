"""The unit of work: measure, evaluate, decide and announce every SLO together, once a tick."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

import structlog

from observatory.alerting import (
    PATIENCE,
    Incident,
    IncidentState,
    Instructions,
    Judged,
    Transition,
    decide_all,
    ladder,
    numbers_in,
)
from observatory.alerting.reports import Report
from observatory.alerting.steps import overlaid
from observatory.alerting.witness import witnessed
from observatory.application.announce import Announce
from observatory.application.definitions import Definitions
from observatory.application.delivery import Delivery
from observatory.application.events.audit import AuditExclusions, Author
from observatory.application.holes import Holes
from observatory.application.judging import Judge, Judgement, patience
from observatory.application.measure import Measure
from observatory.application.ports import AlertStore, Clock
from observatory.application.recorder import Recorder
from observatory.application.scene import Scene
from observatory.application.snapshot import Board, Snapshot
from observatory.application.steps import HOUR
from observatory.catalog import Catalog, ServiceSlo
from observatory.catalog.behaviours import measured
from observatory.errors import ObservatoryError
from observatory.evaluation import Provenance, Roster
from observatory.measurement import Measurement, without
from observatory.planning import Plan, plan

_OPEN = tuple(state for state in IncidentState if state is not IncidentState.RESOLVED)
_log = structlog.get_logger("observatory.tick")


@dataclass(frozen=True, eq=False)
class _Agenda:
    """What is to be done at every tick, as long as a catalog is in force."""

    catalog: Catalog
    tick: int
    """Seconds."""

    @cached_property
    def counted(self) -> tuple[ServiceSlo, ...]:
        """All that is measured."""
        return measured(self.catalog)

    @cached_property
    def roster(self) -> Roster:
        """The SLOs, which are judged together."""
        return Roster(tuple(self.catalog.slos()))

    @cached_property
    def plan(self) -> Plan:
        """What to ask."""
        return plan(self.counted, tick=self.tick)


@dataclass(slots=True)
class Tick:
    """Call it once a tick. What it can't do now it leaves to the next one, and says so on the board."""

    definitions: Definitions
    measure: Measure
    recorder: Recorder
    holes: Holes
    alerts: AlertStore
    announce: Announce | None
    """None: there is nowhere to tell anything."""
    board: Board
    clock: Clock
    length: timedelta
    """The tick."""
    lag: timedelta
    """How far behind now to measure, so that scrapes have landed."""
    complete: Callable[[], bool]
    """Whether the past is known well enough to alert on."""
    catch_all: str | None = None
    """Slack channel of last resort."""
    heard: Callable[[datetime], Sequence[Report]] = lambda _: ()
    """What others' alerts say, those that ended lately (after this moment) too."""
    author: Author = lambda _file, _line: None
    """Who wrote a definition."""
    judge: Judge = field(init=False)
    audit: AuditExclusions = field(init=False)
    _newest_agenda: _Agenda | None = field(default=None, init=False)
    _followed_at: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.judge = Judge(self.recorder)
        self.audit = AuditExclusions(self.alerts, self.author)

    def __call__(self) -> None:
        """Run one tick. Deliberate errors end up in the health that the board shows; nothing else is caught."""
        began = self.clock.now()
        catalog = self.definitions.refresh()
        try:
            snapshot, failed = self._run(catalog, now=began)
            problem = None
        except ObservatoryError as error:
            _log.error("tick_failed", error=str(error))
            snapshot, failed, problem = replace(self.board.snapshot, catalog=catalog), 0, str(error)
        ended = self.clock.now()
        health = self.board.health
        newest = self.recorder.history.newest
        self.board.show(
            snapshot,
            replace(
                health,
                last_tick_at=ended,
                last_tick_seconds=(ended - began).total_seconds(),
                ticks=health.ticks + 1,
                failed_ticks=health.failed_ticks + (problem is not None),
                failed_queries=failed,
                backfilled=self.complete(),
                measured_until=None if newest is None else datetime.fromtimestamp(newest, UTC),
                problem=problem,
                catalog_problem=self.definitions.problem,
            ),
        )

    def follow(self) -> None:
        """Show what the replica that evaluates has measured; nothing is measured here, and nothing decided.

        Call it about once a second: there is something to do when there is news, and once a tick in any case, since
        numbers grow old.
        """
        now = self.clock.now()
        try:
            news = self.recorder.read_on(now=now)
            if not news and self._followed_at is not None and now - self._followed_at < self.length:
                return
            catalog = self.definitions.refresh()
            snapshot = self._read(catalog, now=now)
            problem = None
        except ObservatoryError as error:
            if self.board.health.problem != str(error):
                _log.error("follow_failed", error=str(error))
            snapshot, problem = self.board.snapshot, str(error)
        self._followed_at = now
        newest = self.recorder.history.newest
        measured = None if newest is None else datetime.fromtimestamp(newest, UTC)
        self.board.show(
            snapshot,
            replace(
                self.board.health,
                # A tick of the other's: numbers that get no newer are as overdue as our own would be.
                last_tick_at=None if measured is None else measured + self.lag,
                failed_queries=0,
                backfilled=measured is not None,
                measured_until=measured,
                problem=problem,
                catalog_problem=self.definitions.problem,
            ),
        )

    def _read(self, catalog: Catalog, *, now: datetime) -> Snapshot:
        """The numbers of the store."""
        agenda = self._agenda(catalog)
        self.recorder.fit(agenda.counted, now=now)
        newest = self.recorder.history.newest
        if newest is None:
            return replace(self.board.snapshot, catalog=catalog)
        return _seen(catalog, self._judge(agenda, {}, at=newest, now=now))

    def _run(self, catalog: Catalog, *, now: datetime) -> tuple[Snapshot, int]:
        agenda = self._agenda(catalog)
        self.recorder.fit(agenda.counted, now=now)
        self.holes.keep(entry.id for entry in agenda.counted)
        self.audit(catalog, now=now)
        end = self._end(now)
        measurement = self._measure(agenda, until=end)
        newest = self.recorder.history.newest
        at = end if newest is None else newest
        failed = {slo: failure.message for failure in measurement.failures for slo in failure.slos}
        failures = {**self.recorder.failures, **failed}
        judgement = self._judge(agenda, failures, at=at, now=now)
        self._alert(judgement.decided_on, catalog, now=now)
        return _seen(catalog, judgement), len(measurement.failures)

    def _agenda(self, catalog: Catalog) -> _Agenda:
        if self._newest_agenda is None or self._newest_agenda.catalog is not catalog:
            self._newest_agenda = _Agenda(catalog, int(self.length.total_seconds()))
        return self._newest_agenda

    def _end(self, now: datetime) -> int:
        """The newest tick whose scrapes have landed."""
        length = int(self.length.total_seconds())
        return int((now - self.lag).timestamp()) // length * length

    def _measure(self, agenda: _Agenda, *, until: int) -> Measurement:
        """The newest ticks: all since the last one, or, after more than an hour, this one and a hole before it."""
        newest = self.recorder.history.newest
        after = until - agenda.tick if newest is None or until - newest > HOUR else newest
        measurement = self.measure(agenda.plan, after=after, until=until)
        failed = {slo for failure in measurement.failures for slo in failure.slos}
        for failure in measurement.failures:
            _log.warning("query_failed", slos=len(failure.slos), error=failure.message, promql=failure.promql)
        for warning in measurement.warnings:
            _log.warning("prometheus_warns", warning=warning)
        if len(failed) < len(agenda.counted):
            self.recorder.append(without(measurement.buckets, failed))
            self.holes.dig(failed, after=after, until=until)
            if newest is not None:
                self.holes.dig((entry.id for entry in agenda.counted), after=newest, until=after)
        return measurement

    def _judge(
        self,
        agenda: _Agenda,
        failures: Mapping[str, str],
        *,
        at: int,
        now: datetime,
    ) -> Judgement:
        moment = datetime.fromtimestamp(at, UTC)
        patient = patience(self.length, lag=self.lag)
        provenance = Provenance(moment, now, failures, self.recorder.since, patient, self.length)
        return self.judge(agenda.catalog, agenda.roster, provenance)

    def _alert(self, evaluation: Judged, catalog: Catalog, *, now: datetime) -> None:
        """Decide and announce; incidents and what is to be told of them are written in one transaction."""
        incidents = self._incidents(now)
        heard = self.heard(now - PATIENCE.reopen_within)
        evaluation = witnessed(evaluation, heard, catalog, now=now)
        transitions = decide_all(
            incidents,
            evaluation,
            now=now,
            complete=self.complete(),
            instructions=self._instructions(catalog, now=now),
        )
        for transition in transitions:
            _log.info(
                "transition",
                incident=transition.incident.id,
                slo=transition.incident.slo,
                squad=transition.incident.squad,
                severity=transition.incident.severity.value,
                state=transition.incident.state.value,
                reason=transition.reason.value,
            )
        scene = Scene(overlaid(incidents, transitions), numbers_in(evaluation))
        deliveries = [
            delivery
            for transition in transitions
            for delivery in self._deliveries(transition, evaluation, catalog, scene, now=now)
        ]
        if not transitions:
            return
        decided_on = {step.previous.id: step.previous.revision for step in transitions if step.previous}
        left = self.alerts.record([step.incident for step in transitions], deliveries, revisions=decided_on)
        for incident in left:  # somebody acknowledged or silenced it meanwhile: the next tick knows
            _log.info("decided_again_next_tick", incident=incident)

    def _instructions(self, catalog: Catalog, *, now: datetime) -> Instructions:
        return Instructions(
            self.alerts.silences(ending_after=now),
            lambda entry: ladder(entry.squad, catalog, catch_all=self.catch_all),
            catalog,
        )

    def _incidents(self, now: datetime) -> Sequence[Incident]:
        """All that are open, what was resolved lately, and what open ones have joined."""
        recent = self.alerts.incidents(states=(IncidentState.RESOLVED,), since=now - PATIENCE.reopen_within)
        found = {one.id: one for one in (*self.alerts.incidents(states=_OPEN), *recent)}
        joined = {one.joined for one in found.values() if one.joined is not None} - found.keys()
        leaders = (self.alerts.incident(one) for one in sorted(joined))
        return [*found.values(), *(one for one in leaders if one is not None)]

    def _deliveries(
        self, transition: Transition, evaluation: Judged, catalog: Catalog, scene: Scene, *, now: datetime
    ) -> Iterator[Delivery]:
        if self.announce is None:
            return iter(())
        slo = transition.incident.slo
        entry = evaluation.entry(slo) if slo in evaluation else None
        return self.announce(transition, entry, catalog, now=now, scene=scene)


def _seen(catalog: Catalog, judgement: Judgement) -> Snapshot:
    evaluation = judgement.evaluation
    return Snapshot(
        catalog,
        evaluation.statuses(),
        evaluation.at,
        judgement.adjustments,
        tuple(judgement.occasions),
        judgement.contributions,
        judgement.behaviours,
    )
