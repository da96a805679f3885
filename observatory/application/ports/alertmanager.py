"""Alertmanagers, and what is remembered of their alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from observatory.alerting.reports import Report


@dataclass(frozen=True, slots=True)
class Held:
    """An alert as one Alertmanager holds it."""

    report: Report
    receivers: frozenset[str]
    """Whom its routes lead to."""
    inhibited_by: frozenset[str] = frozenset()
    """Fingerprints of the alerts that mute it."""

    @property
    def is_muted(self) -> bool:
        """It is told to nobody."""
        return bool(self.inhibited_by) or self.report.silence is not None


@dataclass(frozen=True, slots=True)
class Pushed:
    """An alert as it is sent to Alertmanager."""

    labels: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    """In the future while it fires: it ends by itself when it is not sent again."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    generator_url: str | None = None


class Alertmanager(Protocol):
    """One Alertmanager."""

    @property
    def name(self) -> str:
        """Its address, for people."""
        ...

    def alerts(self) -> Sequence[Held]:
        """All that it holds.

        Raises:
            Unavailable: it can't be reached, or does not answer as Alertmanager does.
            Refused: it wants other credentials.
        """
        ...

    def push(self, alerts: Sequence[Pushed]) -> None:
        """Send alerts, all or (where it refuses some) as many as it takes.

        Raises:
            Refused: it takes some of them not; those that it takes may have been taken.
            Unavailable: it can't be reached.
        """
        ...


class ReportStore(Protocol):
    """What is known of others' alerts, one for each fingerprint."""

    def reports(self, *, since: datetime) -> Sequence[Report]:
        """Those that fire, and those that ended after `since`, by fingerprint."""
        ...

    def hear(self, told: Sequence[Report]) -> int:
        """Merge what is told into what is known, in one transaction; how many were news.

        Raises:
            Unavailable: it could not be stored.
        """
        ...

    def note(self, reports: Sequence[Report]) -> None:
        """Write what we found out ourselves, unless the alert has begun anew meanwhile."""
        ...

    def forget(self, *, before: datetime) -> None:
        """Forget what ended before."""
        ...
