"""How fast an SLO's budget has burned lately, five minutes by five minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from observatory.application.recorder import Recorder
from observatory.application.steps import FIVE_MINUTES
from observatory.catalog import ServiceSlo
from observatory.outputs.burn_chart import BurnPoint


@dataclass(frozen=True, slots=True)
class Burn:
    """Reads it from the history."""

    recorder: Recorder

    def __call__(self, entry: ServiceSlo, *, since: datetime, until: datetime) -> Sequence[BurnPoint]:
        """Oldest first; the rate is None where nothing was counted. Empty when nothing is known of this SLO."""
        history = self.recorder.history
        if entry.column not in history.slos:
            return ()
        start, end = (int(moment.timestamp()) // FIVE_MINUTES * FIVE_MINUTES for moment in (since, until))
        buckets = history.series(entry.column, seconds=FIVE_MINUTES, after=start, until=end)
        allowed = float(entry.slo.budget)
        return [
            BurnPoint(
                at=datetime.fromtimestamp(int(at), UTC) - timedelta(seconds=FIVE_MINUTES),
                rate=float(bad / total) / allowed if total > 0 else None,
            )
            for at, bad, total in zip(buckets.ends, buckets.bad[:, 0], buckets.total[:, 0], strict=True)
        ]
