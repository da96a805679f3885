"""Grafana's HTTP API for folders and dashboards (10.4 to 13); the port `DashboardServer`.

Facts: https://grafana.com/docs/grafana/latest/developers/http_api/, and pkg/api/dashboard.go of grafana/grafana.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from observatory.adapters.shipping.http import LIMIT, Credentials, Http
from observatory.application.ports import Revision, SavedDashboard
from observatory.outputs.shipping import Dashboard, Folder

_PAGE = 1000
_RECENT = 5
_ROOT = ("", "general")
"""How Grafana spells the root, by version."""


class Grafana:
    """One Grafana, seen with one token."""

    def __init__(self, url: str, credentials: Credentials, *, timeout: timedelta = LIMIT) -> None:
        self._http = Http("Grafana", url, credentials, timeout=timeout)

    def has_folder(self, uid: str) -> bool:
        """See `DashboardServer.has_folder`."""
        return self._http.get(f"api/folders/{_part(uid)}", absent=True) is not None

    def create_folder(self, folder: Folder) -> None:
        """See `DashboardServer.create_folder`."""
        self._http.send("POST", "api/folders", json={"uid": folder.uid, "title": folder.title})

    def dashboard(self, uid: str) -> SavedDashboard | None:
        """See `DashboardServer.dashboard`."""
        path = f"api/dashboards/uid/{_part(uid)}"
        body = self._json(path, absent=True)
        if body is None:
            return None
        try:
            meta, model = body["meta"], body["dashboard"]
            folder = str(meta.get("folderUid") or "")
            return SavedDashboard(
                text=json.dumps(model),
                version=int(model["version"]),
                folder_uid="" if folder in _ROOT else folder,
                provisioned=bool(meta.get("provisioned")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._http.garbled(path, error) from error

    def newest_revision(self, uid: str) -> Revision | None:
        """See `DashboardServer.newest_revision`.

        The list of versions calls every first version "Initial save", whatever was said when it was saved; the
        version itself has the words.
        """
        path = f"api/dashboards/uid/{_part(uid)}/versions"
        body = self._json(path, params={"limit": _RECENT}, absent=True)
        try:
            versions = (
                body["versions"] if isinstance(body, dict) else body or []
            )  # a bare list before Grafana 12
            if not versions:
                return None
            newest = max(versions, key=lambda version: int(version["version"]))
            if not newest.get("parentVersion"):
                newest = self._json(f"{path}/{newest['version']}", absent=True) or newest
            return Revision(
                version=int(newest["version"]),
                by=str(newest.get("createdBy") or "nobody known"),
                at=datetime.fromisoformat(newest["created"]),
                message=str(newest.get("message") or ""),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._http.garbled(path, error) from error

    def save(self, dashboard: Dashboard, *, message: str, version: int | None, overwrite: bool) -> None:
        """See `DashboardServer.save`. Without `folderUid`, Grafana would move the dashboard to its root."""
        model = json.loads(dashboard.text)
        model["id"] = None
        model["version"] = version or 0
        body = {
            "dashboard": model,
            "folderUid": dashboard.folder_uid,
            "message": message,
            "overwrite": overwrite,
        }
        self._http.send("POST", "api/dashboards/db", json=body)

    def tagged(self, tags: Sequence[str]) -> Sequence[str]:
        """See `DashboardServer.tagged`."""
        found: list[str] = []
        page = 1
        while True:
            params = {"type": "dash-db", "tag": list(tags), "limit": _PAGE, "page": page}
            hits = self._json("api/search", params=params)
            try:
                found += [str(hit["uid"]) for hit in hits]
            except (KeyError, TypeError) as error:
                raise self._http.garbled("api/search", error) from error
            if len(hits) < _PAGE:
                return found
            page += 1

    def remove(self, uid: str) -> None:
        """See `DashboardServer.remove`."""
        self._http.send("DELETE", f"api/dashboards/uid/{_part(uid)}", absent=True)

    def _json(
        self, path: str, *, params: dict[str, Any] | None = None, absent: bool = False
    ) -> Any:  # Any: JSON, which the callers take apart
        response = self._http.get(path, params=params, absent=absent)
        if response is None:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise self._http.garbled(path, error) from error


def _part(text: str) -> str:
    return quote(text, safe="")
