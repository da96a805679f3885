"""A message as people will read it: plain text for notifications, Block Kit for the eye."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Block = Mapping[str, Any]
"""One Block Kit block, exactly as Slack's API takes it."""


@dataclass(frozen=True, slots=True)
class About:
    """The incident that a message is about, for programs that read it."""

    incident: str
    service: str
    slo: str
    squad: str
    severity: str
    state: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is what a phone's lock screen shows and what remains if the blocks are refused."""

    text: str
    blocks: Sequence[Block] = ()
    about: About | None = None
