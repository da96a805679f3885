"""What all transports but Slack's API have in common: nothing can be edited, looked up or taken back."""

from collections.abc import Sequence
from typing import NoReturn

from observatory.application.ports import Posted
from observatory.application.refusals import NOT_EDITABLE, UNREADABLE
from observatory.errors import Refused


class Unalterable:
    """The half of the `Messenger` port that such a transport refuses."""

    def update(self, channel: str, *_: object, **__: object) -> Posted:
        """Refuse: what was sent stays as it was sent."""
        raise Refused(f"what was sent to {channel} can't be edited", code=NOT_EDITABLE)

    def find(self, channel: str, *_: object, **__: object) -> Posted | None:
        """Refuse: there is no history."""
        _unreadable(channel)

    def copies(self, channel: str, *_: object, **__: object) -> Sequence[Posted]:
        """Refuse: there is no history."""
        _unreadable(channel)

    def delete(self, channel: str, *_: object, **__: object) -> None:
        """Refuse: it can't be taken back."""
        _unreadable(channel)


def _unreadable(channel: str) -> NoReturn:
    raise Refused(f"what was sent to {channel} can't be looked up", code=UNREADABLE)
