"""How well alarms met the incidents that people remember: precision, recall, and how soon."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from observatory.alerting.replay import Alarm, Replayed
from observatory.catalog import ServiceSlo
from observatory.catalog.remembered import Remembered
from observatory.evaluation import Severity

GRACE = timedelta(minutes=30)
"""An alarm this soon after an incident's end still speaks of it: a long window is slow to notice."""


@dataclass(frozen=True, slots=True)
class Met:
    """An incident, and the first alarm that spoke of it."""

    incident: Remembered
    alarm: Alarm | None
    slo: str | None
    """Whose alarm it was."""

    @property
    def delay(self) -> timedelta | None:
        """From the incident's start until people were told; none at all where they knew already."""
        return None if self.alarm is None else max(self.alarm.told_at - self.incident.start, timedelta(0))


@dataclass(frozen=True, slots=True)
class Score:
    """Of the alarms of one kind."""

    alarms: int
    true: int
    """Alarms that speak of an incident."""
    met: tuple[Met, ...]
    """Every incident that lies in the replayed span as a whole."""

    @property
    def precision(self) -> float | None:
        """Alarms that speak of an incident, of all alarms; None without alarms."""
        return self.true / self.alarms if self.alarms else None

    @property
    def recall(self) -> float | None:
        """Incidents that an alarm spoke of, of all incidents; None without incidents."""
        return sum(one.alarm is not None for one in self.met) / len(self.met) if self.met else None

    @property
    def delay(self) -> timedelta | None:
        """The median over the incidents that were met."""
        delays = [one.delay.total_seconds() for one in self.met if one.delay is not None]
        return timedelta(seconds=median(delays)) if delays else None


def score(
    replays: Sequence[Replayed], incidents: Iterable[Remembered], *, severities: Iterable[Severity]
) -> Score:
    """Hold the alarms of these severities against incidents; those that reach beyond the replayed span make no alarm false.

    An alarm speaks of an incident of its service (and SLO, where the incident names one), or of a service that its journey
    leads through, when it was open at any time from the incident's start until `GRACE` after its end.
    """
    wanted = frozenset(severities)
    alarms = [(one, alarm) for one in replays for alarm in one.alarms if alarm.severity in wanted]
    alarms.sort(key=lambda pair: pair[1].told_at)
    known = tuple(incidents)
    true = sum(any(speaks_of(one, alarm, incident) for incident in known) for one, alarm in alarms)
    judged = (incident for incident in known if any(_covers(one, incident) for one in replays))
    return Score(len(alarms), true, tuple(_met(incident, alarms) for incident in judged))


def speaks_of(replayed: Replayed, alarm: Alarm, incident: Remembered) -> bool:
    """Whether this alarm tells people of that incident."""
    if not _concerns(replayed.entry, incident):
        return False
    still_open = alarm.resolved_at is None or alarm.resolved_at >= incident.start
    return still_open and alarm.told_at <= incident.end + GRACE


def _met(incident: Remembered, alarms: Sequence[tuple[Replayed, Alarm]]) -> Met:
    for replayed, alarm in alarms:
        if speaks_of(replayed, alarm, incident):
            return Met(incident, alarm, replayed.entry.id)
    return Met(incident, None, None)


def _covers(replayed: Replayed, incident: Remembered) -> bool:
    """Whether all of the incident lies in what was replayed."""
    after = replayed.since or replayed.after
    seen = after <= incident.start and incident.end <= replayed.until
    return seen and _concerns(replayed.entry, incident)


def _concerns(entry: ServiceSlo, incident: Remembered) -> bool:
    """Whether it is about that service, or made of what is: a journey through it, or an event's slice of its budget."""
    same = entry.service.name == incident.service and incident.slo in (None, entry.slo.name)
    return same or any(_concerns(part, incident) for _, part in entry.parts)
