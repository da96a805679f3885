"""An Observatory with one burning page, as far as people act on it: store, board, use cases; and it over HTTP."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import uvicorn
from fastapi import FastAPI
from support.catalogs import a_catalog, a_service, a_squad
from support.slack import CATCH_ALL, a_burning_status, an_incident

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.memory.clock import ManualClock
from observatory.alerting import Incident, Matcher, Silence, Transition
from observatory.alerting.model import Reason
from observatory.application.actions import Actions, Door, actions
from observatory.application.announce import Addresses, Announce
from observatory.application.audit import Actor, Way
from observatory.application.ledger import Ledger
from observatory.application.ports import AlertStore, Clock
from observatory.application.snapshot import Board, Health, Snapshot, Views
from observatory.catalog import Catalog, OnCall
from observatory.catalog.model import Escalation

NOW = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
"""A Saturday evening in Stockholm; in that night the clocks go forward."""
ANNA, BOB = Actor("anna", Way.API), Actor("bob", Way.SLACK, "U0BOB")


def an_escalating_catalog(**on_call: Any) -> Catalog:
    """`playlists` escalates to `search` after 15 minutes; the platform squad reads the catch-all channel."""
    escalate = Escalation(after=timedelta(minutes=15), to="search")
    hours = OnCall(**({"timezone": "Europe/Stockholm", "escalate": escalate} | on_call))
    squads = [
        a_squad(on_call=hours),
        a_squad("search", slack={"channel": "C0SEARCH00", "mention": "S0SEARCH00"}),
        a_squad("platform", slack={"channel": CATCH_ALL, "mention": "S0PLATFORM"}),
    ]
    return a_catalog(a_service(), squads=squads)


def a_silence(*matchers: str, **changes: Any) -> Silence:
    """Of `service=playlist` for an hour, unless told otherwise."""
    values = {
        "id": "s1",
        "matchers": tuple(map(Matcher.read, matchers or ("service=playlist",))),
        "owner": "playlists",
        "reason": "the database moves",
        "starts_at": NOW,
        "ends_at": NOW + timedelta(hours=1),
        "created_by": "anna",
    }
    return Silence(**(values | changes))


@dataclass(frozen=True)
class World:
    """What people act on."""

    alerts: AlertStore
    board: Board
    clock: Clock
    announce: Announce
    allowed: Actions

    @property
    def views(self) -> Views:
        """What API and portal look at."""
        return Views(self.board, self.alerts, self.clock, lambda _: ())

    def open(self, incident: Incident) -> Incident:
        """Record an incident, with the message that announces it."""
        catalog = self.board.snapshot.catalog
        step = Transition(incident, Reason.TIER_FIRED, self.board.snapshot.statuses[incident.slo])
        told = self.announce(step, next(catalog.slos()), catalog, now=self.clock.now())
        self.alerts.record([incident], list(told))
        return incident


def a_world(
    *, alerts: AlertStore | None = None, clock: Clock | None = None, door: Door | None = None
) -> World:
    """Nothing burns yet, but the newest evaluation says that it does."""
    clock, alerts = clock or ManualClock(NOW), alerts or MemoryAlerts()
    now = clock.now()
    status = a_burning_status(at=now - timedelta(seconds=45))
    board = Board(Snapshot(an_escalating_catalog(), {status.slo: status}, status.at), Health(started_at=now))
    announce = Announce(Addresses(catch_all=CATCH_ALL), lambda *_: 0.0, interactive=door is not None)
    return World(alerts, board, clock, announce, actions(Ledger(alerts, board, announce), clock, door=door))


def a_page(now: datetime = NOW, **changes: Any) -> Incident:
    """It fired, and people were told."""
    times = {"opened_at": now, "updated_at": now, "announced_at": now, "remaining": 0.42}
    return an_incident(**(times | changes))


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a free port of 127.0.0.1; yields its address."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join(timeout=5)
