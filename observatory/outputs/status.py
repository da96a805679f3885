"""An SLO's status as JSON: the one shape that the API and `observatory status --json` share."""

from collections.abc import Sequence
from typing import Any

from observatory.catalog import ServiceSlo
from observatory.catalog.behaviours import behaviour_name
from observatory.evaluation import SloStatus, State, WindowBudget
from observatory.evaluation.exclusions import Adjustment
from observatory.evaluation.journeys import Contribution
from observatory.outputs.events import adjustment_json, components_json

ALERT_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
"""The windows over which burn rates are known, shortest first."""


def status_json(
    entry: ServiceSlo,
    status: SloStatus | None,
    *,
    adjustment: Adjustment | None = None,
    components: Sequence[Contribution] = (),
) -> dict[str, Any]:
    """What `json.dumps` takes: ratios as numbers from 0 to 1, unknown as None; `status` is None before the first tick.

    `adjustment` is what events leave out of these numbers, `components` is what a journey is made of.
    """
    slo = entry.slo
    return {
        "squad": entry.squad.name,
        "service": entry.service.name,
        "slo": slo.name,
        "objective": float(slo.objective / 100),
        "window": slo.window.label,
        "method": slo.method.name,
        "resets": status.resets.isoformat() if status and status.resets else None,
        "state": status.state.value if status else State.NO_DATA.value,
        "coverage": status.coverage if status else None,
        "sli": status.sli if status else None,
        "events": {"total": status.total if status else None, "bad": status.bad if status else None},
        "budget": {
            "events": status.budget if status else None,
            "consumed": status.consumed if status else None,
            "remaining": status.remaining if status else None,
        },
        "further": [_window_json(one) for one in status.further] if status else [],
        "burn": {window: status.burn.get(window) if status else None for window in ALERT_WINDOWS},
        "exclusion": adjustment_json(adjustment),
        "components": components_json(components),
    }


def behaviour_json(entry: ServiceSlo, status: SloStatus) -> dict[str, Any]:
    """What users did, beside what was expected of them."""
    found = status.shortfall
    return {
        "squad": entry.squad.name,
        "service": entry.service.name,
        "behaviour": behaviour_name(entry),
        "incident_name": entry.id,
        "state": status.state.value,
        "at": status.at.isoformat(),
        "coverage": status.coverage,
        "events": found.events if found else None,
        "expected": found.expected if found else None,
        "low": found.low if found else None,
        "high": found.high if found else None,
        "weeks": found.weeks if found else 0,
        "tail": found.tail if found else None,
        "firing": any(tier.firing for tier in status.tiers),
        "unknown": found.unknown if found else None,
    }


def _window_json(one: WindowBudget) -> dict[str, Any]:
    """The budget over a further window."""
    return {
        "window": one.label,
        "starts": one.starts.isoformat(),
        "ends": one.ends.isoformat(),
        "coverage": one.coverage,
        "sli": one.sli,
        "events": {"total": one.total, "bad": one.bad},
        "budget": {"events": one.budget, "consumed": one.consumed, "remaining": one.remaining},
    }
