"""What Alertmanager holds is the truth: webhooks get lost, and the end of a silenced alert is told to nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from observatory.alerting.reports import Report
from observatory.application.alertmanager.receive import is_news_to_people
from observatory.application.ports import Alertmanager, Clock, Held, ReportStore
from observatory.errors import ObservatoryError
from observatory.outputs.alertmanager import tree

GONE_AFTER = timedelta(minutes=2)
"""How long an alert has been in no Alertmanager when it counts as over: one that restarts has none until Prometheus,
which says everything again once a minute, has spoken."""
_log = structlog.get_logger("observatory.alertmanager")


@dataclass(slots=True)
class Reconcile:
    """Call it every few seconds on the replica that evaluates."""

    alertmanagers: Sequence[Alertmanager]
    reports: ReportStore
    clock: Clock
    receiver: str
    """The receiver whose webhook is ours: what its routes lead to is meant for us."""
    _failing: frozenset[str] = field(default=frozenset(), init=False)

    def __call__(self) -> bool:
        """Ask all of them; False when one of them could not be asked.

        Raises:
            Unavailable: what was found could not be stored.
        """
        now = self.clock.now()
        answers = {one.name: self._ask(one) for one in self.alertmanagers}
        self._failing = frozenset(name for name, held in answers.items() if held is None)
        held = _united([held for held in answers.values() if held is not None])
        self.reports.hear([one.report for one in held.values() if self._is_meant_for_us(one, held)])
        known = [report for report in self.reports.reports(since=now) if report.firing]
        self.reports.note([*self._changes(known, held, now)])
        return not self._failing

    def _ask(self, alertmanager: Alertmanager) -> Sequence[Held] | None:
        """None when it does not answer, which is said once."""
        try:
            return alertmanager.alerts()
        except ObservatoryError as error:
            if alertmanager.name not in self._failing:
                _log.warning("alertmanager_not_asked", alertmanager=alertmanager.name, error=str(error))
            return None

    def _is_meant_for_us(self, one: Held, held: Mapping[str, Held]) -> bool:
        """Routed to us and told, or muted for no other reason than that we are on watch."""
        if not is_news_to_people(one.report.alert) or one.report.silence is not None:
            return False
        if one.inhibited_by:
            return all(_is_our_watch(held.get(fingerprint)) for fingerprint in one.inhibited_by)
        return self.receiver in one.receivers

    def _changes(self, known: Sequence[Report], held: Mapping[str, Held], now: datetime) -> list[Report]:
        changed = [self._now(report, held.get(report.alert.fingerprint), now) for report in known]
        return [after for before, after in zip(known, changed, strict=True) if before != after]

    def _now(self, report: Report, one: Held | None, now: datetime) -> Report:
        """An Alertmanager that does not answer may have it: then nothing is over for want of a word."""
        if one is not None:
            return replace(report, silence=one.report.silence, absent_since=None)
        if self._failing:
            return replace(report, absent_since=None)
        since = report.absent_since or now
        if now - since < GONE_AFTER:
            return replace(report, absent_since=since)
        return report.ended(now, unsaid=True)


def _is_our_watch(source: Held | None) -> bool:
    """Of alerts, that is: SLOs we measure ourselves."""
    if source is None:
        return False
    labels = source.report.alert.labels
    return labels.get("alertname") == tree.ON_WATCH and labels.get(tree.WATCHES) == tree.ALERTS


def _united(answers: Sequence[Sequence[Held]]) -> dict[str, Held]:
    """Of all replicas, by fingerprint; one that knows a silence knows more."""
    united: dict[str, Held] = {}
    for held in (one for answer in answers for one in answer):
        fingerprint = held.report.alert.fingerprint
        if fingerprint not in united or held.report.silence is not None:
            united[fingerprint] = held
    return united
