"""The two dashboards above a service's: a squad's, and the organisation's."""

from collections.abc import Iterable, Sequence

from observatory.catalog import Catalog, ServiceSlo, Squad
from observatory.evaluation import Severity
from observatory.outputs.dashboards import grafana, queries
from observatory.outputs.dashboards.layout import Page, Section, page_json
from observatory.outputs.dashboards.marks import alert_marks_of, event_marks
from observatory.outputs.dashboards.panels import (
    BAD,
    BUDGET_STEPS,
    BURN_STEPS,
    GOOD,
    LOWEST,
    UNKNOWN,
    WARNING,
    About,
    Column,
    Panel,
    Scale,
    lines,
    note,
    stat,
    states,
    table,
    timeline,
)
from observatory.outputs.dashboards.queries import Query, Scope, among
from observatory.outputs.links import ORGANISATION_UID, dashboard_url, squad_uid

_KEEPING_TIME = "?${__url_time_range}&var-datasource=${datasource}"
_SERVICE_LINK = ("Open the service", "/d/${__data.fields.dashboard}" + _KEEPING_TIME)
_SQUAD_LINK = ("Open the squad", "/d/${__data.fields.dashboard}" + _KEEPING_TIME)


def squad_dashboard(squad: Squad, catalog: Catalog) -> str:
    """The text of `dashboards/<squad>/_squad.json`: every promise of a squad, the worst on top."""
    matchers = f'squad="{squad.name}"'
    scope, entries = Scope(matchers), [e for e in catalog.slos() if e.squad.name == squad.name]
    sections = [Section("owner", "", [_owner(squad, catalog)])]
    if entries:
        sections[:0] = [
            Section("promises", "Promises", [_promises(scope, entries, title="SLOs, worst budget first")]),
            Section("trend", "Over time", [_budgets(scope), _burns(scope), _squad_alerts(matchers)]),
        ]
    dependencies = _dependencies(entries)
    if dependencies:
        sections.insert(-1, Section("dependencies", "What these services depend on", [dependencies]))
    page = Page(
        head=grafana.Head(
            uid=squad_uid(squad.name),
            title=f"{squad.name} · squad",
            description=squad.description or f"The promises of {squad.name} and how they are kept.",
            tags=("observatory", "squad", f"squad:{squad.name}"),
        ),
        sections=sections,
        links=[("Organisation", dashboard_url(ORGANISATION_UID, None))],
        annotations=[alert_marks_of(matchers), event_marks(matchers)],
    )
    return page_json(page)


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
                [_squads(catalog), _promises(scope, entries, title="Every SLO, worst budget first")],
            ),
            Section("alerts", "Alerts", [_organisation_alerts()]),
        ],
        annotations=[alert_marks_of(""), event_marks("")],
    )
    return page_json(page)


def _promises(scope: Scope, entries: Iterable[ServiceSlo], *, title: str) -> Panel:
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
            Column("Good", Query(_good(scope, entries)), "percentunit", decimals=3),
            Column("Budget left", Query(queries.with_dashboard(left, services)), "percentunit", BUDGET_STEPS),
            Column("Change in a day", Query(trend), "percentunit"),
            Column("Burn, 1 h", Query(queries.burn(scope, "1h")), "suffix:×", BURN_STEPS),
            Column("State", Query(queries.state(scope)), hidden=True),
        ],
        sort="Budget left",
        labels=owner | {"service": "Service", "slo": "SLO", "state": "State", "dashboard": "dashboard"},
        links={"Service": _SERVICE_LINK},
        height=max(6, min(16, len(entries) + 3)),
    )


def promises_of(entries: Sequence[ServiceSlo], *, title: str) -> Panel:
    """Some SLOs, whoever owns them."""
    services = among("service", (entry.service.name for entry in entries))
    slos = among("slo", (entry.slo.name for entry in entries))
    scope = Scope(f"{services},{slos}", by="squad, service, slo")
    return _promises(scope, entries, title=title)


def _good(scope: Scope, entries: Iterable[ServiceSlo]) -> str:
    """SLIs over each SLO's own window, whatever lengths there are."""
    windows = sorted(
        {entry.slo.window for entry in entries}, key=lambda window: (window.length, window.label)
    )
    return " or ".join(
        f"({queries.sli(Scope(scope.matchers, scope.by), window.label)})" for window in windows
    )


def _budgets(scope: Scope) -> Panel:
    return lines(
        About(
            "budgets",
            "Budget left over time",
            "Which budget is going down, and since when? Falling steeply is an incident, falling steadily is a habit.",
        ),
        [Query(queries.remaining(scope), "{{service}}/{{slo}}")],
        Scale("percentunit", steps=((BAD, 0),), minimum=None),
    )


def _burns(scope: Scope) -> Panel:
    return lines(
        About("burns", "Burn rate, 1 h", "Who burns now? Above 1 a budget does not last its window."),
        [Query(queries.burn(scope, "1h"), "{{service}}/{{slo}}")],
        Scale("suffix:×", steps=((WARNING, 1), (BAD, 14.4)), symmetric_log=True),
    )


def _squad_alerts(matchers: str) -> Panel:
    return timeline(
        About(
            "alerts",
            "Open alerts",
            "When was the squad told, and about what? Red is open, green is quiet, grey was not measured.",
        ),
        [
            Query(
                queries.incidents(Scope(matchers), severity, by="service, slo"),
                f"{{{{service}}}}/{{{{slo}}}} {severity}",
            )
            for severity in Severity
        ],
        height=8,
    )


def _dependencies(entries: Iterable[ServiceSlo]) -> Panel | None:
    """The promises of others that these services rely on."""
    names = sorted({name for entry in entries for name in entry.service.depends_on})
    if not names:
        return None
    scope = Scope(among("service", names), "squad, service, slo")
    return table(
        About(
            "dependencies",
            "Their SLOs, worst budget first",
            "Is the cause somebody else's? The state of every service that these depend on, and who owns it.",
        ),
        [
            Column(
                "Budget left",
                Query(queries.with_dashboard(queries.remaining(scope), names)),
                "percentunit",
                BUDGET_STEPS,
            ),
            Column("Burn, 1 h", Query(queries.burn(scope, "1h")), "suffix:×", BURN_STEPS),
            Column("State", Query(queries.state(scope)), hidden=True),
        ],
        sort="Budget left",
        labels={
            "squad": "Squad",
            "service": "Service",
            "slo": "SLO",
            "state": "State",
            "dashboard": "dashboard",
        },
        links={"Service": _SERVICE_LINK},
        height=6,
    )


def _owner(squad: Squad, catalog: Catalog) -> Panel:
    services = sorted(s.name for s in catalog.services.values() if s.squad == squad.name)
    text = (
        f"**{squad.name}** {squad.description}".rstrip()
        + f"\n\n- Slack channel: `{squad.slack.channel}`\n- Services: {', '.join(services) or 'none yet'}\n"
        f"- Defined in `{squad.place.file}`, line {squad.place.line}: change it there and run "
        "`observatory generate`; what is changed here is lost."
    )
    return note(
        About("owner", "Who they are", "The squad, its services, and where its definition is."),
        text,
    )


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


def _organisation_alerts() -> Panel:
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
