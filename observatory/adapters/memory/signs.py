"""Signs of life that are remembered as long as the process lives."""

from collections.abc import Mapping
from datetime import datetime


class MemorySigns:
    """`Signs` as a dictionary."""

    def __init__(self) -> None:
        self._heard: dict[str, datetime] = {}

    def hear(self, source: str, *, at: datetime) -> None:
        """Note one."""
        self._heard[source] = max(at, self._heard.get(source, at))

    def heard(self) -> Mapping[str, datetime]:
        """When each source was heard last."""
        return dict(self._heard)

    def forget(self, source: str) -> bool:
        """Expect nothing of it any more."""
        return self._heard.pop(source, None) is not None
