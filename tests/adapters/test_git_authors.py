"""Who wrote a definition, from the history of the real thing: git."""

import subprocess

import pytest

from observatory.adapters.git import Revisions

FIRST = "kind: Event\nname: move\nlasts: 1h\n"
SECOND = "---\nkind: Event\nname: upkeep\nlasts: 1h\n"


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "--quiet")
    return tmp_path


def git(folder, *arguments, author="Anna", at=1):
    day = f"2026-01-{at:02d}T12:00:00Z"
    who = {
        "GIT_AUTHOR_NAME": author,
        "GIT_COMMITTER_NAME": author,
        "GIT_AUTHOR_DATE": day,
        "GIT_COMMITTER_DATE": day,
    }
    mail = {
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_EMAIL": "a@example.com",
        "PATH": "/usr/bin:/bin",
    }
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, env=who | mail, capture_output=True)


def commit(folder, text, *, author, at):
    (folder / "events.yml").write_text(text)
    git(folder, "add", "events.yml")
    git(folder, "commit", "--quiet", "-m", "change", author=author, at=at)


def test_each_document_of_a_file_has_the_author_of_its_newest_line(repository):
    commit(repository, FIRST + SECOND, author="Anna", at=1)
    commit(repository, FIRST + SECOND.replace("1h", "2h"), author="Björn", at=2)
    file, history = str(repository / "events.yml"), Revisions(repository)

    assert history.author(file, 1) == "Anna"
    assert history.author(file, 5) == "Björn"
    assert history.author(file) == "Björn"


def test_who_took_a_file_away_is_known_too(repository):
    commit(repository, FIRST, author="Anna", at=1)
    git(repository, "rm", "--quiet", "events.yml")
    git(repository, "commit", "--quiet", "-m", "gone", author="Cleo", at=3)

    assert Revisions(repository).author(str(repository / "events.yml")) == "Cleo"


def test_nobody_is_named_for_what_is_not_committed_or_in_no_repository(repository, tmp_path_factory):
    commit(repository, FIRST, author="Anna", at=1)
    (repository / "events.yml").write_text(FIRST.replace("1h", "3h"))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "events.yml").write_text(FIRST)

    assert Revisions(repository).author(str(repository / "events.yml"), 1) is None
    assert Revisions(elsewhere).author(str(elsewhere / "events.yml"), 1) is None
