"""What is marked on every chart: incidents, and the events that are under way."""

from observatory.outputs.dashboards import grafana, queries
from observatory.outputs.dashboards.panels import BAD
from observatory.outputs.dashboards.queries import Scope


def alert_marks_of(matchers: str) -> grafana.Json:
    """While an incident is open."""
    return grafana.annotation(
        "Alerts",
        queries.alert_marks(matchers),
        color=BAD,
        title="{{severity}}: {{service}}/{{slo}} burns its error budget",
    )


def event_marks(matchers: str) -> grafana.Json:
    """While an event goes on that is about any of these SLOs: a launch, maintenance that is left out."""
    active = Scope(matchers).of("observatory_event_active")
    return grafana.annotation(
        "Events", f"max by (event, mode) ({active}) == 1", color="purple", title="{{event}} ({{mode}})"
    )
