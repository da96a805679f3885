"""Everything that people may do, by whichever way they come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from observatory.application.acknowledge import Acknowledge
from observatory.application.alertmanager.receive import Receive
from observatory.application.drill import Drills
from observatory.application.ledger import Ledger
from observatory.application.ports import Clock, Signs
from observatory.application.press import PressButton
from observatory.application.silencing import AddSilence, ExpireSilence


@dataclass(frozen=True, slots=True)
class Door:
    """How Slack reaches us."""

    genuine: Callable[[bytes, Mapping[str, str]], bool] | None
    """Whether this raw body, under these headers (names in lower case), is Slack's and new; None: Slack has no
    secret to sign with, and comes by Socket Mode."""
    whisper: Callable[[str, str], None]
    """Tell the person at this `response_url` alone."""


@dataclass(frozen=True, slots=True)
class Actions:
    """The use cases over one ledger."""

    acknowledge: Acknowledge
    add_silence: AddSilence
    expire_silence: ExpireSilence
    press: PressButton
    drills: Drills
    signs: Signs | None = None
    """Others' signs of life; None where there is nowhere to note them."""
    receive: Receive | None = None
    """What Alertmanager tells; None where there is nowhere to keep it."""
    door: Door | None = None
    """None without a signing secret or Socket Mode: then no message has a button to press."""


def actions(
    ledger: Ledger,
    clock: Clock,
    *,
    door: Door | None = None,
    signs: Signs | None = None,
    receive: Receive | None = None,
) -> Actions:
    """All of them, for one ledger."""
    acknowledge, add_silence = Acknowledge(ledger, clock), AddSilence(ledger, clock)
    expire_silence = ExpireSilence(ledger, clock)
    press = PressButton(ledger, acknowledge, add_silence, expire_silence, clock)
    drills = Drills(ledger.alerts, ledger.announce, ledger.catalog, clock)
    return Actions(acknowledge, add_silence, expire_silence, press, drills, signs, receive, door)
