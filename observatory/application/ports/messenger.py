"""How people are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from observatory.outputs.message import Message


@dataclass(frozen=True, slots=True)
class Posted:
    """Slack's answer: where the message is."""

    channel: str
    ts: str
    permalink: str | None = None


class Messenger(Protocol):
    """Slack, or something that looks like it."""

    def post(
        self, channel: str, message: Message, *, delivery_id: str, thread_ts: str | None = None
    ) -> Posted:
        """Post a message, carrying the delivery id in its metadata.

        Raises:
            RateLimited, Refused: nothing was posted; `code` is Slack's error.
            Ambiguous: bytes left us and no answer came: it may have been posted.
            Unavailable: nothing left us.
        """
        ...

    def update(self, channel: str, ts: str, message: Message, *, delivery_id: str) -> Posted:
        """Edit a message in place; raises as `post` does."""
        ...

    def find(
        self, channel: str, delivery_id: str, *, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """Look in the channel's history (or a thread) for the message that carries this delivery id.

        Raises:
            RateLimited, Refused, Unavailable: the history can't be read now.
        """
        ...
