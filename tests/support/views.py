"""A believable organisation to look at: 24 services in six squads, every state, incidents, awkward names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from starlette.testclient import TestClient
from support.catalogs import a_catalog, a_service, a_squad, an_slo

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.memory.clock import ManualClock
from observatory.alerting import Incident, IncidentState, Notification, NotificationKind
from observatory.application.delivery import Delivery, DeliveryState
from observatory.application.snapshot import Board, Health, Snapshot, Views
from observatory.application.vitals import SelfTest, Vitals
from observatory.catalog import Catalog, OnCall, Place, ServiceSlo, Slack
from observatory.entrypoints.api.app import create_app
from observatory.errors import Unavailable
from observatory.evaluation import BudgetPoint, Severity, SloStatus, State, TierStatus
from observatory.outputs.message import Message
from observatory.settings import Settings

NOW = datetime(2026, 3, 18, 2, 47, 30, tzinfo=UTC)
AT = NOW.replace(second=0) - timedelta(minutes=1)
UNKNOWN_STATES = {State.NO_DATA, State.STALE, State.QUERY_FAILED}


class Alerts(MemoryAlerts):
    """The in-memory store; `gone` plays a database that does not answer."""

    def __init__(self, incidents: Sequence[Incident] = (), deliveries: Sequence[Delivery] = ()) -> None:
        super().__init__()
        self.gone = False
        self.record(incidents, deliveries)

    def __getattribute__(self, name: str) -> Any:
        if name in {"incident", "incidents", "deliveries", "overdue"} and self.gone:
            raise Unavailable("the database did not answer within 5 s")
        return super().__getattribute__(name)


def hours(
    budget: float,
    *,
    hourly: float = 40_000.0,
    base: float = 0.3,
    spikes: Mapping[int, float] | None = None,
    missing: range = range(0),
    count: int = 720,
) -> list[BudgetPoint]:
    """An SLO's window in hours: `base` and `spikes` (hour: burn) say how many times the budget burns."""
    totals = [hourly * (0.35 if hour % 24 < 6 else 1.25) for hour in range(count)]
    whole = budget * sum(total for hour, total in enumerate(totals) if hour not in missing)
    points, spent = [], 0.0
    for hour, total in enumerate(totals):
        at = AT - timedelta(hours=count - 1 - hour)
        if hour in missing:
            points.append(BudgetPoint(at, None, 0.0, 0.0))
            continue
        bad = float(round(total * budget * (spikes or {}).get(hour, base)))
        spent += bad
        points.append(BudgetPoint(at, 1 - spent / whole, bad, total))
    return points


TIERS = (
    ("fast", Severity.PAGE, "1h", "5m", "14.4"),
    ("slow", Severity.PAGE, "6h", "30m", "6"),
    ("drain", Severity.TICKET, "1d", "2h", "3"),
    ("creep", Severity.TICKET, "3d", "6h", "1"),
)


def tiers_of(burn: Mapping[str, float | None]) -> tuple[TierStatus, ...]:
    """The four tiers by the classic rule: both windows burn at the threshold or faster."""
    judged = []
    for name, severity, long, short, threshold in TIERS:
        rates = [burn.get(long), burn.get(short)]
        firing = all(rate is not None and rate >= float(threshold) for rate in rates)
        clear = None if None in rates else not firing
        judged.append(TierStatus(name, severity, long, short, Decimal(threshold), firing, clear))
    return tuple(judged)


