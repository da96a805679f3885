"""A squad's dashboard: its promises, what burns, what its services depend on."""

from observatory.catalog import Catalog, Squad
from observatory.evaluation import Severity
from observatory.outputs.dashboards import grafana, queries
from observatory.outputs.dashboards.changes import squad_change_marks
from observatory.outputs.dashboards.dependencies import dependencies_section
from observatory.outputs.dashboards.layout import Page, Section, page_json
from observatory.outputs.dashboards.marks import alert_marks_of, event_marks
from observatory.outputs.dashboards.panels import BAD, WARNING, About, Panel, Scale, lines, note, timeline
from observatory.outputs.dashboards.promises import promises
from observatory.outputs.dashboards.queries import Query, Scope
from observatory.outputs.links import ORGANISATION_UID, dashboard_url, squad_uid


def squad_dashboard(squad: Squad, catalog: Catalog) -> str:
    """The text of `dashboards/<squad>/_squad.json`: every promise of a squad, the worst on top."""
    matchers = f'squad="{squad.name}"'
    scope, entries = Scope(matchers), [e for e in catalog.slos() if e.squad.name == squad.name]
    sections = [Section("owner", "", [_owner(squad, catalog)])]
    if entries:
        sections[:0] = [
            Section("promises", "Promises", [promises(scope, entries, title="SLOs, worst budget first")]),
            Section("trend", "Over time", [_budgets(scope), _burns(scope), _alerts(matchers)]),
        ]
    services = [service for service in catalog.services.values() if service.squad == squad.name]
    depended_on = [name for service in services for name in service.depends_on]
    dependencies = dependencies_section(depended_on, title="What these services depend on")
    if dependencies:
        sections.insert(-1, dependencies)
    page = Page(
        head=grafana.Head(
            uid=squad_uid(squad.name),
            title=f"{squad.name} · squad",
            description=squad.description or f"The promises of {squad.name} and how they are kept.",
            tags=("observatory", "squad", f"squad:{squad.name}"),
        ),
        sections=sections,
        links=[("Organisation", dashboard_url(ORGANISATION_UID, None))],
        annotations=[
            alert_marks_of(matchers),
            *squad_change_marks(squad.name, services),
            event_marks(matchers),
        ],
    )
    return page_json(page)


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


def _alerts(matchers: str) -> Panel:
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
