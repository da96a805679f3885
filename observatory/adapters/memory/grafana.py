"""A Grafana in memory: keeps versions, folders and who saved what, and refuses what the real one refuses."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from observatory.application.ports import Revision, SavedDashboard
from observatory.errors import Refused
from observatory.outputs.shipping import Dashboard, Folder

_ME = "sa-observatory"


@dataclass(slots=True)
class MemoryGrafana:
    """A dashboard server that tests can edit behind the back of a push."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    folders: dict[str, str] = field(default_factory=dict)
    """Titles by uid."""
    saves: int = 0
    """How often something was saved, by a push or by an edit."""
    _dashboards: dict[str, SavedDashboard] = field(default_factory=dict)
    _newest: dict[str, Revision] = field(default_factory=dict)

    def has_folder(self, uid: str) -> bool:
        """See `DashboardServer.has_folder`."""
        return uid in self.folders

    def create_folder(self, folder: Folder) -> None:
        """See `DashboardServer.create_folder`."""
        if folder.uid in self.folders or folder.title in self.folders.values():
            raise Refused(f"a folder {folder.title} exists already", code="409")
        self.folders[folder.uid] = folder.title

    def dashboard(self, uid: str) -> SavedDashboard | None:
        """See `DashboardServer.dashboard`."""
        return self._dashboards.get(uid)

    def newest_revision(self, uid: str) -> Revision | None:
        """See `DashboardServer.newest_revision`."""
        return self._newest.get(uid)

    def save(self, dashboard: Dashboard, *, message: str, version: int | None, overwrite: bool) -> None:
        """See `DashboardServer.save`."""
        saved = self._dashboards.get(dashboard.uid)
        if saved and saved.provisioned:
            raise Refused("Cannot save provisioned dashboard", code="400")
        if saved and not overwrite and saved.version != version:
            raise Refused("The dashboard has been changed by someone else", code="version-mismatch")
        if dashboard.folder_uid and dashboard.folder_uid not in self.folders:
            raise Refused("folder not found", code="400")
        self.edit(dashboard.uid, dashboard.text, by=_ME, message=message, folder_uid=dashboard.folder_uid)

    def edit(
        self,
        uid: str,
        text: str,
        *,
        by: str,
        message: str = "",
        folder_uid: str = "",
        provisioned: bool = False,
    ) -> None:
        """Somebody saves this under the uid."""
        version = self._dashboards[uid].version + 1 if uid in self._dashboards else 1
        self.saves += 1
        self._dashboards[uid] = SavedDashboard(text, version, folder_uid, provisioned)
        self._newest[uid] = Revision(version, by, self.now, message)

    def tagged(self, tags: Sequence[str]) -> Sequence[str]:
        """See `DashboardServer.tagged`."""
        return [
            uid
            for uid, saved in self._dashboards.items()
            if set(tags) <= set(json.loads(saved.text).get("tags", []))
        ]

    def remove(self, uid: str) -> None:
        """See `DashboardServer.remove`."""
        saved = self._dashboards.get(uid)
        if saved and saved.provisioned:
            raise Refused("provisioned dashboard cannot be deleted", code="400")
        self._dashboards.pop(uid, None)
        self._newest.pop(uid, None)
