"""The promises of others that a service or a squad relies on: is the cause somebody else's?"""

from collections.abc import Iterable

from observatory.outputs.dashboards import queries
from observatory.outputs.dashboards.layout import Section
from observatory.outputs.dashboards.panels import BUDGET_STEPS, BURN_STEPS, About
from observatory.outputs.dashboards.queries import Query, Scope, among
from observatory.outputs.dashboards.tables import SERVICE_LINK, Column, table

_LABELS = {"squad": "Squad", "service": "Service", "slo": "SLO", "state": "State", "dashboard": "dashboard"}


def dependencies_section(services: Iterable[str], *, title: str) -> Section | None:
    """A table of the SLOs of these services, whoever owns them; None when there are none."""
    names = sorted(set(services))
    if not names:
        return None
    scope = Scope(among("service", names), "squad, service, slo")
    left = queries.with_dashboard(queries.remaining(scope), names)
    panel = table(
        About(
            "dependencies",
            "Their SLOs, worst budget first",
            "Is the cause somebody else's? The state of every service that is depended on, and who owns it.",
        ),
        [
            Column("Budget left", Query(left), "percentunit", BUDGET_STEPS),
            Column("Burn, 1 h", Query(queries.burn(scope, "1h")), "suffix:×", BURN_STEPS),
            Column("State", Query(queries.state(scope)), hidden=True),
        ],
        sort="Budget left",
        labels=_LABELS,
        links={"Service": SERVICE_LINK},
        height=6,
    )
    return Section("dependencies", title, [panel])
