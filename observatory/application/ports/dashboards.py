"""A Grafana to push dashboards to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from observatory.outputs.shipping import Dashboard, Folder


@dataclass(frozen=True, slots=True)
class SavedDashboard:
    """A dashboard as Grafana keeps it; `folder_uid` is empty for the root."""

    text: str
    version: int
    folder_uid: str
    provisioned: bool
    """It comes from a file on Grafana's machine; Grafana refuses to save or remove it."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The newest entry of a dashboard's version history."""

    version: int
    by: str
    at: datetime
    message: str


class DashboardServer(Protocol):
    """A Grafana. Every method raises Refused (401 and 403, too), Unavailable, or Ambiguous when it changes something."""

    def has_folder(self, uid: str) -> bool:
        """Whether there is a folder of this uid."""
        ...

    def create_folder(self, folder: Folder) -> None:
        """Make a folder in the root."""
        ...

    def dashboard(self, uid: str) -> SavedDashboard | None:
        """What is kept under this uid."""
        ...

    def newest_revision(self, uid: str) -> Revision | None:
        """Who saved it last, when and why; None when Grafana keeps no history of it."""
        ...

    def save(self, dashboard: Dashboard, *, message: str, version: int | None, overwrite: bool) -> None:
        """Save into its folder, moving it there.

        Args:
            dashboard: what to save.
            message: for the version history.
            version: the one that is replaced; None for a new dashboard.
            overwrite: replace whatever is there.

        Raises:
            Refused: `code` is `version-mismatch` when somebody saved it since `version`.
        """
        ...

    def tagged(self, tags: Sequence[str]) -> Sequence[str]:
        """The uids of the dashboards that carry all these tags."""
        ...

    def remove(self, uid: str) -> None:
        """Delete a dashboard; one that is gone is no matter."""
        ...
