"""What is long over is forgotten, so that the database does not grow with every year."""

from dataclasses import dataclass
from datetime import timedelta

from observatory.application.ports import AlertStore, Clock, ReportStore
from observatory.application.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Prune:
    """Call it every hour. It takes nothing that is still to be told, or in whose thread something may be."""

    recorder: Recorder
    alerts: AlertStore
    reports: ReportStore
    clock: Clock
    retention: timedelta
    """How long alerts are kept: incidents and all that was told, silences, the audit log, others' alerts."""

    def __call__(self) -> None:
        """Forget.

        Raises:
            Unavailable: the database does not answer; the next time makes up for it.
        """
        now = self.clock.now()
        self.recorder.prune(now=now)
        self.alerts.prune(before=now - self.retention)
        self.reports.forget(before=now - self.retention)
