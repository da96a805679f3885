"""A table of promises, the worst budget on top: the heart of every dashboard above a service's."""

from collections.abc import Iterable, Sequence

from observatory.catalog import ServiceSlo
from observatory.outputs.dashboards import queries
from observatory.outputs.dashboards.panels import BUDGET_STEPS, BURN_STEPS, About, Panel
from observatory.outputs.dashboards.queries import Query, Scope, among
from observatory.outputs.dashboards.tables import SERVICE_LINK, Column, table


def promises(scope: Scope, entries: Iterable[ServiceSlo], *, title: str) -> Panel:
    """Every SLO of a scope; `entries` are those that it holds."""
    entries = list(entries)
    left = queries.remaining(scope)
    trend = f"({left}) - ({queries.remaining(scope, at=' offset 1d')})"
    owner = {"squad": "Squad"} if "squad" in scope.by else {}
    services = sorted({entry.service.name for entry in entries})
    return table(
        About(
            "slos",
            title,
            "Which promise needs attention first? A click on the service opens its dashboard. An empty cell is unknown.",
        ),
        [
            Column("Objective", Query(queries.objective(scope)), "percentunit", decimals=3),
            Column("Good", Query(queries.sli(scope)), "percentunit", decimals=3),
            Column("Budget left", Query(queries.with_dashboard(left, services)), "percentunit", BUDGET_STEPS),
            Column("Change in a day", Query(trend), "percentunit"),
            Column("Burn, 1 h", Query(queries.burn(scope, "1h")), "suffix:×", BURN_STEPS),
            Column("State", Query(queries.state(scope)), hidden=True),
        ],
        sort="Budget left",
        labels=owner | {"service": "Service", "slo": "SLO", "state": "State", "dashboard": "dashboard"},
        links={"Service": SERVICE_LINK},
        height=max(6, min(16, len(entries) + 3)),
    )


def promises_of(entries: Sequence[ServiceSlo], *, title: str) -> Panel:
    """Some SLOs, whoever owns them."""
    services = among("service", (entry.service.name for entry in entries))
    slos = among("slo", (entry.slo.name for entry in entries))
    scope = Scope(f"{services},{slos}", by="squad, service, slo")
    return promises(scope, entries, title=title)
