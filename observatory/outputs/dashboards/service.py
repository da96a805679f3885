"""A service's dashboard, for whoever is on call: is the promise kept, what burns, since when, and whose is it."""

from collections.abc import Callable, Sequence

from observatory.catalog import Catalog, Matcher, Service, ServiceSlo
from observatory.outputs.dashboards import grafana, queries, traffic
from observatory.outputs.dashboards.changes import change_marks, versions_section
from observatory.outputs.dashboards.dependencies import dependencies_section
from observatory.outputs.dashboards.layout import Page, Section, page_json
from observatory.outputs.dashboards.marks import event_marks
from observatory.outputs.dashboards.objective import objective_section
from observatory.outputs.dashboards.panels import BAD, About, Scale, lines, note
from observatory.outputs.dashboards.queries import Query
from observatory.outputs.dashboards.red import red_section
from observatory.outputs.dashboards.stores import store_sections
from observatory.outputs.links import ORGANISATION_UID, dashboard_url, service_uid, squad_uid


def service_dashboard(service: Service, catalog: Catalog) -> str:
    """The text of `dashboards/<squad>/<service>.json`."""
    squad = catalog.squads[service.squad]
    entries = [ServiceSlo(squad, service, slo) for slo in service.slos]
    page = Page(
        head=grafana.Head(
            uid=service_uid(service.name),
            title=f"{service.name} · service",
            description=service.description or f"SLOs, traffic and owner of {service.name}.",
            tags=("observatory", "service", f"squad:{service.squad}", f"tier:{service.tier}"),
        ),
        sections=[
            *(objective_section(entry, catalog) for entry in entries),
            *(part for of in _PARTS for part in of(service, catalog)),
        ],
        links=[
            (f"Squad {service.squad}", dashboard_url(squad_uid(service.squad), None)),
            ("Organisation", dashboard_url(ORGANISATION_UID, None)),
        ],
        annotations=_annotations(service),
    )
    return page_json(page)


def _annotations(service: Service) -> list[grafana.Json]:
    alerts = grafana.annotation(
        "Alerts",
        queries.alert_marks(f'service="{service.name}"'),
        color=BAD,
        title="{{severity}}: {{slo}} burns its error budget",
    )
    events = event_marks(f'service="{service.name}"')
    return [alerts, *change_marks(service), events]


def _behaviour(service: Service, _catalog: Catalog) -> Sequence[Section]:
    """What users do, against the same hour of the last weeks: a fall that no error rate shows."""
    if not service.behaviour:
        return ()
    matchers = [Matcher(label, "=", value) for label, value in service.selector.items()]
    panels = []
    for behaviour in service.behaviour:
        metric = behaviour.metric.where(*matchers)
        panels.append(
            lines(
                About(
                    behaviour.name,
                    f"{behaviour.name} per minute",
                    "Do users do what they usually do at this hour? Far below both dashed lines: "
                    "look for a broken client or a broken path before the service, whose errors may well be zero.",
                ),
                [
                    Query(traffic.per_minute(metric), "now"),
                    Query(traffic.per_minute(metric, ago="1w"), "a week ago"),
                    Query(traffic.per_minute(metric, ago="2w"), "two weeks ago"),
                ],
                Scale("cpm"),
                dashed=("a week ago", "two weeks ago"),
            )
        )
    return (Section("behaviour", "What users do", panels),)


def _red(service: Service, _catalog: Catalog) -> Sequence[Section]:
    section = red_section(service)
    return (section,) if section else ()


def _stores(service: Service, _catalog: Catalog) -> Sequence[Section]:
    return store_sections(service.uses)


def _depended_on(service: Service, _catalog: Catalog) -> Sequence[Section]:
    section = dependencies_section(service.depends_on, title="What it depends on")
    return (section,) if section else ()


def _versions(service: Service, _catalog: Catalog) -> Sequence[Section]:
    section = versions_section(service)
    return (section,) if section else ()


def _meta(service: Service, catalog: Catalog) -> Sequence[Section]:
    squad = catalog.squads[service.squad]
    runbook = f"[{service.runbook}]({service.runbook})" if service.runbook else "none written"
    text = "\n".join(
        [
            f"**{service.name}** {service.description}".rstrip(),
            "",
            f"- Owner: {_linked(squad.name, squad_uid(squad.name))}, Slack channel `{squad.slack.channel}`",
            f"- Tier: {service.tier}",
            f"- Runbook: {runbook}",
            f"- Depends on: {_dependencies(service)}",
            f"- Uses: {', '.join(use.kind for use in service.uses) or 'no store or queue'}",
            f"- Defined in `{service.place.file}`, line {service.place.line}; what is changed here is lost.",
        ]
    )
    panel = note(
        About("meta", "Whose it is", "Who owns this service, and where its definition is."),
        text,
        height=8,
    )
    return (Section("about", "About", [panel]),)


def _dependencies(service: Service) -> str:
    return ", ".join(_linked(name, service_uid(name)) for name in service.depends_on) or "nothing"


def _linked(name: str, uid: str) -> str:
    """A link in Markdown that keeps the time."""
    return f"[{name}]({dashboard_url(uid, None)}?${{__url_time_range}})"


_PARTS: Sequence[Callable[[Service, Catalog], Sequence[Section]]] = (
    _red,
    _behaviour,
    _depended_on,
    _stores,
    _versions,
    _meta,
)
"""What follows the SLOs, top to bottom."""
