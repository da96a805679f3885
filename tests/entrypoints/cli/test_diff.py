"""The real command in a real git repository."""

import os
import subprocess

import pytest
from support import forked
from support.catalogs import SERVICE_YAML, SQUAD_YAML


@pytest.fixture
def repository(tmp_path):
    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@example", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )

    def commit(**files):
        for name, text in files.items():
            path = tmp_path / "catalog" / f"{name}.yml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        git("add", "-A")
        git("commit", "-q", "-m", "x")

    git("init", "-q")
    commit(squad=SQUAD_YAML, playlist=SERVICE_YAML)
    return commit


@pytest.fixture
def diff(tmp_path):
    def run(*arguments):
        return forked.observatory("diff", *arguments, cwd=tmp_path, env={"PATH": os.defpath})

    return run


def test_a_pull_request_says_what_changes_for_people_on_call(repository, diff):
    repository(
        playlist=SERVICE_YAML.replace("objective: 99.9", "objective: 99.5"),
        squad=SQUAD_YAML.replace("C0PLAYLISTS", "C0ELSEWHERE"),
    )
    done = diff("HEAD~1", "HEAD")
    assert done.returncode == 0, done.stderr
    assert "Touches **playlists**." in done.stdout
    assert "objective 99.9 % → 99.5 % (easier: alerts later; 5 times the error budget)" in done.stdout
    assert "alerts go to C0PLAYLISTS → C0ELSEWHERE" in done.stdout


def test_nothing_that_concerns_anybody_is_said_in_a_line(repository, diff):
    repository(squad=SQUAD_YAML + "# a comment\n")
    assert "Nothing changes for anybody." in diff("HEAD~1").stdout


def test_an_unknown_revision_is_the_callers_mistake(repository, diff):
    done = diff("nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nowhere" in done.stderr


def test_outside_a_repository_it_could_not_be_done(diff):
    done = diff("HEAD")
    assert done.returncode == 2
    assert "no git repository" in done.stderr
