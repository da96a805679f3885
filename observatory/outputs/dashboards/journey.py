"""A journey's dashboard: do users get through, and if not, at which step, and whose is it."""

from collections.abc import Sequence

from observatory.catalog import Catalog, Journey, JourneySlo, ServiceSlo
from observatory.outputs.dashboards import grafana, queries
from observatory.outputs.dashboards.layout import Page, Section, page_json
from observatory.outputs.dashboards.marks import alert_marks_of, event_marks
from observatory.outputs.dashboards.objective import objective_section
from observatory.outputs.dashboards.panels import (
    BAD,
    LOWEST,
    PLAIN,
    UNKNOWN,
    WARNING,
    About,
    Panel,
    Scale,
    lines,
    note,
)
from observatory.outputs.dashboards.promises import promises_of
from observatory.outputs.dashboards.queries import Query, scope_of
from observatory.outputs.dashboards.tables import Column, table
from observatory.outputs.links import ORGANISATION_UID, dashboard_url, service_uid, squad_uid


def journey_dashboard(journey: Journey, catalog: Catalog) -> str:
    """The text of `dashboards/<squad>/<journey>.json`."""
    entries = list(catalog.slos_of(journey))
    page = Page(
        head=grafana.Head(
            uid=service_uid(journey.name),
            title=f"{journey.name} · journey",
            description=journey.description or f"SLOs of {journey.name} and of every step of it.",
            tags=("observatory", "journey", f"squad:{journey.squad}", f"tier:{journey.tier}"),
        ),
        sections=[
            *(
                section
                for entry in entries
                for section in (objective_section(entry, catalog), _components(entry))
            ),
            _about(journey, catalog),
        ],
        links=[
            (f"Squad {journey.squad}", dashboard_url(squad_uid(journey.squad), None)),
            ("Organisation", dashboard_url(ORGANISATION_UID, None)),
        ],
        annotations=[alert_marks_of(f'service="{journey.name}"'), event_marks(f'service="{journey.name}"')],
    )
    return page_json(page)


def _components(entry: ServiceSlo) -> Section:
    """Which step spends the journey's budget, and how that step itself stands."""
    parts = [part for _, part in entry.parts]
    return Section(
        f"{entry.slo.name}-components",
        f"{entry.slo.name}: its components",
        [
            _shares(entry),
            _burns(parts),
            promises_of(parts, title="The components' own SLOs, worst budget first"),
        ],
    )


def _shares(entry: ServiceSlo) -> Panel:
    bad = scope_of(entry).of("observatory_journey_component_bad_events")
    by = f"max by (component) ({bad})"
    total = f"sum ({by})"
    return table(
        About(
            "components",
            "Who fails its users",
            f"Which component spends the budget of {entry.id}? Bad events of {queries.window_of(entry)}, each as often as "
            "the component's weight says.",
        ),
        [
            Column("Bad events", Query(by), "short", ((UNKNOWN, None), (PLAIN, LOWEST)), 0),
            Column(
                "Share of all", Query(f"{by} / on () group_left () ({total} > 0) or 0 * {by}"), "percentunit"
            ),
        ],
        sort="Bad events",
        labels={"component": "Component"},
        height=6,
        smallest_first=False,
    )


def _burns(parts: Sequence[ServiceSlo]) -> Panel:
    return lines(
        About(
            "burns",
            "Burn rate of the components, 1 h",
            "Which step burns now? Above 1 its own budget does not last its window either.",
        ),
        [Query(queries.burn(scope_of(part), "1h"), part.id) for part in parts],
        Scale("suffix:×", steps=((WARNING, 1), (BAD, 14.4)), symmetric_log=True),
        width=24,
    )


def _about(journey: Journey, catalog: Catalog) -> Section:
    squad = catalog.squads[journey.squad]
    runbook = f"[{journey.runbook}]({journey.runbook})" if journey.runbook else "none written"
    text = "\n".join(
        [
            f"**{journey.name}** {journey.description}".rstrip(),
            "",
            f"- Owner: {squad.name}, Slack channel `{squad.slack.channel}`",
            f"- Tier: {journey.tier}",
            f"- Runbook: {runbook}",
            *(f"- {slo.name}: {_made_of(slo)}" for slo in journey.slos),
            f"- Defined in `{journey.place.file}`, line {journey.place.line}; what is changed here is lost.",
        ]
    )
    panel = note(
        About("meta", "Whose it is", "Who owns this journey, and what it is made of."), text, height=8
    )
    return Section("about", "About", [panel])


def _made_of(slo: JourneySlo) -> str:
    parts = ", ".join(part.slo if part.weight == 1 else f"{part.slo} ×{part.weight}" for part in slo.of)
    if slo.combine == "worst":
        return f"a minute is bad when it was bad for any of {parts}"
    return f"events of {parts}"
