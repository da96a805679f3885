"""What there is to show of a backtest: one or two versions of the same SLOs, and what people remember."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from observatory.alerting import Alarm, Replayed, Score, score
from observatory.catalog import Remembered
from observatory.evaluation import Severity

KINDS: Mapping[str, tuple[Severity, ...]] = {
    "pages": (Severity.PAGE,),
    "pages and tickets": (Severity.PAGE, Severity.TICKET),
}
"""What is scored."""

Told = tuple[Replayed, Alarm]


@dataclass(frozen=True, slots=True)
class Side:
    """One version of the definitions."""

    name: str
    """Where they are from: `catalog`, `origin/main`."""
    replays: Sequence[Replayed]
    failures: Mapping[str, str]
    """By SLO id: why it could not be measured."""

    def alarms(self) -> Sequence[Told]:
        """Every alarm and its SLO, by the time at which people were told."""
        found = [(replayed, alarm) for replayed in self.replays for alarm in replayed.alarms]
        return sorted(found, key=lambda told: (told[1].told_at, told[0].entry.id))

    def count(self, severity: Severity) -> int:
        """Alarms of one severity."""
        return len(self.of(severity))

    def of(self, severity: Severity) -> Sequence[Alarm]:
        """The alarms of one severity."""
        return [alarm for _, alarm in self.alarms() if alarm.severity is severity]


@dataclass(frozen=True, slots=True)
class Backtested:
    """The whole result."""

    after: datetime
    until: datetime
    now: Side
    """The definitions at hand."""
    against: Side | None = None
    """Those they are compared with."""
    remembered: Sequence[Remembered] | None = None
    """None: nobody said which incidents there were."""
    silences_known: bool = False
    """Alarms that a recorded silence would have kept quiet are marked."""

    @property
    def sides(self) -> Sequence[Side]:
        """The version compared with first, as time goes."""
        return (self.now,) if self.against is None else (self.against, self.now)

    def scores(self, side: Side) -> Mapping[str, Score]:
        """How the alarms of a version meet the incidents, by kind; nothing when none were named."""
        if self.remembered is None:
            return {}
        return {
            name: score(side.replays, self.remembered, severities=severities)
            for name, severities in KINDS.items()
        }

    def only(self, side: Side) -> Iterator[Told]:
        """Alarms of one version that the other does not have: none of that SLO and severity open at the same time."""
        other = self.now if side is self.against else self.against
        theirs = other.alarms() if other else ()
        for replayed, alarm in side.alarms():
            if not any(_same(replayed, alarm, *told, until=self.until) for told in theirs):
                yield replayed, alarm


def _same(one: Replayed, alarm: Alarm, other: Replayed, theirs: Alarm, *, until: datetime) -> bool:
    if (one.entry.id, alarm.severity) != (other.entry.id, theirs.severity):
        return False
    begins = max(alarm.told_at, theirs.told_at)
    return begins <= min(alarm.resolved_at or until, theirs.resolved_at or until)
