"""Trouble on order: what goes wrong with the next calls of a method."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Trouble(StrEnum):
    """A way to fail."""

    STATUS = "status"
    """An HTTP status with Slack's body for it: 429 (with Retry-After), 500, 503."""
    ERROR = "error"
    """200 and `{"ok": false, "error": …}`."""
    DROP = "drop"
    """The connection closes without an answer."""
    TRUNCATE = "truncate"
    """The answer breaks off in its middle."""
    HTML = "html"
    """A proxy's error page."""
    HANG = "hang"
    """The answer comes `seconds` late."""


class Fault(BaseModel):
    """A fault for the next `times` calls of a method, in one channel or in all."""

    model_config = ConfigDict(extra="forbid")

    method: str = "chat.postMessage"
    trouble: Trouble
    times: Annotated[int, Field(ge=1)] = 1
    applied: bool = False
    """Whether the call is carried out all the same, and only its answer is lost."""
    channel: str | None = None
    status: Annotated[int, Field(ge=400, le=599)] = 500
    error: str = "internal_error"
    retry_after: str = "1"
    """As the header says it; real ones have been fractional."""
    seconds: Annotated[float, Field(gt=0, le=3_600)] = 30.0


class Faults:
    """Faults in the order in which they were asked for."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        """Add one."""
        self.planned.append(fault)

    def clear(self) -> None:
        """Nothing more goes wrong."""
        self.planned.clear()

    def take(self, method: str, channel: str | None) -> Fault | None:
        """The fault that strikes this call, used up by it."""
        for fault in self.planned:
            if fault.method == method and fault.channel in {None, channel}:
                fault.times -= 1
                if fault.times == 0:
                    self.planned.remove(fault)
                return fault
        return None