def a_status(
    entry: ServiceSlo,
    points: Sequence[BudgetPoint] = (),
    *,
    state: State = State.HEALTHY,
    burn: float = 0.3,
    **overrides: Any,
) -> SloStatus:
    """The status that these hours add up to; burning at `burn` now, and less so over the longer windows."""
    total, bad = sum(point.total for point in points), sum(point.bad for point in points)
    budget = total * float(entry.slo.budget)
    known = bool(total) and state not in UNKNOWN_STATES
    seen = len([point for point in points if point.remaining is not None])
    fade = {"5m": 1.2, "30m": 1.1, "1h": 1.0, "2h": 0.9, "6h": 0.7, "1d": 0.4, "3d": 0.25}
    rates = {window: burn * share if known else None for window, share in fade.items()}
    status = SloStatus(
        slo=entry.id,
        at=AT,
        state=state,
        objective=float(entry.slo.objective / 100),
        window=entry.slo.window.length,
        coverage=seen / len(points) if points else None,
        sli=1 - bad / total if known else None,
        total=total if known else None,
        bad=bad if known else None,
        budget=budget if known else None,
        consumed=bad / budget if known else None,
        remaining=1 - bad / budget if known else None,
        affordable=budget - bad if known else None,
        burn=rates,
        tiers=tiers_of(rates),
        budget_minutes=entry.slo.window.length.total_seconds() / 60 * float(entry.slo.budget)
        if known
        else None,
    )
    return replace(status, **overrides)


def an_incident(incident_id: str, entry: ServiceSlo, **overrides: Any) -> Incident:
    """A page that fired 23 minutes ago and burns still."""
    incident = Incident(
        id=incident_id,
        slo=entry.id,
        service=entry.service.name,
        squad=entry.squad.name,
        severity=Severity.PAGE,
        state=IncidentState.FIRING,
        tiers=("fast",),
        opened_at=NOW - timedelta(minutes=23),
        updated_at=NOW - timedelta(minutes=2),
    )
    return replace(incident, **overrides)


def a_delivery(incident: Incident, text: str, **overrides: Any) -> Delivery:
    """A message that reached the squad's channel at once."""
    notification = Notification(
        delivery_id=f"{incident.id}-{text}",
        incident=incident.id,
        destination="C0PLAYLISTS",
        kind=NotificationKind.ROOT,
        revision=1,
        priority=0,
        not_before=incident.opened_at,
        deadline=incident.opened_at + timedelta(minutes=5),
    )
    delivery = Delivery(
        notification=notification,
        message=Message(text),
        state=DeliveryState.SENT,
        attempt=1,
        channel="C0PLAYLISTS",
        ts="1773801841.000100",
        permalink="https://music.slack.example/archives/C0PLAYLISTS/p1773801841000100",
        sent_at=incident.opened_at + timedelta(seconds=1),
    )
    return replace(delivery, **overrides)


def views_of(
    catalog: Catalog,
    statuses: Sequence[SloStatus] = (),
    *,
    alerts: Alerts | None = None,
    health: Health | None = None,
    burn_down: Callable[[str], Sequence[BudgetPoint]] = lambda _: (),
    vitals: Vitals | None = None,
) -> Views:
    """Views of an Observatory that is well, unless told otherwise."""
    snapshot = Snapshot(catalog, {status.slo: status for status in statuses}, AT if statuses else None)
    well = Health(
        started_at=NOW - timedelta(days=3),
        last_tick_at=NOW - timedelta(seconds=12),
        last_tick_seconds=0.42,
        ticks=4320,
        measured_until=AT,
        backfilled=True,
    )
    return Views(
        board=Board(snapshot, health or well),
        alerts=alerts or Alerts(),
        clock=ManualClock(NOW),
        burn_down=burn_down,
        vitals=vitals or Vitals(),
    )


def small_views(**overrides: Any) -> Views:
    """One squad, one service, one healthy SLO."""
    catalog = a_catalog(a_service())
    entry = next(catalog.slos())
    points = hours(float(entry.slo.budget))
    return views_of(catalog, [a_status(entry, points)], burn_down=lambda _: points, **overrides)


LONG = "recommendation-feature-aggregation-and-personalised-ranking-eu1"

