"""Grafana dashboards as code: one a service, journey and event, one a squad, one for the organisation."""

from observatory.catalog import Catalog
from observatory.outputs.dashboards.event import event_dashboard
from observatory.outputs.dashboards.journey import journey_dashboard
from observatory.outputs.dashboards.organisation import organisation_dashboard
from observatory.outputs.dashboards.service import service_dashboard
from observatory.outputs.dashboards.squad import squad_dashboard

__all__ = ["dashboard_files"]


def dashboard_files(catalog: Catalog) -> dict[str, str]:
    """Every dashboard, by path below the folder of dashboards.

    A squad's own lies in the folder of its services; nothing else can be named like it, for want of an underscore.
    """
    files = {"organisation.json": organisation_dashboard(catalog)}
    for squad in catalog.squads.values():
        files[f"{squad.name}/_squad.json"] = squad_dashboard(squad, catalog)
    for service in catalog.services.values():
        files[f"{service.squad}/{service.name}.json"] = service_dashboard(service, catalog)
    for journey in catalog.journeys.values():
        files[f"{journey.squad}/{journey.name}.json"] = journey_dashboard(journey, catalog)
    for event in catalog.events.values():
        files[f"{event.squad}/{event.name}.json"] = event_dashboard(event, catalog)
    return files
