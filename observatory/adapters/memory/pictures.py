"""Pictures that are remembered as long as the process lives."""

from observatory.application.ports.pictures import Picture


class MemoryPictures:
    """`Pictures` as a list."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str, Picture]] = []
        """Channel, message and picture, in order."""

    def attached(self, channel: str, ts: str, name: str) -> bool:
        """Whether it is there."""
        return any((where, at, one.name) == (channel, ts, name) for where, at, one in self.shown)

    def attach(self, channel: str, ts: str, picture: Picture) -> None:
        """Put it there."""
        self.shown.append((channel, ts, picture))
