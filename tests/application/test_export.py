from observatory.adapters.files import FolderDocuments
from observatory.application.export import export


def test_a_second_export_writes_nothing(tmp_path):
    folder = FolderDocuments(tmp_path)
    assert len(export({"a/b.txt": "1\n"}, folder).differences) == 1

    assert not export({"a/b.txt": "1\n"}, folder)
    assert (tmp_path / "a/b.txt").read_text() == "1\n"


def test_what_is_gone_is_removed_unless_somebody_edited_it(tmp_path):
    folder = FolderDocuments(tmp_path)
    export({"gone.txt": "1\n", "edited.txt": "1\n", "stays.txt": "1\n"}, folder)
    (tmp_path / "edited.txt").write_text("mine\n")
    (tmp_path / "theirs.txt").write_text("theirs\n")

    export({"stays.txt": "2\n"}, folder)

    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"stays.txt", "edited.txt", "theirs.txt", "generated.sha256"}
    assert (tmp_path / "stays.txt").read_text() == "2\n"
