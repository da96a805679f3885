"""The organisation's dashboard: who needs help."""

from collections.abc import Sequence

from observatory.catalog import Catalog
from observatory.evaluation import Severity
from observatory.outputs.dashboards import grafana, queries
from observatory.outputs.dashboards.layout import Page, Section, page_json
from observatory.outputs.dashboards.marks import alert_marks_of, event_marks
from observatory.outputs.dashboards.panels import (
    BAD,
    BUDGET_STEPS,
    GOOD,
    LOWEST,
    UNKNOWN,
    WARNING,
    About,
    Panel,
    Scale,
    stat,
    states,
    timeline,
)
from observatory.outputs.dashboards.promises import promises
from observatory.outputs.dashboards.queries import Query, Scope
from observatory.outputs.dashboards.tables import KEEPING_TIME, Column, table
from observatory.outputs.links import ORGANISATION_UID

_SQUAD_LINK = ("Open the squad", "/d/${__data.fields.dashboard}" + KEEPING_TIME)


def organisation_dashboard(catalog: Catalog) -> str:
    """The text of `dashboards/organisation.json`: who needs help."""
    entries = list(catalog.slos())
    scope = Scope(by="squad, service, slo")
    page = Page(
        head=grafana.Head(
            uid=ORGANISATION_UID,
            title="Organisation · SLOs",
            description="Every squad's promises: how many are kept, which budgets are worst, what is open.",
            tags=(
                "observatory",
                "organisation",
            ),
        ),
        sections=[
            Section("now", "Now", [_states(scope), *_open(), _least_measured()]),
            Section(
                "squads",
                "Squads and promises",
                [_squads(catalog), promises(scope, entries, title="Every SLO, worst budget first")],
            ),
            Section("alerts", "Alerts", [_alerts()]),
        ],
        annotations=[alert_marks_of(""), event_marks("")],
    )
    return page_json(page)


def _states(scope: Scope) -> Panel:
    return states(
        About(
            "states",
            "SLOs by state",
            "How many promises are kept? Grey states are unknown: nobody knows whether these are kept.",
        ),
        Query(f"count by (state) ({queries.state(scope)})", "{{state}}"),
        width=12,
        counts=True,
    )


def _open() -> Sequence[Panel]:
    """How many alerts are open, by what they ask of people."""
    return [
        stat(
            About(f"open-{severity}", f"Open {severity}s", f"How many SLOs have an open {severity}?"),
            Query(f"sum({queries.incidents(Scope(), severity, by='squad')})"),
            Scale(
                "short",
                decimals=0,
                steps=((UNKNOWN, None), (GOOD, LOWEST), (WARNING if severity is Severity.TICKET else BAD, 1)),
            ),
            width=4,
        )
        for severity in Severity
    ]


def _least_measured() -> Panel:
    own = "min(observatory_slo_coverage_ratio)"
    counted = "count_over_time(slo:total_events:increase5m[1d])"
    return stat(
        About(
            "coverage",
            "Least measured",
            "Is every SLO measured? The smallest coverage of all; below 90 % that SLO's figures are partial.",
        ),
        Query(f"{own} or min({counted}) / {24 * 12}"),
        Scale("percentunit", decimals=1, steps=((UNKNOWN, None), (WARNING, LOWEST), (GOOD, 0.9))),
        width=4,
    )


def _squads(catalog: Catalog) -> Panel:
    scope = Scope(by="squad, service, slo")
    left = queries.remaining(scope)
    known = queries.objective(scope)
    pages = queries.incidents(Scope(), Severity.PAGE, by="squad")
    return table(
        About(
            "squads",
            "Squads, worst budget first",
            "Which squad needs help? The worst budget of each, how many are overspent, and its open pages.",
        ),
        [
            Column("SLOs", Query(f"count by (squad) ({known})")),
            Column(
                "Worst budget",
                Query(queries.with_squad_dashboard(f"min by (squad) ({left})", catalog.squads)),
                "percentunit",
                BUDGET_STEPS,
            ),
            Column("Overspent", Query(f"sum by (squad) (({left}) < bool 0)")),
            Column("Open pages", Query(pages)),
        ],
        sort="Worst budget",
        labels={"squad": "Squad", "dashboard": "dashboard"},
        links={"Squad": _SQUAD_LINK},
        height=max(6, min(12, len(catalog.squads) + 3)),
    )


def _alerts() -> Panel:
    return timeline(
        About(
            "alerts",
            "Squads with open alerts",
            "Whose evening was it? Red is open, green is quiet, grey was not measured.",
        ),
        [
            Query(queries.incidents(Scope(), severity, by="squad"), f"{{{{squad}}}} {severity}")
            for severity in Severity
        ],
        height=8,
    )
