"""What an alert tells people, as Prometheus templates: the alert of a rule that knows no SLO by name."""

from observatory.catalog import Rolling, Window
from observatory.catalog.durations import duration_text
from observatory.evaluation import Severity
from observatory.evaluation.tiers import Tier
from observatory.outputs.links import dashboard_url
from observatory.outputs.rules.journey import COMPONENT_BAD
from observatory.outputs.rules.service import INFO

_ASKS = {
    Severity.PAGE: "Look now: users are being failed.",
    Severity.TICKET: "Look in working hours.",
}
_REMAINING = "slo:error_budget_remaining:ratio"
_OWN_REMAINING = "observatory_slo_error_budget_remaining_ratio"
"""Observatory's own figure: of a calendar window, Prometheus can compute none."""
_INFO = f'printf "{INFO}{{service=%q}}" $labels.service | query'


def annotations(
    tier: Tier, window: Window, *, factor: str, grafana_url: str | None, journeys: bool
) -> dict[str, str]:
    """Summary, description, and each figure and link under its own name for whoever routes the alert.

    Args:
        tier: what fires.
        window: of the budget that burns.
        factor: how fast it must burn for that.
        grafana_url: Grafana's address.
        journeys: there are some, so an alert may be of one, and then names the component that fails most users.
    """
    long, short = duration_text(tier.long), duration_text(tier.short)
    owner = "{{ $labels.squad }}"
    remaining = _REMAINING if isinstance(window, Rolling) else _OWN_REMAINING
    left, gone = _left(remaining), _exhaustion(remaining, long, window)
    return {
        "summary": "{{ $labels.service }}/{{ $labels.slo }} burns its error budget "
        '{{ printf "%.1f" $value }} times too fast',
        "description": f"Over the last {long}, errors came "
        '{{ printf "%.1f" $value }} times as fast as the '
        f"{_budget_of(window)} allows (alert at {factor}, also over the last {short}). "
        f"Budget left: {left}. At this rate it is gone in: {gone}. {_blamed(long) if journeys else ''}"
        f"Owner: {owner}. {_ASKS[tier.severity]}",
        "burn": '{{ printf "%.1f" $value }}',
        "budget_left": left,
        "exhaustion": gone,
    } | _whose(grafana_url)


def unmeasured(silence: str, *, grafana_url: str | None) -> dict[str, str]:
    """What is told of an SLO without data; `silence` is how long there has been none, at least."""
    slo = "{{ $labels.service }}/{{ $labels.slo }}"
    return {
        "summary": f"{slo} is not measured",
        "description": f"For {silence} there has been nothing to count for {slo}. No budget burns and no alert on it "
        "can fire: nobody knows whether the promise is kept. Look whether the service is scraped (`up`), and whether "
        "its metrics and labels are still called as its definition says. Owner: {{ $labels.squad }}.",
    } | _whose(grafana_url)


def _whose(grafana_url: str | None) -> dict[str, str]:
    return {
        "owner": "{{ $labels.squad }}",
        "runbook_url": info("runbook"),
        "dashboard_url": dashboard_url(info("dashboard"), grafana_url),
    }


def _budget_of(window: Window) -> str:
    return f"{window.label} budget" if isinstance(window, Rolling) else f"budget of a {window.calendar}"


def _left(remaining: str) -> str:
    query = f'printf "{remaining}{{service=%q,slo=%q}}" $labels.service $labels.slo | query'
    return f"{{{{ with {query} }}}}{{{{ . | first | value | humanizePercentage }}}}{{{{ else }}}}unknown{{{{ end }}}}"


def _exhaustion(remaining: str, long: str, window: Window) -> str:
    """Remaining share · window / burn rate."""
    series = "{service=%q,slo=%q}"
    query = (
        f'printf "clamp_min({remaining}{series}, 0) * {int(window.length.total_seconds())} '
        f'/ on (service, slo) slo:burn_rate:ratio{{window=\\"{long}\\",service=%q,slo=%q}}" '
        "$labels.service $labels.slo $labels.service $labels.slo | query"
    )
    return f"{{{{ with {query} }}}}{{{{ . | first | value | humanizeDuration }}}}{{{{ else }}}}unknown{{{{ end }}}}"


def _blamed(long: str) -> str:
    """Of a journey, the component that most of its bad events come from; nothing of a service."""
    bad = f"sum_over_time({COMPONENT_BAD}{{service=%q,slo=%q}}[{long}])"
    query = f'printf "topk(1, sum by (component) ({bad}) > 0)" $labels.service $labels.slo | query'
    return (
        f'{{{{ with {query} }}}}Most of it comes from {{{{ . | first | label "component" }}}}. {{{{ end }}}}'
    )


def info(label: str) -> str:
    """What the file of the alert's service says of it: its runbook, its dashboard."""
    return f'{{{{ with {_INFO} }}}}{{{{ . | first | label "{label}" }}}}{{{{ end }}}}'
