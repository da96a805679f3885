"""Dashboards and rules to ship, rendered from small catalogs."""

from support.catalogs import a_catalog, a_service

from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.rules import rule_files
from observatory.outputs.shipping import dashboards_in

CATALOG = a_catalog(a_service(), a_service("search", squad="search"))
SMALLER = a_catalog(a_service(), squads=CATALOG.squads.values())


def the_dashboards(catalog=CATALOG):
    return dashboards_in(dashboard_files(catalog))


def the_rules(catalog=CATALOG):
    return rule_files(catalog)


def fates(outcomes):
    """What became of each."""
    return {outcome.what: str(outcome.fate) for outcome in outcomes}
