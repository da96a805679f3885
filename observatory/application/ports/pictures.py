"""How a picture gets below a message."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG and what is said of it."""

    name: str
    """Of the file; one message has one picture of a name."""
    title: str
    alternative: str
    """What it shows, for those who can't see it."""
    content: bytes


class Pictures(Protocol):
    """Puts pictures into the threads of messages."""

    def attached(self, channel: str, ts: str, name: str) -> bool:
        """Whether the message's thread has a picture of this name already.

        Raises:
            RateLimited, Refused, Unavailable: that can't be read now.
        """
        ...

    def attach(self, channel: str, ts: str, picture: Picture) -> None:
        """Put a picture below a message.

        Raises:
            RateLimited, Refused, Unavailable: it is not known to be there.
        """
        ...
