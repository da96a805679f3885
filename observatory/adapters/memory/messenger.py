"""Slack in memory: keeps what was posted, and fails as it is told to."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from observatory.application.ports import Posted
from observatory.errors import ObservatoryError, Refused
from observatory.outputs.message import Message


@dataclass(slots=True)
class Written:
    """A message as it stands in a channel."""

    channel: str
    ts: str
    message: Message
    delivery_id: str
    thread_ts: str | None = None
    edits: int = 0
    root_id: str | None = None


class MemoryMessenger:
    """The `Messenger` port over a list. Channels in `broken` refuse everything with their code."""

    def __init__(self) -> None:
        self.written: list[Written] = []
        self.broken: dict[str, str] = {}
        self.searched_since: list[datetime] = []
        self._posts = 0
        self._failures: deque[tuple[ObservatoryError, bool]] = deque()
        self._lock = Lock()

    def fail_next(self, error: ObservatoryError, *, after_posting: bool = False) -> None:
        """Raise this at the next post or update; with `after_posting` it happens nevertheless, as a lost answer is."""
        self._failures.append((error, after_posting))

    def post(
        self, channel: str, message: Message, *, delivery_id: str, thread_ts: str | None = None
    ) -> Posted:
        """Append a message."""
        with self._lock:
            failure = self._before(channel)
            self._posts += 1
            one = Written(channel, f"1700000000.{self._posts:06d}", message, delivery_id, thread_ts)
            self.written.append(one)
            return self._after(failure, one)

    def update(
        self, channel: str, ts: str, message: Message, *, delivery_id: str, root_id: str | None = None
    ) -> Posted:
        """Replace a message's content and metadata."""
        with self._lock:
            failure = self._before(channel)
            one = next((one for one in self.written if (one.channel, one.ts) == (channel, ts)), None)
            if one is None:
                raise Refused(f"no message {ts} in {channel}", code="message_not_found")
            one.message, one.delivery_id, one.root_id = message, delivery_id, root_id
            one.edits += 1
            return self._after(failure, one)

    def find(
        self, channel: str, delivery_id: str, *, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """Look for a delivery id; everything here is newer than `since`, which is only remembered."""
        with self._lock:
            self.searched_since.append(since)
            return next(iter(self._carrying(channel, delivery_id, thread_ts)), None)

    def copies(self, channel: str, delivery_id: str, *, since: datetime) -> Sequence[Posted]:  # noqa: ARG002 - as above
        """Every message with this delivery id."""
        with self._lock:
            return self._carrying(channel, delivery_id, None)

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message."""
        with self._lock:
            self._refuse(channel)
            self.written = [one for one in self.written if (one.channel, one.ts) != (channel, ts)]

    def _carrying(self, channel: str, delivery_id: str, thread_ts: str | None) -> list[Posted]:
        self._refuse(channel)
        return [
            _posted(one)
            for one in self.written
            if (one.channel, one.thread_ts) == (channel, thread_ts)
            and delivery_id in (one.delivery_id, one.root_id)
        ]

    def _before(self, channel: str) -> ObservatoryError | None:
        self._refuse(channel)
        if not self._failures:
            return None
        error, after_posting = self._failures.popleft()
        if not after_posting:
            raise error
        return error

    def _after(self, failure: ObservatoryError | None, one: Written) -> Posted:
        if failure is not None:
            raise failure
        return _posted(one)

    def _refuse(self, channel: str) -> None:
        if channel in self.broken:
            raise Refused(f"Slack refused: {self.broken[channel]}", code=self.broken[channel])


def _posted(one: Written) -> Posted:
    return Posted(one.channel, one.ts, f"memory://{one.channel}/{one.ts}")
