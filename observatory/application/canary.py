"""The canary: a message to a channel of its own every hour proves that a page would arrive.

It goes past the outbox on purpose: what is proven is Slack's side (token, scopes, channel, how long it takes), and a
message that fails is not to be tried again elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid5

import structlog

from observatory.alerting.model import NAMESPACE
from observatory.application.ports import Clock, Messenger
from observatory.application.vitals import SelfTest, Vitals
from observatory.errors import ObservatoryError, Unavailable
from observatory.outputs.slack.canary import render_canary

EVERY = timedelta(hours=1)
AGAIN = timedelta(minutes=1)
"""After one that failed."""
_log = structlog.get_logger("observatory.canary")


@dataclass(slots=True)
class Canary:
    """Call it every few seconds; it sends when it is time to."""

    messenger: Messenger
    channel: str
    vitals: Vitals
    clock: Clock

    def __call__(self) -> None:
        """Send one where it is due, look for it in the channel's history, and note how that went."""
        began = self.clock.now()
        if not self.vitals.leads() or not self._is_due(began):
            return
        try:
            self._send(began)
        except ObservatoryError as error:
            _log.error("canary_failed", channel=self.channel, error=str(error))
            self.vitals.self_test = SelfTest(began, problem=str(error))
        else:
            latency = self.clock.now() - began
            self.vitals.self_test = SelfTest(began, latency)
            _log.info("canary_arrived", channel=self.channel, seconds=latency.total_seconds())

    def _is_due(self, now: datetime) -> bool:
        last = self.vitals.self_test
        return last is None or now - last.at >= (EVERY if last.problem is None else AGAIN)

    def _send(self, now: datetime) -> None:
        """Post it and find it: a page whose answer got lost is looked for in the same way."""
        delivery_id = str(uuid5(NAMESPACE, f"canary {self.channel} {now.isoformat()}"))
        self.messenger.post(self.channel, render_canary(now), delivery_id=delivery_id)
        if not self.messenger.find(self.channel, delivery_id, since=now):
            raise Unavailable(f"Slack took the message and does not show it in the history of {self.channel}")
