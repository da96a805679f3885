"""What is shipped to Grafana: each dashboard with its identity and the folder it belongs in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from observatory.outputs.links import folder_uid

_OF_THE_SERVER = ("id", "version", "iteration")
"""Keys of a dashboard that Grafana writes itself."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of Grafana: one a squad."""

    uid: str
    title: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A generated dashboard; `folder` is None for Grafana's root."""

    path: str
    """Below the folder of dashboards."""
    uid: str
    title: str
    folder: Folder | None
    text: str
    """Canonical JSON, as generated."""

    @property
    def folder_uid(self) -> str:
        """As Grafana's API spells it: the root is the empty string."""
        return self.folder.uid if self.folder else ""


def dashboards_in(files: Mapping[str, str]) -> tuple[Dashboard, ...]:
    """The dashboards among generated files (by path below the folder of dashboards), in the order of their paths."""
    return tuple(_dashboard(path, files[path]) for path in sorted(files) if path.endswith(".json"))


def canonical(text: str) -> str:
    """A dashboard's JSON without what Grafana writes itself, so that two of them can be compared."""
    model = json.loads(text)
    kept = {key: value for key, value in model.items() if key not in _OF_THE_SERVER}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False, indent=2) + "\n"


def _dashboard(path: str, text: str) -> Dashboard:
    model = json.loads(text)
    squad, slash, _ = path.partition("/")
    folder = Folder(folder_uid(squad), squad) if slash else None
    return Dashboard(path, model["uid"], model["title"], folder, text)
