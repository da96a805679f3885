"""What a workspace holds: channels and messages, as Slack's API shows them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Channel:
    """A conversation. `member` says whether the bot is in it: only then may it read the history."""

    id: str
    name: str
    archived: bool = False
    private: bool = False
    member: bool = True

    def as_slack(self) -> dict[str, Any]:
        """As `conversations.info` shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": not self.private,
            "is_private": self.private,
            "is_archived": self.archived,
            "is_member": self.member,
        }


@dataclass(slots=True)
class Posting:
    """A message; `ts` is its id within the channel."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: dict[str, Any] | None = None
    client_msg_id: str | None = None
    broadcast: bool = False
    edited: str | None = None
    """When people last edited its bare text; an edit of blocks leaves no mark, as in Slack."""
    edits: int = 0
    attachments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread, below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


BOT_ID, BOT_USER, BOT_NAME = "B0OBSERVE", "U0OBSERVE", "observatory"
TEAM_ID, TEAM_NAME, APP_ID = "T0DEVSLACK", "Development", "A0OBSERVE"
