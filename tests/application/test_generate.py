import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from support.catalogs import a_catalog, a_service, an_slo, latency

from observatory.adapters.files import CatalogFolder, FolderDocuments
from observatory.application.generate import (
    FOLDERS,
    MANIFEST,
    Drift,
    DriftKind,
    compare,
    generate,
    read_generated,
    write_generated,
)
from observatory.catalog import parse_catalog

ROOT = Path(__file__).parents[2]
PLAYLIST = "dashboards/playlists/playlist.json"


def folders(root):
    return {name: FolderDocuments(root / name) for name in FOLDERS}


def write(root, rendered):
    write_generated(rendered, compare(rendered, read_generated(folders(root))), folders(root))


def drift(root, catalog):
    return compare(generate(catalog), read_generated(folders(root)))


@pytest.fixture
def current(tmp_path):
    """A folder in which everything is as the one-service catalog says."""
    write(tmp_path, generate(a_catalog()))
    return tmp_path


def test_the_committed_files_are_what_the_catalog_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    catalog = parse_catalog(CatalogFolder(Path("catalog")).read()).valid()
    assert str(drift(ROOT, catalog)) == "Generated files are current."


def test_what_was_just_written_is_current(current):
    found = drift(current, a_catalog())
    assert not found
    assert str(found) == "Generated files are current."


def test_nothing_yet_means_everything_is_missing(tmp_path):
    found = drift(tmp_path, a_catalog())
    assert {difference.kind for difference in found.differences} == {DriftKind.MISSING}
    assert len(found.differences) == 10


def test_the_manifest_is_one_that_sha256sum_checks(current):
    for folder in FOLDERS:
        subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", MANIFEST], cwd=current / folder, check=True
        )


def test_a_changed_definition_is_told_apart_from_a_changed_file(current):
    changed = a_catalog(a_service(slos=(an_slo(objective="99.5"),)))
    found = {difference.path: difference for difference in drift(current, changed).differences}
    assert not any(difference.edited for difference in found.values())
    assert 'panel "Good, last 30d": threshold 0.999 → 0.995' in found[PLAYLIST].changes
    assert (
        'record slo:error_budget:ratio{service="playlist",slo="availability",slo_window="30d",squad="playlists"}: '
        "expr vector(0.001) → vector(0.005)"
    ) in found["alert_rules/playlists/playlist.yml"].changes


def test_a_file_edited_by_hand_is_named_with_what_was_edited(current):
    file = current / PLAYLIST
    file.write_text(file.read_text().replace('"value": 14.4', '"value": 6.5'))
    (difference,) = drift(current, a_catalog()).differences
    assert (difference.path, difference.kind, difference.edited) == (PLAYLIST, DriftKind.CHANGED, True)
    assert difference.changes == ('panel "Burn rate": threshold 6.5 → 14.4',)


def test_an_edited_alert_is_named_with_its_threshold(current):
    file = current / "alert_rules/organisation.yml"
    file.write_text(file.read_text().replace('{window="1h"} >= 14.4', '{window="1h"} >= 20'))
    (difference,) = drift(current, a_catalog()).differences
    (change,) = difference.changes
    assert change.startswith("alert ErrorBudgetBurnFast{")
    assert ">= 20" in change.split(" → ")[0]
    assert ">= 14.4" in change.split(" → ")[1]


def test_files_of_services_that_are_gone_are_removed(current):
    found = drift(current, a_catalog(a_service("search")))
    orphans = {difference.path for difference in found.differences if difference.kind is DriftKind.ORPHANED}
    assert (
        orphans
        == {*found.removable}
        == {
            PLAYLIST,
            "alert_rules/playlists/playlist.yml",
            "alert_rules/tests/playlists/playlist.yml",
        }
    )
    write(current, generate(a_catalog(a_service("search"))))
    assert not (current / PLAYLIST).exists()
    assert not drift(current, a_catalog(a_service("search")))


def test_an_orphan_that_somebody_edited_is_left_for_them(current):
    (current / PLAYLIST).write_text("{}")
    found = drift(current, a_catalog(a_service("search")))
    assert PLAYLIST not in found.removable
    assert f"{PLAYLIST}: orphaned, edited by hand" in str(found)
    write(current, generate(a_catalog(a_service("search"))))
    assert (current / PLAYLIST).exists()


def test_files_that_were_never_generated_are_left_alone(current):
    mine = current / "dashboards/playlists/by-hand.json"
    mine.write_text("{}")
    assert not drift(current, a_catalog())
    write(current, generate(a_catalog(a_service("search"))))
    assert mine.exists()


def test_a_damaged_manifest_alone_is_drift(current):
    (current / "dashboards" / MANIFEST).write_text("")
    found = drift(current, a_catalog())
    assert [difference.path for difference in found.differences] == [f"dashboards/{MANIFEST}"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"panels": [{}]}', "null"])
def test_a_file_cut_short_is_drift_and_not_a_traceback(current, text):
    (current / PLAYLIST).write_text(text)
    (difference,) = drift(current, a_catalog()).differences
    assert difference.edited
    assert difference.changes


def test_panels_and_rules_that_come_and_go_are_named(current):
    found = drift(current, a_catalog(a_service(slos=(an_slo("latency", sli=latency()),))))
    text = str(found)
    assert 'panel "Latency against 0.3 s": added' in text
    assert 'panel "Errors": removed' in text
    assert 'slo="latency",squad="playlists"}: added' in text


def test_no_differences_is_false():
    assert not Drift()


def test_digests_are_of_the_bytes_on_disk(current):
    digest = sha256((current / PLAYLIST).read_bytes()).hexdigest()
    assert f"{digest}  playlists/playlist.json\n" in (current / "dashboards" / MANIFEST).read_text()
