"""Notifications, deliveries and incidents of one page, for the tests of everything between a transition and Slack."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from support.catalogs import a_catalog, a_service, a_squad
from support.views import tiers_of

from observatory.alerting import Incident, IncidentState, Notification, NotificationKind, Priority
from observatory.application.delivery import Delivery
from observatory.catalog import OnCall, ServiceSlo
from observatory.evaluation import Severity, SloStatus, State
from observatory.outputs.message import Message

NOW = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)
CHANNEL, FALLBACK, CATCH_ALL = "C0PLAYLISTS", "C0ONCALL00", "C0CATCHALL"
CHANNELS = {CHANNEL: "playlists", FALLBACK: "on-call", CATCH_ALL: "catch-all"}
ROOT_MESSAGE = Message("it burns", ({"type": "section", "text": {"type": "mrkdwn", "text": "*it burns*"}},))


def an_entry(**service: Any) -> ServiceSlo:
    """`playlist/availability`, promised by a squad in Stockholm."""
    squad = a_squad(on_call=OnCall(timezone="Europe/Stockholm"))
    return next(a_catalog(a_service(**service), squads=[squad]).slos())


def a_burning_status(**overrides: Any) -> SloStatus:
    """A 99.9 % SLO over 30 days, burning 14.6 times too fast, with 42 % of its budget left."""
    burn = {"5m": 15.2, "30m": 14.9, "1h": 14.6, "2h": 9.1, "6h": 3.2, "1d": 1.4, "3d": 0.8}
    status = SloStatus(
        slo="playlist/availability",
        at=NOW - timedelta(seconds=45),
        state=State.AT_RISK,
        objective=0.999,
        window=timedelta(days=30),
        coverage=0.9982,
        sli=0.999418,
        total=41_300_000.0,
        bad=24_036.0,
        budget=41_300.0,
        consumed=0.58,
        remaining=0.42,
        affordable=17_264.0,
        burn=burn,
        tiers=tiers_of(burn),
    )
    return replace(status, **overrides)


def an_incident(incident_id: str = "inc-1", **overrides: Any) -> Incident:
    """A page of `playlist/availability` that fired twelve minutes ago."""
    incident = Incident(
        id=incident_id,
        slo="playlist/availability",
        service="playlist",
        squad="playlists",
        severity=Severity.PAGE,
        state=IncidentState.FIRING,
        tiers=("fast",),
        opened_at=NOW - timedelta(minutes=12),
        updated_at=NOW - timedelta(minutes=12),
    )
    return replace(incident, **overrides)


def a_delivery(
    kind: NotificationKind = NotificationKind.ROOT,
    *,
    incident: str = "inc-1",
    destination: str = CHANNEL,
    revision: int = 1,
    message: Message = ROOT_MESSAGE,
    **notification: Any,
) -> Delivery:
    """A pending delivery that is due at once; its deadline is five minutes away."""
    fields: dict[str, Any] = {
        "priority": Priority.PAGE,
        "not_before": NOW,
        "deadline": NOW + timedelta(minutes=5),
    }
    delivery_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{incident} {destination} {kind} {revision}"))
    return Delivery(
        Notification(delivery_id, incident, destination, kind, revision, **(fields | notification)), message
    )


def plan_fault(url: str, **fault: Any) -> None:
    """Ask a development Slack for trouble (see `observatory.sandbox.slack.faults.Fault`)."""
    httpx2.post(f"{url}/admin/faults", json=fault).raise_for_status()


def postings(url: str, channel: str = CHANNEL, *, thread_ts: str | None = None) -> list[dict[str, Any]]:
    """What a channel, or a thread, of a development Slack shows: oldest first, with metadata."""
    thread = {} if thread_ts is None else {"thread_ts": thread_ts}
    answer = httpx2.get(f"{url}/admin/channels/{channel}/messages", params=thread)
    messages: list[dict[str, Any]] = answer.raise_for_status().json()
    return messages


def words(posting: dict[str, Any]) -> str:
    """All that a message says, its attachments included."""
    attachments = posting.get("attachments", ())
    said = [one.get(part, "") for one in attachments for part in ("pretext", "title", "text", "footer")]
    return "\n".join([posting["text"], *said])


def delivery_ids(messages: Iterable[dict[str, Any]]) -> list[str]:
    """Which deliveries these messages carry."""
    return [message["metadata"]["event_payload"]["delivery_id"] for message in messages]
