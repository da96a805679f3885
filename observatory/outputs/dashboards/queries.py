"""The PromQL of what is known of SLOs: figures, states, incidents.

Figures of SLOs come from Observatory's own metrics (`observatory_slo_*`), whose history outlives Prometheus's; where
these are absent, from the recorded rules (`slo:*`). So a dashboard works with either, and with both it shows the
better figure. Neither is unknown: no `or vector(0)` anywhere, which would show missing data as a perfect service.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from observatory.catalog import (
    Calendar,
    Service,
    ServiceSlo,
    Sli,
    Slo,
    Window,
)
from observatory.outputs.links import service_uid, squad_uid
from observatory.outputs.rules.counting import narrowed
from observatory.outputs.rules.organisation import (
    BAD_SUM,
    BURN,
    FURTHER_REMAINING,
    OWNED,
    REMAINING,
    TOTAL_SUM,
    UNADJUSTED_REMAINING,
)

STATES = "observatory_slo_state"
INCIDENTS = "observatory_incidents"


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL and what the legend calls its series."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which SLOs are asked for, and by which labels the answer is told apart."""

    matchers: str = ""
    by: str = "service, slo"

    def of(self, metric: str, *more: str) -> str:
        """A selector of `metric` in this scope."""
        matchers = ",".join(filter(None, (self.matchers, *more)))
        return f"{metric}{{{matchers}}}" if matchers else metric


def among(label: str, values: Iterable[str]) -> str:
    """A matcher for one of several names; the names of a catalog have no letter that means anything else."""
    names = sorted(set(values))
    return f'{label}="{names[0]}"' if len(names) == 1 else f'{label}=~"{"|".join(names)}"'


def scope_of(entry: ServiceSlo) -> Scope:
    """One SLO, whoever owns it."""
    return Scope(f'service="{entry.service.name}",slo="{entry.slo.name}"')


def sli_of(entry: ServiceSlo) -> Sli | None:
    """What an SLO counts, narrowed to its service; None for a journey, which is made of others' events."""
    if isinstance(entry.slo, Slo) and isinstance(entry.service, Service):
        return narrowed(entry.slo.sli, dict(entry.service.selector))
    return None


def objective(scope: Scope) -> str:
    """The objective as a ratio."""
    return _either("max", scope, scope.of("observatory_slo_objective_ratio"), f"1 - {scope.of(OWNED)}")


def sli(scope: Scope) -> str:
    """The share of good events over each SLO's own window, whichever that is.

    Never asked for by the window's name: a window of 1d or 3d is an alert window too, of every SLO.
    """
    counted = "observatory_slo_window_events"
    bad, total = scope.of(counted, 'outcome="bad"'), scope.of(counted, 'outcome="total"')
    recorded = f"1 - (1 - {scope.of(REMAINING)}) * on (service, slo) group_left () {scope.of(OWNED)}"
    return _either("min", scope, f"1 - {bad} / ignoring (outcome) ({total} > 0)", recorded)


def remaining(scope: Scope, *, at: str = "") -> str:
    """The share of the error budget that is left; `at` is an offset or @ modifier."""
    own = scope.of("observatory_slo_error_budget_remaining_ratio") + at
    return _either("min", scope, own, scope.of(REMAINING) + at)


def unadjusted(scope: Scope) -> str:
    """The share of the error budget that would be left if events left nothing out."""
    own = scope.of("observatory_slo_error_budget_remaining_unadjusted_ratio")
    return _either("min", scope, own, scope.of(UNADJUSTED_REMAINING))


def burn(scope: Scope, window: str) -> str:
    """The burn rate over one of the alert windows."""
    w = f'window="{window}"'
    return _either("max", scope, scope.of("observatory_slo_burn_rate", w), scope.of(BURN, w))


def events_left(scope: Scope, window: str) -> str:
    """Bad events that may still happen before the budget is gone; negative when it is overspent."""
    w = f'window="{window}"'
    own = (
        f"{scope.of('observatory_slo_error_budget_events')} * on (service, slo, instance) "
        f"{scope.of('observatory_slo_error_budget_remaining_ratio')}"
    )
    recorded = (
        f"{scope.of(TOTAL_SUM, w)} * on (service, slo) {scope.of(OWNED)} "
        f"- on (service, slo) {scope.of(BAD_SUM, w)}"
    )
    return _either("min", scope, own, recorded)


def coverage(scope: Scope, window: Window) -> str:
    """The share of the window in which events could be counted."""
    own = scope.of("observatory_slo_coverage_ratio")
    if isinstance(window, Calendar):  # no range of Prometheus is a calendar's
        return f"min by ({scope.by}) ({own})"
    minutes, counted = window.length // timedelta(minutes=1), scope.of("slo:total_events:increase5m")
    recorded = f"clamp_max(count_over_time({counted}[{window.label}]) / {minutes // 5}, 1)"
    return _either("min", scope, own, recorded)


