"""The Alertmanagers beside us."""

from collections.abc import Callable
from dataclasses import dataclass

from observatory.adapters.alertmanager import HttpAlertmanager
from observatory.alerting import Rules
from observatory.application.alertmanager import DecideAlerts, Neighbours, Receive, Reconcile, Tell
from observatory.application.announce import Addresses, Announce
from observatory.application.ports import AlertStore, Clock, ReportStore
from observatory.application.snapshot import Board
from observatory.catalog import Catalog
from observatory.settings import Settings


@dataclass(frozen=True, slots=True)
class Alerts:
    """What others' alerts go through."""

    receive: Receive
    decide: DecideAlerts
    neighbours: Neighbours | None
    """None without an address of an Alertmanager."""
    reports: ReportStore


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What it is made of."""

    settings: Settings
    clock: Clock
    board: Board
    decisions: AlertStore
    """Where only the evaluator may write."""
    reports: ReportStore
    announce: Announce | None
    addresses: Addresses
    catalog: Callable[[], Catalog]


def alerts(parts: Surroundings) -> Alerts:
    """All of it.

    Raises:
        DefinitionError: an address is none.
    """
    rules = Rules(catch_all=parts.settings.catch_all_channel)
    decide = DecideAlerts(parts.reports, parts.decisions, parts.announce, parts.catalog, parts.clock, rules)
    return Alerts(Receive(parts.reports), decide, _neighbours(parts), parts.reports)


def _neighbours(parts: Surroundings) -> Neighbours | None:
    settings = parts.settings
    if not settings.alertmanager_urls:
        return None
    servers = [HttpAlertmanager(url) for url in settings.alertmanager_urls]
    reconcile = Reconcile(servers, parts.reports, parts.clock, settings.alertmanager_receiver)
    tell = Tell(
        servers,
        parts.decisions,
        parts.board,
        parts.clock,
        parts.addresses,
        settings.tick,
        delivers=lambda: parts.announce is not None,
    )
    return Neighbours(reconcile, tell)
