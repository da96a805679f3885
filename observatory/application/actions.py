"""Everything that people may do, by whichever way they come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from observatory.application.acknowledge import Acknowledge
from observatory.application.ledger import Ledger
from observatory.application.ports import Clock
from observatory.application.press import PressButton
from observatory.application.silencing import AddSilence, ExpireSilence


@dataclass(frozen=True, slots=True)
class Door:
    """How Slack reaches us."""

    genuine: Callable[[bytes, Mapping[str, str]], bool]
    """Whether this raw body, under these headers (names in lower case), is Slack's and new."""
    whisper: Callable[[str, str], None]
    """Tell the person at this `response_url` alone."""


@dataclass(frozen=True, slots=True)
class Actions:
    """The use cases over one ledger."""

    acknowledge: Acknowledge
    add_silence: AddSilence
    expire_silence: ExpireSilence
    press: PressButton
    door: Door | None = None
    """None without a signing secret: then no message has a button to press."""


def actions(ledger: Ledger, clock: Clock, *, door: Door | None = None) -> Actions:
    """All of them, for one ledger."""
    acknowledge, add_silence = Acknowledge(ledger, clock), AddSilence(ledger, clock)
    press = PressButton(ledger.alerts, acknowledge, add_silence, lambda: ledger.board.snapshot.catalog, clock)
    return Actions(acknowledge, add_silence, ExpireSilence(ledger, clock), press, door)