SQUADS = (
    a_squad(
        "playlists",
        description="Everything people save, order and share.",
        on_call=OnCall(hours="Mon-Fri 09:00-18:00", timezone="Europe/Stockholm"),
        place=Place("catalog/playlists/squad.yml", 1),
    ),
    a_squad(
        "search", on_call=OnCall(timezone="America/New_York"), place=Place("catalog/search/squad.yml", 1)
    ),
    a_squad("ads", slack=Slack(channel="C0ADS12345"), on_call=OnCall(timezone="Europe/London")),
    a_squad(
        "music",
        description="צוות המוזיקה: ניגון, תמלול ומילים לשירים",
        on_call=OnCall(timezone="Asia/Jerusalem"),
    ),
    a_squad("core-infrastructure-and-developer-experience-platform", description="What all others stand on."),
    a_squad("lab", description="New ideas; nothing promised yet."),
)

_OWNERS = {
    "playlists": ("playlist", "collaborative-playlist", "library", "saved-tracks", "share-links"),
    "search": ("search", "autocomplete", "search-index", "query-understanding", LONG),
    "ads": ("ad-server", "ad-decision", "campaigns", "billing"),
    "music": ("transcripts", "lyrics", "playback"),
    SQUADS[4].name: (
        "user-profile",
        "login",
        "api-gateway",
        "event-delivery",
        "notifications",
        "feature-flags",
    ),
    "lab": ("sandbox",),
}
_DEPENDS = {
    "playlist": ("user-profile", "search"),
    "library": ("playlist",),
    "search": ("search-index", "query-understanding"),
    "ad-server": ("ad-decision", "user-profile", "feature-flags"),
    "login": ("user-profile", "notifications", "retired-service"),
}

_STORIES: Mapping[str, dict[str, Any]] = {
    "playlist/availability": {
        "state": State.AT_RISK,
        "burn": 17.2,
        "base": 0.2,
        "spikes": {300: 90, 301: 160, 719: 120, 718: 40},
    },
    "search/availability": {
        "state": State.BREACHED,
        "burn": 6.6,
        "base": 0.4,
        "spikes": {200: 180, 201: 260, 500: 180, 719: 40},
    },
    "autocomplete/availability": {"state": State.AT_RISK, "burn": 3.4, "base": 0.8},
    f"{LONG}/availability": {"state": State.BREACHED, "burn": 1.1, "base": 1.06},
    "search-index/availability": {"state": State.PARTIAL, "missing": range(400, 510)},
    "billing/availability": {"state": State.IDLE, "count": 0},
    "campaigns/availability": {"state": State.NO_DATA, "count": 0},
    "ad-decision/availability": {
        "state": State.QUERY_FAILED,
        "failure": "bad_data: invalid parameter \"query\": 1:42: parse error: unexpected character: '|' in "
        'http_requests_total{cluster="eu-west-1",code=~"5..",environment="production",job="ad-decision"}|rate',
    },
    "lyrics/availability": {"state": State.STALE},
    "transcripts/availability": {"state": State.NEW, "count": 9},
    "login/latency": {"state": State.AT_RISK, "burn": 1.4, "base": 0.78},
    "share-links/availability": {"hourly": 6.0, "base": 0.0, "spikes": {640: 333}},
}
"""What happened to some SLOs; the rest are healthy, a little different each."""


def organisation() -> Views:
    """The whole believable organisation, untouched by whoever had it before."""
    catalog, told = _organisation()
    entries = {entry.id: entry for entry in catalog.slos()}
    incidents = _incidents(entries)
    message = a_delivery(incidents[0], "🔴 PAGE: playlist/availability is burning 17.2× too fast")
    return views_of(
        catalog,
        [status for status, _ in told.values()],
        alerts=Alerts(incidents, [message]),
        burn_down=lambda slo: told[slo][1] if slo in told else (),
    )


