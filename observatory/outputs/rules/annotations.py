"""What an alert tells people, as Prometheus templates: the alert of a rule that knows no SLO by name."""

from datetime import timedelta

from observatory.catalog.durations import duration_text
from observatory.evaluation import Severity
from observatory.evaluation.tiers import Tier
from observatory.outputs.links import dashboard_url
from observatory.outputs.rules.service import INFO

_ASKS = {
    Severity.PAGE: "Look now: users are being failed.",
    Severity.TICKET: "Look in working hours.",
}
_LEFT = 'printf "slo:error_budget_remaining:ratio{service=%q,slo=%q}" $labels.service $labels.slo | query'
_INFO = f'printf "{INFO}{{service=%q}}" $labels.service | query'


def annotations(tier: Tier, period: timedelta, *, factor: str, grafana_url: str | None) -> dict[str, str]:
    """Summary, description, and each figure and link under its own name for whoever routes the alert."""
    long, short = duration_text(tier.long), duration_text(tier.short)
    owner = "{{ $labels.squad }}"
    left, gone = _left(), _exhaustion(long, period)
    return {
        "summary": "{{ $labels.service }}/{{ $labels.slo }} burns its error budget "
        '{{ printf "%.1f" $value }} times too fast',
        "description": f"Over the last {long}, errors came "
        '{{ printf "%.1f" $value }} times as fast as the '
        f"{duration_text(period)} budget allows (alert at {factor}, also over the last {short}). "
        f"Budget left: {left}. At this rate it is gone in: {gone}. "
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


def _left() -> str:
    return f"{{{{ with {_LEFT} }}}}{{{{ . | first | value | humanizePercentage }}}}{{{{ else }}}}unknown{{{{ end }}}}"


def _exhaustion(long: str, period: timedelta) -> str:
    """Remaining share · window / burn rate."""
    series = "{service=%q,slo=%q}"
    query = (
        f'printf "clamp_min(slo:error_budget_remaining:ratio{series}, 0) * {int(period.total_seconds())} '
        f'/ on (service, slo) slo:burn_rate:ratio{{window=\\"{long}\\",service=%q,slo=%q}}" '
        "$labels.service $labels.slo $labels.service $labels.slo | query"
    )
    return f"{{{{ with {query} }}}}{{{{ . | first | value | humanizeDuration }}}}{{{{ else }}}}unknown{{{{ end }}}}"


def info(label: str) -> str:
    """What the file of the alert's service says of it: its runbook, its dashboard."""
    return f'{{{{ with {_INFO} }}}}{{{{ . | first | label "{label}" }}}}{{{{ end }}}}'
