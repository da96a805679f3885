"""How people are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from observatory.outputs.message import Message


@dataclass(frozen=True, slots=True)
class Posted:
    """The other side's answer: where the message is. `ts` is Slack's id of it, or the transport's own."""

    channel: str
    ts: str
    permalink: str | None = None


class Messenger(Protocol):
    """Slack, or another way to people; `channel` is the notification's destination."""

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

    def update(
        self, channel: str, ts: str, message: Message, *, delivery_id: str, root_id: str | None = None
    ) -> Posted:
        """Edit a message in place; raises as `post` does.

        An edit carries its own delivery id and, if given, goes on carrying that of the root it edits.
        """
        ...

    def find(
        self, channel: str, delivery_id: str, *, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """Look in the channel's history (or a thread) for the message that carries this delivery id; the oldest.

        Raises:
            RateLimited, Refused, Unavailable: the history can't be read now.
        """
        ...

    def copies(self, channel: str, delivery_id: str, *, since: datetime) -> Sequence[Posted]:
        """Every message of the channel's history that carries this delivery id, oldest first; raises as `find` does."""
        ...

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message of ours; one that is gone already is no error.

        Raises:
            RateLimited, Refused, Unavailable: it is not known to be gone.
        """
        ...
