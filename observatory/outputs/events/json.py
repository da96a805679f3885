"""Events, freezes and what comes of them, as `json.dumps` takes it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from observatory.catalog import Catalog, Event, Span
from observatory.catalog.freezes import Frozen, frozen_services
from observatory.evaluation.exclusions import Adjustment
from observatory.evaluation.journeys import Contribution
from observatory.evaluation.occasions import Occasion, TrafficSeen


def event_json(event: Event, span: Span | None, catalog: Catalog) -> dict[str, Any]:
    """An event and the time that is under way, or the next one."""
    return {
        "event": event.name,
        "squad": event.squad,
        "description": event.description,
        "mode": event.mode,
        "reason": event.reason,
        "timezone": event.timezone,
        "repeat": event.repeat,
        "affects": [entry.id for entry in catalog.affected(event)],
        "freezes": list(frozen_services(event, catalog)) if event.freeze else [],
        "next": None if span is None else span_json(span),
        "defined_at": str(event.place),
    }


def span_json(span: Span) -> dict[str, str]:
    """When something begins and ends."""
    return {"start": moment(span.start), "end": moment(span.end)}


def occasion_json(occasion: Occasion) -> dict[str, Any]:
    """How an event goes: slices and traffic."""
    return {
        **span_json(occasion.span),
        "slices": [
            {
                "slo": one.protected.id,
                "incident_name": one.id,
                "bad": status.bad,
                "total": status.total,
                "slice": status.budget,
                "consumed": status.consumed,
                "state": status.state.value,
            }
            for one, status in occasion.slices.values()
        ],
        "traffic": traffic_json(occasion.traffic),
    }


def traffic_json(traffic: TrafficSeen | None) -> dict[str, Any] | None:
    """Who came, of those that were expected; events a minute."""
    if traffic is None:
        return None
    return {
        "slo": traffic.slo,
        "expected": traffic.expected,
        "usual": traffic.usual,
        "peak": traffic.peak,
        "now": traffic.now,
        "beyond": traffic.beyond,
    }


def freeze_json(found: Iterable[Frozen], *, at: datetime, service: str | None) -> dict[str, Any]:
    """What a gate wants to know: whether, why, and until when."""
    by = [
        {
            "event": one.event.name,
            "squad": one.event.squad,
            "description": one.event.description,
            **span_json(one.span),
            "services": list(one.services),
        }
        for one in found
    ]
    return {"service": service, "at": moment(at), "frozen": bool(by), "by": by}


def adjustment_json(adjustment: Adjustment | None) -> dict[str, Any] | None:
    """What events leave out of an SLO's numbers, and the numbers without that."""
    if adjustment is None:
        return None
    exclusion, plain = adjustment.exclusion, adjustment.unadjusted
    return {
        "events": list(exclusion.events),
        "seconds": exclusion.seconds,
        "share": exclusion.share,
        "refused": exclusion.refused,
        "under_way": exclusion.under_way,
        "without": {
            "state": plain.state.value,
            "sli": plain.sli,
            "events": {"total": plain.total, "bad": plain.bad},
            "budget": {"events": plain.budget, "consumed": plain.consumed, "remaining": plain.remaining},
        },
    }


def components_json(found: Sequence[Contribution]) -> list[dict[str, Any]]:
    """What a journey's SLO is made of, the component that fails most users first."""
    return [
        {
            "slo": one.slo,
            "squad": one.squad,
            "weight": one.weight,
            "bad": one.bad,
            "total": one.total,
            "share": one.share,
        }
        for one in found
    ]


def moment(time: datetime) -> str:
    """`2026-12-04T00:00:00Z`."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
