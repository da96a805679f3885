"""The recording and alerting rules of one availability SLO in the shapes of Sloth and of Pyrra.

Written from their documented formulas: https://sloth.dev (17 rules an SLO: seven ratios over raw series, a mean of the
recorded ratios for the period, seven rules of metadata, two alerts) and https://github.com/pyrra-dev/pyrra (13 rules an
SLO: seven ratios, one increase over the period, four alerts, one for absence). Windows are those that each derives for
30 days. All over `http_requests_total{job=…}`, where `code=~"5.."` is bad, promising 99.9 %.
"""

from collections.abc import Mapping, Sequence
from typing import Any

BUDGET = 0.001
METRIC = "http_requests_total"
Group = dict[str, Any]
"""A rule group, as it stands in a file."""

SLOTH_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
_SLOTH_TIERS = {
    "page": (("5m", "1h", 14.4), ("30m", "6h", 6)),
    "ticket": (("2h", "1d", 3), ("6h", "3d", 1)),
}
_PYRRA_TIERS = (
    ("5m", "1h4m", 14, "2m", "critical"),
    ("32m", "6h26m", 7, "16m", "critical"),
    ("2h9m", "1d1h43m", 2, "1h4m", "warning"),
    ("6h26m", "4d6h51m", 1, "3h13m", "warning"),
)
PYRRA_WINDOWS = ("5m", "32m", "1h4m", "2h9m", "6h26m", "1d1h43m", "4d6h51m")


def sloth_groups(job: str) -> Sequence[Group]:
    """Three groups without an interval of their own, as Sloth writes them."""
    labels = {"sloth_id": f"{job}-availability", "sloth_service": job, "sloth_slo": "availability"}
    of_slo = _selected(labels)
    ratios = [
        _recorded(_ratio_name(window), _raw_ratio(job, window), labels | {"sloth_window": window})
        for window in SLOTH_WINDOWS
    ]
    five = f"{_ratio_name('5m')}{of_slo}"
    period = _recorded(
        _ratio_name("30d"),
        f"sum_over_time({five}[30d]) / ignoring (sloth_window) count_over_time({five}[30d])",
        labels | {"sloth_window": "30d"},
    )
    return [
        {"name": f"sloth-slo-sli-recordings-{job}", "rules": [*ratios, period]},
        {"name": f"sloth-slo-meta-recordings-{job}", "rules": _sloth_metadata(labels)},
        {
            "name": f"sloth-slo-alerts-{job}",
            "rules": [_sloth_alert(of_slo, severity) for severity in _SLOTH_TIERS],
        },
    ]


def _sloth_metadata(labels: Mapping[str, str]) -> list[Mapping[str, object]]:
    of_slo = _selected(labels)
    on = "on (sloth_id, sloth_slo, sloth_service) group_left"
    budget = f"slo:error_budget:ratio{of_slo}"
    return [
        _recorded("slo:objective:ratio", f"vector({1 - BUDGET})", labels),
        _recorded("slo:error_budget:ratio", f"vector({BUDGET})", labels),
        _recorded("slo:time_period:days", "vector(30)", labels),
        _recorded("slo:current_burn_rate:ratio", f"{_ratio_name('5m')}{of_slo} / {on} {budget}", labels),
        _recorded("slo:period_burn_rate:ratio", f"{_ratio_name('30d')}{of_slo} / {on} {budget}", labels),
        _recorded(
            "slo:period_error_budget_remaining:ratio", f"1 - slo:period_burn_rate:ratio{of_slo}", labels
        ),
        _recorded(
            "sloth_slo_info", "vector(1)", {**labels, "sloth_objective": "99.9", "sloth_mode": "cli-gen-prom"}
        ),
    ]


def _sloth_alert(of_slo: str, severity: str) -> Mapping[str, object]:
    def burns(window: str, factor: float) -> str:
        return f"max({_ratio_name(window)}{of_slo} > ({factor} * {BUDGET})) without (sloth_window)"

    expr = " or ".join(
        f"({burns(short, factor)} and {burns(long, factor)})"
        for short, long, factor in _SLOTH_TIERS[severity]
    )
    return {
        "alert": "AvailabilityBurns",
        "expr": expr,
        "labels": {"sloth_severity": severity},
        "annotations": {
            "summary": "{{$labels.sloth_service}} {{$labels.sloth_slo}} burns its error budget too fast"
        },
    }


def pyrra_groups(job: str) -> Sequence[Group]:
    """A group for burn rates every 30 s, and one for the period at the pace that Pyrra derives from 30 days."""
    labels = {"job": job, "slo": f"{job}-availability"}
    of_slo = _selected(labels)
    ratios = [
        _recorded(_burn_name(window), _raw_ratio(job, window, by="job"), {"slo": labels["slo"]})
        for window in PYRRA_WINDOWS
    ]
    alerts = [
        {
            "alert": "ErrorBudgetBurn",
            "expr": f"{_burn_name(short)}{of_slo} > ({factor} * {BUDGET}) and {_burn_name(long)}{of_slo} > ({factor} * {BUDGET})",
            "for": lasting,
            "labels": {"long": long, "short": short, "severity": severity, "slo": labels["slo"]},
        }
        for short, long, factor, lasting, severity in _PYRRA_TIERS
    ]
    increase = _recorded(
        f"{METRIC}:increase30d",
        f'sum by (code, job) (increase({METRIC}{{job="{job}"}}[30d]))',
        {"slo": labels["slo"]},
    )
    absent = {
        "alert": "SLOMetricAbsent",
        "expr": f'absent({METRIC}{{job="{job}"}}) == 1',
        "for": "3m",
        "labels": {"severity": "critical", "slo": labels["slo"]},
    }
    return [
        {"name": f"{job}-availability", "interval": "30s", "rules": [*ratios, *alerts]},
        {"name": f"{job}-availability-increase", "interval": "2m30s", "rules": [increase, absent]},
    ]


def _raw_ratio(job: str, window: str, *, by: str = "") -> str:
    grouping = f" by ({by})" if by else ""
    bad, total = (
        f"sum{grouping} (rate({METRIC}{{{matchers}}}[{window}]))"
        for matchers in (f'job="{job}",code=~"5.."', f'job="{job}"')
    )
    return f"({bad}) / ({total})"


def _ratio_name(window: str) -> str:
    return f"slo:sli_error:ratio_rate{window}"


def _burn_name(window: str) -> str:
    return f"{METRIC}:burnrate{window}"


def _recorded(name: str, expr: str, labels: Mapping[str, str]) -> Mapping[str, object]:
    return {"record": name, "expr": expr, "labels": dict(labels)}


def _selected(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels.items()) + "}"
