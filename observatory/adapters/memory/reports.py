"""Others' alerts, known for as long as the process lives."""

from collections.abc import Sequence
from datetime import datetime
from threading import RLock

from observatory.alerting.reports import Report, merged


class MemoryReports:
    """`ReportStore` as a dictionary under a lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._known: dict[str, Report] = {}

    def reports(self, *, since: datetime) -> Sequence[Report]:
        """By fingerprint."""
        with self._lock:
            known = sorted(self._known.items())
        return [one for _, one in known if one.firing or (one.ended_at is not None and one.ended_at > since)]

    def hear(self, told: Sequence[Report]) -> int:
        """Merge into what is known."""
        with self._lock:
            before = dict(self._known)
            for report in told:
                key = report.alert.fingerprint
                self._known[key] = merged(self._known.get(key), report)
            return sum(one != before.get(key) for key, one in self._known.items())

    def note(self, reports: Sequence[Report]) -> None:
        """Write, unless it began anew."""
        with self._lock:
            for report in reports:
                known = self._known.get(report.alert.fingerprint)
                if known is not None and known.alert.starts_at == report.alert.starts_at:
                    self._known[report.alert.fingerprint] = report

    def forget(self, *, before: datetime) -> None:
        """Forget what ended before."""
        with self._lock:
            self._known = {
                key: one
                for key, one in self._known.items()
                if one.firing or one.ended_at is None or one.ended_at >= before
            }