@cache
def _organisation() -> tuple[Catalog, Mapping[str, tuple[SloStatus, Sequence[BudgetPoint]]]]:
    services = [
        a_service(
            name,
            squad=squad,
            tier=1 + index % 4,
            description=f"Answers for {name}.",
            depends_on=_DEPENDS.get(name, ()),
            place=Place(f"catalog/{squad}/{name}.yml", 1),
            slos=_promises(squad, name),
        )
        for squad, names in _OWNERS.items()
        for index, name in enumerate(names)
    ]
    catalog = a_catalog(*services, squads=SQUADS)
    entries = {entry.id: entry for entry in catalog.slos()}
    return catalog, {slo: _told(entry, index) for index, (slo, entry) in enumerate(entries.items())}


def _promises(squad: str, service: str) -> tuple[Any, ...]:
    if squad == "lab":
        return ()
    file = f"catalog/{squad}/{service}.yml"
    availability = an_slo(place=Place(file, 14, 5), description="Requests answered without a server error.")
    if service in {"playlist", "search", "login", "api-gateway", "playback"}:
        latency = an_slo(
            "latency", objective="99", place=Place(file, 18, 5), description="Answers within 300 ms."
        )
        return availability, latency
    return (availability,)


def _told(entry: ServiceSlo, index: int) -> tuple[SloStatus, Sequence[BudgetPoint]]:
    story = {"base": 0.05 + index * 37 % 61 / 100, "hourly": 900.0 * (1 + index * index % 97)} | _STORIES.get(
        entry.id, {}
    )
    state, burn = story.pop("state", State.HEALTHY), story.pop("burn", story["base"])
    overrides = {"failure": story.pop("failure")} if "failure" in story else {}
    points = hours(float(entry.slo.budget), **story)
    return a_status(entry, points, state=state, burn=burn, **overrides), points


def _incidents(entries: Mapping[str, ServiceSlo]) -> list[Incident]:
    hour = timedelta(hours=1)
    return [
        an_incident("inc-7f3a9c", entries["playlist/availability"], tiers=("fast", "slow"), revision=4),
        an_incident(
            "inc-51d0be",
            entries["search/availability"],
            state=IncidentState.ACKNOWLEDGED,
            tiers=("slow",),
            opened_at=NOW - 2 * hour,
            reopened=2,
        ),
        an_incident(
            "inc-0b77e1",
            entries["autocomplete/availability"],
            severity=Severity.TICKET,
            tiers=("drain",),
            opened_at=NOW - 9 * hour,
        ),
        an_incident(
            "inc-c2d4aa",
            entries["login/latency"],
            severity=Severity.TICKET,
            state=IncidentState.SILENCED,
            tiers=("creep",),
            opened_at=NOW - 50 * hour,
        ),
        an_incident(
            "inc-9e9e01",
            entries["playlist/availability"],
            state=IncidentState.RESOLVED,
            opened_at=NOW - 420 * hour,
            updated_at=NOW - 418 * hour,
            resolved_at=NOW - 418 * hour,
        ),
    ]


def browse(views: Views, **settings: Any) -> TestClient:
    """Someone who asks the application over these views."""
    return TestClient(create_app(views, Settings(**settings)), follow_redirects=False)


def many_views(count: int) -> Views:
    """So many SLOs of as many services, all healthy: for looking at size."""
    catalog = a_catalog(
        *(a_service(f"service-{number}", squad=f"squad-{number % 50}") for number in range(count))
    )
    entries = list(catalog.slos())
    points = hours(float(entries[0].slo.budget))
    status = a_status(entries[0], points)
    return views_of(catalog, [replace(status, slo=entry.id) for entry in entries], burn_down=lambda _: points)


def lively() -> Vitals:
    """Every sign of life that there can be."""
    return Vitals(
        loop_at=NOW - timedelta(seconds=11),
        self_test=SelfTest(NOW - timedelta(minutes=20), timedelta(seconds=0.7)),
        listens=lambda: True,
        heard=lambda: {"paris": NOW - timedelta(seconds=40)},
    )
