"""Dashboards in the envelope of Grafana's resource API, as Git Sync reads them from a repository (Grafana 12 and later)."""

import json
from collections.abc import Iterable

from observatory.outputs.shipping.dashboards import Dashboard, canonical

_API_VERSION = "dashboard.grafana.app/v1"


def git_sync_files(dashboards: Iterable[Dashboard]) -> dict[str, str]:
    """A file a dashboard, by path: Git Sync makes the repository's folders Grafana's folders."""
    return {dashboard.path: _envelope(dashboard) for dashboard in dashboards}


def _envelope(dashboard: Dashboard) -> str:
    """`metadata.name` is the dashboard's uid; in the envelope the model itself carries none."""
    spec = json.loads(canonical(dashboard.text))
    spec.pop("uid")
    resource = {
        "apiVersion": _API_VERSION,
        "kind": "Dashboard",
        "metadata": {"name": dashboard.uid},
        "spec": spec,
    }
    return json.dumps(resource, sort_keys=True, ensure_ascii=False, indent=2) + "\n"
