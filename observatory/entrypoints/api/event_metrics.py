"""Events and journeys in Prometheus's text format: what dashboards mark, and what their panels draw."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric

from observatory.application.snapshot import Snapshot
from observatory.catalog import ServiceSlo
from observatory.catalog.freezes import freezes

_SECOND = timedelta(seconds=1)
_SLO = ("squad", "service", "slo")


def event_families(snapshot: Snapshot, now: datetime) -> Iterator[Metric]:
    """Every family; empty ones are left out, so an organisation without events has none of them."""
    found = (
        _active(snapshot, now),
        *_slices(snapshot),
        *_traffic(snapshot),
        _frozen(snapshot, now),
        *_adjusted(snapshot),
        *_components(snapshot),
    )
    return (family for family in found if family.samples)


def _active(snapshot: Snapshot, now: datetime) -> Metric:
    """1 while an event goes on, 0 while it does not: by the SLOs that it is about."""
    family = _family("observatory_event_active", "1 while an event goes on.", "event", "mode", *_SLO)
    for event in snapshot.catalog.events.values():
        going_on = float(any(True for span in event.schedule.spans(now, now + _SECOND) if span.contains(now)))
        for entry in snapshot.catalog.affected(event):
            family.add_metric([event.name, event.mode, *_labels(entry)], going_on)
    return family


def _slices(snapshot: Snapshot) -> tuple[Metric, ...]:
    """What protected events spend; the squad is the event's owner."""
    labels = ("event", *_SLO)
    events = _family("observatory_event_slice_events", "Bad events that an event may spend.", *labels)
    bad = _family("observatory_event_bad_events", "Bad events in an event so far.", *labels)
    consumed = _family(
        "observatory_event_slice_consumed_ratio", "Share of its slice that an event has spent.", *labels
    )
    for occasion in snapshot.occasions:
        for one, status in occasion.slices.values():
            squad, service, slo = _labels(one.protected)
            names = [occasion.event.name, squad, service, slo]
            for family, value in ((events, status.budget), (bad, status.bad), (consumed, status.consumed)):
                if value is not None:
                    family.add_metric(names, value)
    return events, bad, consumed


def _traffic(snapshot: Snapshot) -> tuple[Metric, ...]:
    names = ("expected", "usual", "peak", "now")
    family = _family(
        "observatory_event_traffic_per_minute",
        "Events a minute: expected, in the busiest usual hour, in the busiest five minutes, now.",
        "event",
        "kind",
    )
    for occasion in snapshot.occasions:
        values = [getattr(occasion.traffic, name, None) for name in names]
        for name, value in zip(names, values, strict=True):
            if value is not None:
                family.add_metric([occasion.event.name, name], value)
    return (family,)


def _frozen(snapshot: Snapshot, now: datetime) -> Metric:
    family = _family("observatory_service_frozen", "1 while an event forbids changes.", "event", "service")
    for one in freezes(snapshot.catalog, at=now):
        for service in one.services:
            family.add_metric([one.event.name, service], 1)
    return family


def _adjusted(snapshot: Snapshot) -> tuple[Metric, ...]:
    share = _family("observatory_slo_excluded_ratio", "Share of the window that events leave out.", *_SLO)
    plain = _family(
        "observatory_slo_error_budget_remaining_unadjusted_ratio",
        "Share of the error budget that would be left if nothing were left out.",
        *_SLO,
    )
    for entry, _ in snapshot.entries():
        adjustment = snapshot.adjustments.get(entry.id)
        if adjustment is not None:
            left_out = 0.0 if adjustment.exclusion.refused else adjustment.exclusion.share
            share.add_metric(_labels(entry), left_out)
            if adjustment.unadjusted.remaining is not None:
                plain.add_metric(_labels(entry), adjustment.unadjusted.remaining)
    return share, plain


def _components(snapshot: Snapshot) -> tuple[Metric, ...]:
    family = _family(
        "observatory_journey_component_bad_events",
        "Weighted bad events of a journey's component over the journey's window.",
        *_SLO,
        "component",
    )
    for entry, _ in snapshot.entries():
        for one in snapshot.contributions.get(entry.id, ()):
            family.add_metric([*_labels(entry), one.slo], one.bad)
    return (family,)


def _family(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=labels)


def _labels(entry: ServiceSlo) -> list[str]:
    return [entry.squad.name, entry.service.name, entry.slo.name]
