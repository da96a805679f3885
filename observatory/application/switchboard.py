"""One `Messenger` out of several: the destination says which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from observatory.application.delivery import is_slack
from observatory.application.ports import Messenger, Posted
from observatory.errors import Refused
from observatory.outputs.message import Message


@dataclass(frozen=True, slots=True)
class Switchboard:
    """Slack for its channels, and a transport for every destination that begins with its name and a colon."""

    slack: Messenger
    transports: Mapping[str, Messenger]

    def post(
        self, channel: str, message: Message, *, delivery_id: str, thread_ts: str | None = None
    ) -> Posted:
        """See `Messenger`."""
        return self._line(channel).post(channel, message, delivery_id=delivery_id, thread_ts=thread_ts)

    def update(
        self, channel: str, ts: str, message: Message, *, delivery_id: str, root_id: str | None = None
    ) -> Posted:
        """See `Messenger`."""
        return self._line(channel).update(channel, ts, message, delivery_id=delivery_id, root_id=root_id)

    def find(
        self, channel: str, delivery_id: str, *, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """See `Messenger`."""
        return self._line(channel).find(channel, delivery_id, since=since, thread_ts=thread_ts)

    def copies(self, channel: str, delivery_id: str, *, since: datetime) -> Sequence[Posted]:
        """See `Messenger`."""
        return self._line(channel).copies(channel, delivery_id, since=since)

    def delete(self, channel: str, ts: str) -> None:
        """See `Messenger`."""
        self._line(channel).delete(channel, ts)

    def _line(self, destination: str) -> Messenger:
        """Raises Refused where a transport is not set up any more: the next way is taken."""
        if is_slack(destination):
            return self.slack
        name = destination.partition(":")[0]
        line = self.transports.get(name)
        if line is None:
            raise Refused(f"no transport is set up for {destination}", code="no_transport")
        return line
