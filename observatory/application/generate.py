"""Dashboards, rules and routes from the catalog, and how what lies in the repository differs from them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from observatory.application.ports import Documents
from observatory.catalog import Catalog
from observatory.outputs.alertmanager import Surroundings, alertmanager_files
from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.difference import changes
from observatory.outputs.rules import rule_files

FOLDERS = ("dashboards", "alert_rules", "alertmanager")
MANIFEST = "generated.sha256"
"""In each folder: the files that are ours and their digests, as `sha256sum --check` reads them.

No `*.json`, which Grafana would load as a dashboard, and no `*.yml`, which Prometheus would load as rules.
"""


class DriftKind(StrEnum):
    """How a file differs from what the catalog says."""

    MISSING = "missing"
    CHANGED = "changed"
    ORPHANED = "orphaned"


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not as it should be."""

    path: str
    kind: DriftKind
    edited: bool = False
    """Somebody changed it by hand since it was generated (or wrote it: it is in no manifest)."""
    changes: tuple[str, ...] = ()

    def __str__(self) -> str:
        by_hand = ", edited by hand" if self.edited else ""
        return "\n".join([f"{self.path}: {self.kind}{by_hand}", *(f"  {change}" for change in self.changes)])


@dataclass(frozen=True, slots=True)
class Drift:
    """Everything that differs, by path; false when nothing does."""

    differences: tuple[Difference, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.differences)

    def __str__(self) -> str:
        if not self:
            return "Generated files are current."
        count = len(self.differences)
        files = "1 generated file is" if count == 1 else f"{count} generated files are"
        return "\n".join(
            [*map(str, self.differences), f"{files} not current: run `observatory generate` and commit."]
        )

    @property
    def removable(self) -> tuple[str, ...]:
        """Orphans that nobody has touched: only these may be deleted."""
        return tuple(d.path for d in self.differences if d.kind is DriftKind.ORPHANED and not d.edited)


_USUAL = Surroundings()


def generate(
    catalog: Catalog, *, grafana_url: str | None = None, around: Surroundings = _USUAL
) -> dict[str, str]:
    """Every generated file by its path (`dashboards/…`, `alert_rules/…`), each folder's manifest with them.

    `around` is what Alertmanager's configuration says that no squad decides.
    """
    dashboards, rules = dashboard_files(catalog), rule_files(catalog, grafana_url=grafana_url)
    routes = alertmanager_files(catalog, around)
    rendered: dict[str, str] = {}
    for folder, files in zip(FOLDERS, (dashboards, rules, routes), strict=True):
        files[MANIFEST] = manifest(files)
        rendered |= {f"{folder}/{name}": files[name] for name in sorted(files)}
    return rendered


def compare(rendered: Mapping[str, str], existing: Mapping[str, str]) -> Drift:
    """What differs; files that were never generated are nobody's business here."""
    known = _known(existing)
    differences = [
        difference
        for path, text in rendered.items()
        if not _is_manifest(path) and (difference := _difference(path, text, existing, known))
    ]
    differences += [
        Difference(path, DriftKind.ORPHANED, edited=_digest(existing[path]) != digest)
        for path, digest in known.items()
        if path in existing and path not in rendered
    ]
    if not differences:
        differences = [
            difference
            for path, text in rendered.items()
            if _is_manifest(path) and (difference := _difference(path, text, existing, known))
        ]
    return Drift(tuple(sorted(differences, key=lambda difference: difference.path)))


def read_generated(folders: Mapping[str, Documents]) -> dict[str, str]:
    """What lies in the folders now, by the paths that `generate` uses; `folders` are by their names in FOLDERS."""
    return {
        f"{folder}/{name}": text for folder, files in folders.items() for name, text in files.read().items()
    }


def write_generated(rendered: Mapping[str, str], drift: Drift, folders: Mapping[str, Documents]) -> None:
    """Write what differs and the manifests, and remove the orphans that nobody has touched."""
    stale = {difference.path for difference in drift.differences}
    for folder, files in folders.items():
        prefix = f"{folder}/"
        files.write(
            {
                path.removeprefix(prefix): text
                for path, text in rendered.items()
                if path.startswith(prefix) and (path in stale or _is_manifest(path))
            },
            remove=[path.removeprefix(prefix) for path in drift.removable if path.startswith(prefix)],
        )


def _difference(
    path: str, text: str, existing: Mapping[str, str], known: Mapping[str, str]
) -> Difference | None:
    old = existing.get(path)
    if old == text:
        return None
    if old is None:
        return Difference(path, DriftKind.MISSING)
    edited = not _is_manifest(path) and known.get(path) != _digest(old)
    return Difference(path, DriftKind.CHANGED, edited, tuple(changes(path, old, text)))


def manifest(files: Mapping[str, str]) -> str:
    """The manifest of one folder's files."""
    return "".join(f"{_digest(files[name])}  {name}\n" for name in sorted(files))


def _known(existing: Mapping[str, str]) -> dict[str, str]:
    """Path to digest, from the manifests that lie there."""
    return dict(
        entry for path, text in existing.items() if _is_manifest(path) for entry in _entries(path, text)
    )


def _entries(manifest: str, text: str) -> Iterator[tuple[str, str]]:
    folder = manifest.removesuffix(MANIFEST)
    for line in text.splitlines():
        digest, _, name = line.partition("  ")
        yield folder + name, digest


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] == MANIFEST


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
