"""Prometheus rules as code: a file a service, one for the organisation, and promtool tests of both."""

from observatory.catalog import Catalog
from observatory.outputs.rules.exclusions import excluded
from observatory.outputs.rules.journey import journey_rules
from observatory.outputs.rules.journey_proof import journey_proof
from observatory.outputs.rules.organisation import alert_name, organisation_rules
from observatory.outputs.rules.own import own_rules
from observatory.outputs.rules.own_proof import own_proof
from observatory.outputs.rules.proof import service_proof
from observatory.outputs.rules.service import service_rules
from observatory.outputs.rules.stores import store_rules
from observatory.outputs.rules.stores_proof import PATH as STORES_PROOF
from observatory.outputs.rules.stores_proof import store_proof

__all__ = ["alert_name", "rule_files"]


def rule_files(catalog: Catalog, *, grafana_url: str | None = None) -> dict[str, str]:
    """Every rule file and its test, by path below the folder of rules."""
    files = {
        "organisation.yml": organisation_rules(catalog, grafana_url=grafana_url),
        "observatory.yml": own_rules(catalog, grafana_url=grafana_url),
        "tests/observatory.yml": own_proof(),
    }
    stores = store_rules(catalog, grafana_url=grafana_url)
    if stores is not None:
        files["stores.yml"] = stores
        files[STORES_PROOF] = store_proof(catalog) or ""
    out = excluded(catalog)
    for service in catalog.services.values():
        path = f"{service.squad}/{service.name}.yml"
        if service.slos or service.uses:
            files[path] = service_rules(service, out)
        if service.slos:
            files[f"tests/{path}"] = service_proof(service, out, path=f"tests/{path}")
    for journey in catalog.journeys.values():
        path = f"{journey.squad}/{journey.name}.yml"
        files[path] = journey_rules(journey, catalog, out)
        files[f"tests/{path}"] = journey_proof(journey, catalog, out, path=f"tests/{path}")
    return files
