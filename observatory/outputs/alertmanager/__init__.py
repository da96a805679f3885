"""Alertmanager's configuration: generated from the squads, and read back as a tree of routes."""

from observatory.outputs.alertmanager.reading import read_routes

__all__ = ["read_routes"]
