"""Where signs of life are noted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class Signs(Protocol):
    """When whoever has to give signs of life did so last; any replica hears them."""

    def hear(self, source: str, *, at: datetime) -> None:
        """Note one. Whoever was heard once is expected from then on; an earlier moment changes nothing."""
        ...

    def heard(self) -> Mapping[str, datetime]:
        """When each source was heard last."""
        ...

    def forget(self, source: str) -> bool:
        """Expect nothing of it any more; False when nothing was expected."""
        ...
