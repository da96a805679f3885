import os
import threading

import pytest

from observatory.adapters.files import CatalogFolder, FolderDocuments
from observatory.catalog import MAX_BYTES, InvalidCatalog, parse_catalog
from observatory.errors import DefinitionError, NotFound, Refused


def tree(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    return folder


def names(folder, documents):
    return [os.path.relpath(name, folder) for name in documents]


def test_every_definition_is_read_in_order_under_its_path(tmp_path):
    tree(tmp_path, "b/x.yml", "a/y.yaml", "z.yml", "a/README.md", ".git/x.yml", "a/.y.yml.swp", "a/.h.yml")
    documents = CatalogFolder(tmp_path).read()
    assert names(tmp_path, documents) == ["a/y.yaml", "b/x.yml", "z.yml"]
    assert documents[f"{tmp_path}/z.yml"] == b"z.yml"


def test_paths_are_as_the_folder_was_given(tmp_path, monkeypatch):
    tree(tmp_path, "catalog/playlists/squad.yml")
    monkeypatch.chdir(tmp_path)
    assert list(CatalogFolder(tmp_path.relative_to(tmp_path) / "catalog").read()) == [
        "catalog/playlists/squad.yml"
    ]


def test_a_mounted_config_map_is_read_once(tmp_path):
    """Kubernetes mounts ..data -> ..2024_01_01, and links each file into ..data."""
    tree(tmp_path, "..2024_01_01/playlist.yml")
    (tmp_path / "..data").symlink_to("..2024_01_01")
    (tmp_path / "playlist.yml").symlink_to("..data/playlist.yml")
    assert names(tmp_path, CatalogFolder(tmp_path).read()) == ["playlist.yml"]


def test_everything_that_can_not_be_read_is_told_at_once(tmp_path):
    tree(tmp_path, "a/x.yml")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.yml").symlink_to("nowhere.yml")
    (tmp_path / "self.yml").symlink_to("self.yml")
    os.mkfifo(tmp_path / "pipe.yml")
    with pytest.raises(InvalidCatalog) as invalid:
        CatalogFolder(tmp_path).read()
    told = {os.path.relpath(p.place.file, tmp_path): p.rule for p in invalid.value.problems}
    assert list(told) == ["a/loop", "gone.yml", "pipe.yml", "self.yml"]
    assert "leads back" in told["a/loop"]
    assert "No such file" in told["gone.yml"]
    assert "no ordinary file" in told["pipe.yml"]
    assert "symbolic links" in told["self.yml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_told(tmp_path):
    tree(tmp_path, "a.yml")
    (tmp_path / "a.yml").chmod(0)
    with pytest.raises(InvalidCatalog, match="Permission denied"):
        CatalogFolder(tmp_path).read()


def test_a_huge_file_is_read_only_as_far_as_the_parser_needs_to_refuse_it(tmp_path):
    with (tmp_path / "huge.yml").open("wb") as file:
        file.truncate(10_000_000_000)
    documents = CatalogFolder(tmp_path).read()
    assert [len(content) for content in documents.values()] == [MAX_BYTES + 1]
    (problem,) = parse_catalog(documents).problems
    assert "at most" in problem.rule


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("nowhere", "does not exist", id="no folder"),
        pytest.param("x.yml", "is a file, not a folder", id="a file"),
        pytest.param("empty", "no *.yml or *.yaml below", id="an empty folder"),
    ],
)
def test_a_folder_without_definitions_is_an_error(tmp_path, path, said):
    tree(tmp_path, "x.yml", "empty/README.md")
    with pytest.raises(NotFound) as missing:
        CatalogFolder(tmp_path / path).read()
    assert said in str(missing.value)


def test_what_is_written_is_read_back(tmp_path):
    documents = FolderDocuments(tmp_path / "new")
    assert documents.read() == {}
    documents.write({"b/x.json": "ö\r\n", "a.yml": ""})
    assert documents.read() == {"a.yml": "", "b/x.json": "ö\r\n"}
    documents.write({"a.yml": "1"}, remove=["b/x.json", "never/there"])
    assert documents.read() == {"a.yml": "1"}


def test_hidden_files_are_none_of_ours(tmp_path):
    tree(tmp_path, ".git/config", ".a.json.123", "b.json")
    assert list(FolderDocuments(tmp_path).read()) == ["b.json"]


def test_other_programs_may_read_what_is_written(tmp_path):
    before = os.umask(0o022)
    try:
        FolderDocuments(tmp_path).write({"a.yml": "x"})
    finally:
        os.umask(before)
    assert (tmp_path / "a.yml").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/../../out", "", ".", "link/out"])  # noqa: S108 - refused
@pytest.mark.parametrize("removing", [False, True], ids=["write", "remove"])
def test_nothing_outside_the_folder_is_touched(tmp_path, name, removing):
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "out").write_text("kept")
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(DefinitionError, match="no path inside"):
        FolderDocuments(folder).write({"fine": "x"} | ({} if removing else {name: "x"}), remove=[name])
    assert (tmp_path / "out").read_text() == "kept"
    assert not (folder / "fine").exists()


def test_a_reader_never_meets_half_a_file(tmp_path):
    documents = FolderDocuments(tmp_path)
    versions = {"a" * 200_000, "b" * 200_000}
    documents.write({"x": "a" * 200_000})
    done = threading.Event()

    def rewrite():
        for _ in range(20):
            for version in versions:
                documents.write({"x": version})
        done.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add((tmp_path / "x").read_text())
    writer.join()
    assert seen <= versions
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path):
    tree(tmp_path, "x/y")
    with pytest.raises(Refused, match="can't be written"):
        FolderDocuments(tmp_path).write({"x": "a file where a folder is"})
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x" / "y").read_text() == "x/y"


def test_text_that_is_none_is_not_ours(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(DefinitionError, match="not UTF-8"):
        FolderDocuments(tmp_path).read()