def exhaustion(scope: Scope, *, seconds: int, longest: int) -> str:
    """Seconds until the budget is gone at the last hour's burn rate; `longest` when it hardly burns at all."""
    left = f"clamp_min({remaining(scope)}, 0) * {seconds}"
    return f"clamp_max(({left}) / clamp_min({burn(scope, '1h')}, 1e-9), {longest})"


def even_spending(scope: Scope, *, seconds: int) -> str:
    """The ideal line: what was left where the view begins (all of it, if nothing was known then), spent evenly."""
    start = "last_over_time(vector(time())[2m:1m] @ start())"
    then = f"({remaining(scope, at=' @ start()')}) or 0 * ({remaining(scope)}) + 1"
    return f"({then}) * on () group_left () (1 - (vector(time()) - {start}) / {seconds})"


def even_spending_of(scope: Scope, window: Calendar) -> str:
    """The ideal line of a calendar window: what would be left now if the budget had been spent evenly until its end."""
    ends = scope.of("observatory_slo_window_end_timestamp_seconds")
    seconds = int(window.length.total_seconds())
    return f"clamp((max by ({scope.by}) ({ends}) - time()) / {seconds}, 0, 1)"


def remaining_by_window(scope: Scope) -> str:
    """The share of the error budget that is left over each of an SLO's windows."""
    own = f"min by (window) ({scope.of('observatory_slo_window_budget_remaining_ratio')})"
    rules = f"{scope.of(REMAINING)} or {scope.of(FURTHER_REMAINING)}"
    return f'{own} or min by (window) (label_replace({rules}, "window", "$1", "slo_window", "(.*)"))'


def state(scope: Scope) -> str:
    """One series per SLO, labelled with its state.

    The rules alone know two: overspent or not, and only while there is something to count.
    """
    fresh = f'and on (service, slo) {TOTAL_SUM}{{window="5m"}}'
    left = scope.of(REMAINING)
    recorded = (
        f'label_replace({left} < 0 {fresh}, "state", "breached", "", "") '
        f'or label_replace({left} >= 0 {fresh}, "state", "healthy", "", "")'
    )
    by = f"{scope.by}, state"
    return (
        f"max by ({by}) ({scope.of(STATES)} == 1) or on (service, slo) max by ({by}) (0 * ({recorded}) + 1)"
    )


def incidents(scope: Scope, severity: str, *, by: str) -> str:
    """How many are open; 0 where something is measured and nothing is open."""
    severe = f'severity="{severity}"'
    own = f"max by (squad, service, slo) ({scope.of(INCIDENTS, severe)})"
    rules = scope.of("ALERTS", severe, 'alertname=~"ErrorBudgetBurn.+"', 'alertstate="firing"')
    known = objective(Scope(scope.matchers, "squad, service, slo"))
    return f"sum by ({by}) (clamp_max({own} or max by (squad, service, slo) ({rules}), 1) or 0 * ({known}))"


def alert_marks(matchers: str) -> str:
    """For annotations: present while an incident is open."""
    scope = Scope(matchers)
    rules = scope.of("ALERTS", 'alertname=~"ErrorBudgetBurn.+"', 'alertstate="firing"')
    by = "service, slo, severity"
    return f"max by ({by}) ({scope.of(INCIDENTS)}) == 1 or max by ({by}) ({rules})"


def with_dashboard(expr: str, services: Iterable[str]) -> str:
    """The same series with the uid of their service's dashboard in the label `dashboard`."""
    return _with_uid(expr, "service", {service: service_uid(service) for service in services})


def with_squad_dashboard(expr: str, squads: Iterable[str]) -> str:
    """The same series with the uid of their squad's dashboard in the label `dashboard`."""
    return _with_uid(expr, "squad", {squad: squad_uid(squad) for squad in squads})


def _with_uid(expr: str, label: str, uids: Mapping[str, str]) -> str:
    """One rule for the many, and one more for every name too long to be part of a uid."""
    expr = f'label_replace({expr}, "dashboard", "{label}-$1", "{label}", "(.+)")'
    for name, uid in uids.items():
        if uid != f"{label}-{name}":
            expr = f'label_replace({expr}, "dashboard", "{uid}", "{label}", "{name}")'
    return expr


def window_of(entry: ServiceSlo) -> str:
    """The label of the window that decides: 30d, month Europe/Stockholm."""
    return entry.slo.window.label


def in_words(window: Window) -> str:
    """`the last 30d`, `this month (Europe/Stockholm)`: as part of a sentence."""
    if isinstance(window, Calendar):
        return f"this {window.calendar} ({window.timezone})"
    return f"the last {window.label}"


def _either(pick: str, scope: Scope, own: str, recorded: str) -> str:
    """Observatory's figure, or else the rules'; replicas that differ by a tick are settled by `pick`."""
    return f"{pick} by ({scope.by}) ({own}) or {pick} by ({scope.by}) ({recorded})"
