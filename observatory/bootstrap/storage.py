"""State: the database, and who of its users may write what."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from os import getpid
from uuid import uuid4

from observatory.adapters.memory.lease import Alone
from observatory.adapters.memory.reports import MemoryReports
from observatory.adapters.memory.signs import MemorySigns
from observatory.adapters.sql import (
    SqlAlerts,
    SqlHistory,
    SqlLease,
    SqlReports,
    SqlSigns,
    create_engine,
    migrate,
)
from observatory.alerting import Silence
from observatory.application.ports import AlertStore, HistoryStore, Lease, ReportStore, Signs
from observatory.settings import Settings


def this_life() -> str:
    """A name for this life of this process; in containers host and process id are the same after every restart."""
    return f"{socket.gethostname()}:{getpid()}:{uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True)
class Storage:
    """The stores of one database."""

    alerts: AlertStore
    """For people and for deliveries: any replica writes there."""
    decisions: AlertStore
    """The same, for who evaluates: another replica's writes are refused."""
    history: HistoryStore
    """Only the evaluator may write."""
    signs: Signs
    reports: ReportStore
    lease: Lease


def in_memory(alerts: AlertStore, history: HistoryStore) -> Storage:
    """Stores that no other process knows."""
    return Storage(alerts, alerts, history, MemorySigns(), MemoryReports(), Alone())


def stored_history(settings: Settings) -> HistoryStore:
    """What a service has kept, to be read: nothing is made, and nothing brought to another schema.

    Raises:
        DefinitionError: the database's address is none.
        NotFound: there is no such file.
    """
    return SqlHistory(create_engine(settings.database_url.get_secret_value(), existing=True))


def stored_silences(settings: Settings) -> Callable[[datetime], Sequence[Silence]]:
    """Those that people have set, of which a service knows: all that ended after a moment; see `stored_history`."""
    alerts = SqlAlerts(create_engine(settings.database_url.get_secret_value(), existing=True))
    return lambda ending_after: alerts.silences(ending_after=ending_after)


def storage(settings: Settings) -> Storage:
    """The database of the settings, brought to the schema of this version.

    Raises:
        DefinitionError, Refused: it can't be used like this.
        Unavailable: it can't be reached.
    """
    engine = create_engine(settings.database_url.get_secret_value())
    migrate(engine)
    alerts = SqlAlerts(engine)
    if engine.dialect.name == "sqlite":
        return Storage(alerts, alerts, SqlHistory(engine), SqlSigns(engine), SqlReports(engine), Alone())
    lease = SqlLease(engine, holder=this_life(), length=settings.lease)
    fenced = SqlAlerts(engine, fence=lease.fence)
    return Storage(
        alerts, fenced, SqlHistory(engine, fence=lease.fence), SqlSigns(engine), SqlReports(engine), lease
    )
