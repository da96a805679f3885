"""Which silences concern a squad: those that would keep an alert of one of its SLOs quiet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from observatory.alerting import Silence
from observatory.catalog import ServiceSlo
from observatory.evaluation import Severity


@dataclass(frozen=True, slots=True)
class _Alert:
    """One that may come."""

    squad: str
    service: str
    slo: str
    severity: Severity


def concerning(
    silences: Iterable[Silence], entries: Iterable[ServiceSlo], *, now: datetime
) -> list[tuple[Silence, bool]]:
    """Silences that are not over yet and match a page or a ticket of these SLOs; and whether each is active."""
    alerts = [
        _Alert(entry.squad.name, entry.service.name, entry.id, severity)
        for entry in entries
        for severity in Severity
    ]
    return [
        (silence, silence.is_active(now))
        for silence in silences
        if any(silence.matches(alert) for alert in alerts)
    ]
