"""Alertmanager's configuration: generated from the squads, and read back as a tree of routes."""

from observatory.catalog import Catalog
from observatory.outputs.alertmanager.document import configuration
from observatory.outputs.alertmanager.reading import read_routes
from observatory.outputs.alertmanager.receivers import Surroundings
from observatory.outputs.alertmanager.templates import template_files
from observatory.outputs.alertmanager.tree import route_tree

__all__ = ["CONFIGURATION", "Surroundings", "alertmanager_files", "read_routes", "route_tree"]

CONFIGURATION = "alertmanager.yml"


def alertmanager_files(catalog: Catalog, around: Surroundings) -> dict[str, str]:
    """The configuration and its templates, by path below the folder of both."""
    return {CONFIGURATION: configuration(catalog, around)} | template_files()
