"""Charts below incidents' messages: decoration, which comes after the words and can fail without a loss."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from observatory.alerting import Incident, NotificationKind
from observatory.alerting.model import Origin
from observatory.application.burn import Burn
from observatory.application.delivery import Delivery, DeliveryState, is_slack
from observatory.application.ports import AlertStore, Clock
from observatory.application.ports.pictures import Picture, Pictures
from observatory.application.snapshot import Board
from observatory.catalog import ServiceSlo
from observatory.errors import RateLimited, Refused, Unavailable
from observatory.evaluation import SloStatus
from observatory.outputs.burn_chart import Marks, burn_png

FRESH = timedelta(minutes=10)
"""An older message gets no chart any more: who reads it has seen the dashboard."""
SHOWN = timedelta(hours=6)
_AT_ONCE = 5
"""Charts a round: in a storm the first ones are of use, and hundreds are not."""
_LOOKED_AT = 100
_log = structlog.get_logger("observatory.illustrate")


@dataclass(slots=True)
class Illustrate:
    """Call it every few seconds, in a lane of its own: drawing and uploading must hold up nothing else.

    It takes only what has been sent, and remembers what it has tried. After a restart the thread is asked first, so
    that no picture comes twice.
    """

    alerts: AlertStore
    pictures: Pictures
    board: Board
    burn: Burn
    clock: Clock
    draw: Callable[..., bytes] = burn_png
    _tried: set[str] = field(default_factory=set, init=False)
    _silent_until: datetime | None = field(default=None, init=False)

    def __call__(self) -> int:
        """Draw what is due; how many charts came below their messages. Slack's refusals are only logged."""
        now = self.clock.now()
        if self._silent_until is not None and now < self._silent_until:
            return 0
        shown = 0
        for root, incident, entry, status in list(self._due(now))[:_AT_ONCE]:
            try:
                shown += self._show(root, incident, entry, status, now=now)
            except RateLimited as error:
                self._silent_until = now + error.retry_after
                break
            except Unavailable:
                continue  # next time, while the message is fresh
            except Refused as error:
                _log.warning("chart_refused", incident=incident.id, error=str(error))
            self._tried.add(root.notification.delivery_id)
        return shown

    def _due(self, now: datetime) -> Iterator[tuple[Delivery, Incident, ServiceSlo, SloStatus]]:
        snapshot = self.board.snapshot
        entries = {entry.id: entry for entry in snapshot.catalog.slos()}
        for root in self._roots(now):
            incident = self.alerts.incident(root.notification.incident)
            status = None if incident is None else snapshot.status(incident.slo)
            if (
                incident is None
                or status is None
                or not incident.is_open
                or incident.origin is not Origin.SLO
            ):
                continue
            if incident.slo in entries:
                yield root, incident, entries[incident.slo], status

    def _roots(self, now: datetime) -> Sequence[Delivery]:
        """Messages that were sent lately and have no chart yet, pages first."""
        found = [
            one
            for one in self.alerts.deliveries(limit=_LOOKED_AT)
            if one.notification.kind is NotificationKind.ROOT
            and one.state is DeliveryState.SENT
            and one.sent_at is not None
            and now - one.sent_at < FRESH
            and is_slack(one.notification.destination)
            and one.notification.delivery_id not in self._tried
        ]
        return sorted(found, key=lambda one: one.notification.priority)

    def _show(
        self, root: Delivery, incident: Incident, entry: ServiceSlo, status: SloStatus, *, now: datetime
    ) -> bool:
        channel, ts, name = root.channel, root.ts, f"burn-{incident.id}.png"
        points = self.burn(entry, since=now - SHOWN, until=now)
        thresholds = [tier.threshold for tier in status.tiers if tier.name in incident.tiers]
        if channel is None or ts is None or not points or not thresholds:
            return False
        if self.pictures.attached(channel, ts, name):
            return False
        zone = entry.squad.on_call.timezone
        title = f"{incident.slo}: burn rate, over 5 minutes at a time"
        marks = Marks(incident.opened_at, float(max(thresholds)), zone)
        peak = max((point.rate for point in points if point.rate is not None), default=0.0)
        says = f"{title}; at most {peak:.1f} times the rate that the budget allows"
        self.pictures.attach(channel, ts, Picture(name, title, says, self.draw(points, marks, title=title)))
        return True
