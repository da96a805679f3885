"""Others' alerts, and a small world in which they are decided."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from support.catalogs import a_catalog, a_service, a_squad, an_slo

from observatory.adapters.memory.alertmanager import MemoryAlertmanager
from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.reports import MemoryReports
from observatory.alerting import Incident, Rules
from observatory.alerting.reports import Alert, Report
from observatory.application.alertmanager import DecideAlerts, Reconcile, Tell
from observatory.application.announce import Addresses, Announce
from observatory.application.ports import Held
from observatory.application.snapshot import Board, Health, Snapshot
from observatory.catalog import Escalation, OnCall, Slack

AT = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)
CATCH_ALL = "C0CATCHALL"
CATALOG = a_catalog(
    a_service(slos=(an_slo(),)),
    squads=[
        a_squad(on_call=OnCall(escalate=Escalation(after=timedelta(minutes=15), to="platform"))),
        a_squad(name="platform", slack=Slack(channel="C0PLATFORM")),
    ],
)
"""`playlist/availability` of squad playlists, whose pages climb to squad platform."""


def an_alert(fingerprint: str = "c0ffee", *, starts: int = 0, **labels: str) -> Alert:
    """A page of `playlist`'s database; `starts` in minutes."""
    usual = {"alertname": "PostgresDown", "service": "playlist", "severity": "page"}
    words = {"summary": "Postgres is down", "runbook_url": "https://runbooks.example/postgres"}
    return Alert(fingerprint, AT + timedelta(minutes=starts), usual | labels, words)


def firing(fingerprint: str = "c0ffee", **alert: Any) -> Report:
    """It fires."""
    return Report(an_alert(fingerprint, **alert), firing=True)


def over(fingerprint: str = "c0ffee", *, at: int = 5, **alert: Any) -> Report:
    """It has ended, `at` minutes."""
    return Report(an_alert(fingerprint, **alert), firing=False, ended_at=AT + timedelta(minutes=at))


def held(report: Report, *receivers: str, inhibited_by: tuple[str, ...] = ()) -> Held:
    """As Alertmanager holds it."""
    return Held(report, frozenset(receivers), frozenset(inhibited_by))


@dataclass
class Beside:
    """Observatory's side of an Alertmanager, in memory."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(AT))
    alerts: MemoryAlerts = field(default_factory=MemoryAlerts)
    reports: MemoryReports = field(default_factory=MemoryReports)
    servers: list[MemoryAlertmanager] = field(default_factory=lambda: [MemoryAlertmanager()])

    def __post_init__(self) -> None:
        addresses = Addresses("https://observatory.example", None, CATCH_ALL)
        announce = Announce(addresses, lambda *_: 0.0)
        rules = Rules(catch_all=CATCH_ALL)
        self.board = Board(Snapshot(CATALOG), Health(started_at=AT))
        self.decide = DecideAlerts(self.reports, self.alerts, announce, lambda: CATALOG, self.clock, rules)
        self.reconcile = Reconcile(self.servers, self.reports, self.clock, "observatory")
        self.tell = Tell(
            self.servers,
            self.alerts,
            self.board,
            self.clock,
            addresses,
            timedelta(minutes=1),
            delivers=lambda: True,
        )

    def hear(self, *told: Report) -> None:
        """A webhook, and what is made of it."""
        self.reports.hear(told)
        self.decide()

    def later(self, minutes: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(minutes=minutes))

    def incident(self) -> Incident:
        """The only one."""
        (incident,) = self.alerts.incidents()
        return incident

    def told(self) -> list[tuple[str, str]]:
        """Channel and first line of every message so far, in order."""
        return [
            (one.notification.destination, one.message.text.split(":")[0])
            for one in reversed(self.alerts.deliveries())
        ]
