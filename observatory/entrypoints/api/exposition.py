"""Every SLO's numbers in Prometheus's text format (version 0.0.4).

prometheus-client writes about 140 000 samples a second; ten thousand SLOs are more than 300 000 samples. So the
labels of an SLO are escaped once and each of its samples is one string. A test reads it back with the client's parser.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from observatory.alerting import Incident
from observatory.application.snapshot import Snapshot
from observatory.catalog import ServiceSlo
from observatory.evaluation import SloStatus, State
from observatory.outputs.status import ALERT_WINDOWS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Samples = Iterable[tuple[str, float | None]]
"""(more labels, such as `,window="1h"`; value or None when unknown)."""


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    help: str
    samples: Callable[[ServiceSlo, SloStatus | None], Samples]


def _measured(
    number: Callable[[SloStatus], float | None],
) -> Callable[[ServiceSlo, SloStatus | None], Samples]:
    return lambda _, status: (("", number(status)),) if status else ()


def _objective(entry: ServiceSlo, _: SloStatus | None) -> Samples:
    return (("", float(entry.slo.objective / 100)),)


def _sli(entry: ServiceSlo, status: SloStatus | None) -> Samples:
    """The SLI over the window that decides, and over the alert windows: 1 - burn · budget."""
    if status is None:
        return
    own = entry.slo.window.label
    yield f',window="{own}"', status.sli
    for window in ALERT_WINDOWS:
        burn = status.burn.get(window)
        if window != own and burn is not None:
            yield f',window="{window}"', 1 - burn * (1 - status.objective)


def _burn(_: ServiceSlo, status: SloStatus | None) -> Samples:
    if status is None:
        return ()
    return [(f',window="{window}"', status.burn.get(window)) for window in ALERT_WINDOWS]


def _remaining(entry: ServiceSlo, status: SloStatus | None) -> Samples:
    """Over every window, the one that decides first."""
    if status is None:
        return
    yield f',window="{entry.slo.window.label}"', status.remaining
    for one in status.further:
        yield f',window="{one.label}"', one.remaining


def _resets(_: ServiceSlo, status: SloStatus | None) -> Samples:
    return (("", status.resets.timestamp()),) if status and status.resets else ()


def _events(_: ServiceSlo, status: SloStatus | None) -> Samples:
    return ((',outcome="total"', status.total), (',outcome="bad"', status.bad)) if status else ()


def _state(_: ServiceSlo, status: SloStatus | None) -> Samples:
    present = status.state if status else State.NO_DATA
    return [(f',state="{state}"', float(state is present)) for state in State]


_FAMILIES = (
    _Family("observatory_slo_objective_ratio", "Share of good events that is promised.", _objective),
    _Family("observatory_slo_sli_ratio", "Share of good events over a window.", _sli),
    _Family(
        "observatory_slo_burn_rate",
        "Error rate over a window as a multiple of the budget's; 1 spends exactly the budget.",
        _burn,
    ),
    _Family(
        "observatory_slo_error_budget_events",
        "Events that may be bad in the SLO's window.",
        _measured(lambda status: status.budget),
    ),
    _Family(
        "observatory_slo_error_budget_remaining_ratio",
        "Share of the error budget that is left; negative when overspent.",
        _measured(lambda status: status.remaining),
    ),
    _Family(
        "observatory_slo_window_budget_remaining_ratio",
        "Share of the error budget that is left over each of the SLO's windows.",
        _remaining,
    ),
    _Family(
        "observatory_slo_window_end_timestamp_seconds",
        "When a calendar window ends and its budget begins anew.",
        _resets,
    ),
    _Family(
        "observatory_slo_error_budget_consumed_ratio",
        "Share of the error budget that is spent; above 1 when overspent.",
        _measured(lambda status: status.consumed),
    ),
    _Family(
        "observatory_slo_coverage_ratio",
        "Share of the SLO's window that was seen.",
        _measured(lambda status: status.coverage),
    ),
    _Family("observatory_slo_window_events", "Events in the SLO's window, by outcome.", _events),
    _Family("observatory_slo_state", "1 for the state that the SLO is in, 0 for the others.", _state),
)


def slo_families(snapshot: Snapshot) -> Iterator[str]:
    """One chunk of text per metric; unknown values are absent."""
    rows = [
        (_labels(entry.squad.name, entry.service.name, entry.slo.name), entry, status)
        for entry, status in snapshot.entries()
    ]
    for family in _FAMILIES:
        name = family.name
        yield _head(name, family.help) + "".join(
            [
                f"{name}{{{labels}{more}}} {float(value)!r}\n"
                for labels, entry, status in rows
                for more, value in family.samples(entry, status)
                if value is not None
            ]
        )


def incident_family(incidents: Iterable[Incident]) -> str:
    """1 for every SLO and severity with an open incident, by its state."""
    name = "observatory_incidents"
    lines = {
        f"{name}{{{_labels(one.squad, one.service, one.slo.partition('/')[2])}"
        f',severity="{one.severity}",state="{one.state}"}} 1.0\n'
        for one in incidents
    }
    return _head(name, "1 while an incident is open.") + "".join(sorted(lines))


def _head(name: str, text: str) -> str:
    return f"# HELP {name} {text}\n# TYPE {name} gauge\n"


def _labels(squad: str, service: str, slo: str) -> str:
    return f'squad="{_escaped(squad)}",service="{_escaped(service)}",slo="{_escaped(slo)}"'


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
