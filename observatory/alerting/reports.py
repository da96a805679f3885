"""Alerts that others raise, as an Alertmanager tells of them.

An alert is identified by the fingerprint of its labels, and one firing of it by when that began. What is told of it comes
late, twice, out of order and from several Alertmanagers: `merged` makes the same of it in any order that matters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from observatory.alerting.silences import Silence
from observatory.catalog import Catalog, ServiceSlo
from observatory.evaluation import Severity

NAMELESS = "an alert without a name"
_LOUD = frozenset({"page", "critical", "emergency"})
_NOBODYS = frozenset({"none"})
"""Alerts that are no word to people: they feed inhibitions, or prove that alerts arrive."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What fires."""

    fingerprint: str
    """Of its labels, as Alertmanager counts it."""
    starts_at: datetime
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    generator_url: str | None = None
    """Where the expression can be looked at."""

    @property
    def name(self) -> str:
        """`alertname`."""
        return self.labels.get("alertname") or NAMELESS

    @property
    def severity(self) -> Severity:
        """What it asks of people: a page where it says so (page, critical, emergency), else a ticket."""
        loud = self.labels.get("severity", "").lower() in _LOUD
        return Severity.PAGE if loud else Severity.TICKET

    @property
    def is_for_people(self) -> bool:
        """Not when its severity is `none`, as a Watchdog's is."""
        return self.labels.get("severity", "").lower() not in _NOBODYS

    def promise(self, catalog: Catalog) -> ServiceSlo | None:
        """The SLO of the catalog that it speaks of: a rule of ours, or of another generator of SLO rules, fired."""
        service = catalog.services.get(self.labels.get("service", ""))
        if service is None or self.labels.get("severity") not in set(Severity):
            return None
        name = self.labels.get("slo")
        slo = next((one for one in service.slos if one.name == name), None)
        squad = catalog.squads.get(service.squad)
        return None if slo is None or squad is None else ServiceSlo(squad, service, slo)


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of an alert."""

    alert: Alert
    firing: bool
    ended_at: datetime | None = None
    """None while it fires."""
    silence: Silence | None = None
    """An Alertmanager's own silence that covers it."""
    absent_since: datetime | None = None
    """Since when no Alertmanager has it any more, without a word about its end."""
    unsaid: bool = False
    """It ended without a word: a silenced alert's end is told to nobody, and an Alertmanager may forget."""

    def ended(self, at: datetime, *, unsaid: bool) -> "Report":
        """The same, over."""
        return replace(self, firing=False, ended_at=at, absent_since=None, silence=None, unsaid=unsaid)


def merged(known: Report | None, told: Report) -> Report:
    """What is known after hearing this; `known` itself where it is no news.

    - An end counts for every firing that began before it: Alertmanagers fed by several Prometheus servers don't agree
      on when it began.
    - A firing that began no later than one that is over is an old message, unless that end was never said.
    """
    if known is None:
        return told
    if not told.firing:
        ends_it = told.ended_at is None or told.ended_at >= known.alert.starts_at
        return told if known.firing and ends_it else known
    if known.firing:
        earliest = min(known.alert.starts_at, told.alert.starts_at)
        return replace(told, alert=replace(told.alert, starts_at=earliest))
    newer = told.alert.starts_at > known.alert.starts_at
    return told if newer or known.unsaid else known
