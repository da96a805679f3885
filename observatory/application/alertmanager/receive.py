"""What a webhook tells is stored, and nothing else: who answers 200 has it on disk."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from observatory.alerting.reports import Alert, Report
from observatory.application.ports import ReportStore
from observatory.outputs.alertmanager import tree

_log = structlog.get_logger("observatory.alertmanager")


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a webhook; counts of alerts."""

    told: int
    news: int
    """How many changed what we know."""
    ours: int
    """Sent by us in the first place, or no word to people (severity none)."""


@dataclass(frozen=True, slots=True)
class Receive:
    """Call it with what a webhook tells; the same twice is the same once."""

    reports: ReportStore

    def __call__(self, told: Sequence[Report]) -> Heard:
        """Store it.

        Raises:
            Unavailable: it could not be stored; it has to be told again.
        """
        wanted = [report for report in told if is_news_to_people(report.alert)]
        news = self.reports.hear(wanted) if wanted else 0
        if news:
            _log.info("alerts_heard", told=len(told), news=news)
        return Heard(len(told), news, len(told) - len(wanted))


def is_news_to_people(alert: Alert) -> bool:
    """Not what we pushed ourselves, and not what speaks to machines."""
    is_ours = alert.labels.get(tree.ORIGIN) == tree.OURS or alert.name == tree.ON_WATCH
    return alert.is_for_people and not is_ours
