"""What watches: our own heart, the way to Slack and back, and others' signs of life."""

from collections.abc import Callable
from dataclasses import dataclass

from observatory.adapters.ping import Ping
from observatory.adapters.slack import SlackMessenger, SocketMode
from observatory.application.announce import Announce
from observatory.application.canary import Canary
from observatory.application.heartbeat import Heartbeat
from observatory.application.leadership import Leadership
from observatory.application.ports import AlertStore, Clock, Messenger, Signs
from observatory.application.snapshot import Board
from observatory.application.vitals import Vitals
from observatory.application.watchdog import Watchdog
from observatory.catalog import Catalog
from observatory.settings import Settings


@dataclass(frozen=True, slots=True)
class Alive:
    """Signs of life, ours and others'."""

    heartbeat: Heartbeat
    canary: Canary | None
    """None without a channel for it."""
    watchdog: Watchdog
    socket_mode: SocketMode | None
    """None without an app-level token."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What they are made of."""

    settings: Settings
    clock: Clock
    board: Board
    decisions: AlertStore
    """Where only the evaluator may write."""
    signs: Signs
    announce: Announce | None
    messenger: Messenger | None
    leadership: Leadership
    catalog: Callable[[], Catalog]


def alive(parts: Parts) -> tuple[Alive, Vitals]:
    """All of it, and where it is read."""
    settings, clock, messenger = parts.settings, parts.clock, parts.messenger
    vitals = Vitals(leads=lambda: parts.leadership.term is not None, heard=parts.signs.heard)
    socket_mode = socket(settings, clock)
    if socket_mode is not None:
        vitals.listens = lambda: socket_mode.connected
    canary = None
    if messenger is not None and settings.canary_channel is not None:
        canary = Canary(messenger, settings.canary_channel, vitals, clock)
    heartbeat = Heartbeat(
        parts.board,
        vitals,
        clock,
        delivers=messenger is not None,
        knows_us=messenger.check if isinstance(messenger, SlackMessenger) else None,
        ping=Ping(settings.heartbeat_url.get_secret_value()) if settings.heartbeat_url else None,
    )
    watchdog = Watchdog(
        parts.signs,
        parts.decisions,
        parts.announce,
        parts.catalog,
        clock,
        interval=settings.watchdog_interval,
        squad=settings.platform_squad,
        catch_all=settings.catch_all_channel,
    )
    return Alive(heartbeat, canary, watchdog, socket_mode), vitals


def socket(settings: Settings, clock: Clock) -> SocketMode | None:
    """Slack's way to us without a public address, or None without an app-level token."""
    if settings.slack_app_token is None:
        return None
    token = settings.slack_app_token.get_secret_value()
    return SocketMode(token, base_url=settings.slack_api_url, clock=clock)
