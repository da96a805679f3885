"""incidents, ack and silence, as people type them, against a running service."""

import sys
from dataclasses import dataclass

import pytest
from support.people import a_page, a_world, served

from observatory.entrypoints.api.app import create_app
from observatory.entrypoints.cli import main
from observatory.settings import Settings

TOKEN = "s3cret"  # noqa: S105 - of this test alone


@pytest.fixture(scope="module")
def world():
    return a_world()


@pytest.fixture(scope="module")
def service(world):
    world.open(a_page())
    with served(create_app(world.views, Settings(token=TOKEN), world.allowed)) as url:
        yield url


@dataclass(frozen=True)
class Said:
    stdout: str
    stderr: str
    returncode: int


@pytest.fixture
def say(service, monkeypatch, capsys):
    """Run a command in this process, as its own would: arguments and environment in, words and exit code out."""

    def say(*words, **env):
        given = {"URL": service, "TOKEN": TOKEN, "USER": "anna"} | env
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", "200")
            for name, value in given.items():
                if value is not None:
                    patch.setenv(f"OBSERVATORY_{name}", value)
            patch.setattr(sys, "argv", ["observatory", *words])
            with pytest.raises(SystemExit) as ended:
                main()
        return Said(*capsys.readouterr(), ended.value.code)

    return say


def test_an_incident_is_listed_acknowledged_silenced_and_heard_of_again(say, world):
    listed = say("incidents")
    assert "inc-1" in listed.stdout
    assert "playlist/availability" in listed.stdout
    assert say("ack", "inc-1").stdout == "page of playlist/availability: acknowledged by anna\n"
    assert "already acknowledged by anna" in say("ack", "inc-1", "--by", "bob").stdout
    added = say("silence", "add", "service=playlist", "--for", "2h", "--reason", "it moves").stdout
    silence = added.split()[0]
    assert "service=playlist" in added
    assert silence in say("silence", "list").stdout
    assert say("silence", "expire", silence, "--by", "bob").stdout.startswith(f"{silence}  ended")
    assert say("silence", "list").stdout == "Nothing is silenced.\n"
    assert [(one.actor.name, one.actor.way.value) for one in world.alerts.audit()] == [
        ("bob", "cli"),
        ("anna", "cli"),
        ("anna", "cli"),
    ]


@pytest.mark.parametrize(
    ("words", "env", "exit_code", "says"),
    [
        pytest.param(["ack", "gone"], {}, 1, 'There is no incident "gone"', id="unknown-incident"),
        pytest.param(
            ["silence", "expire", "gone"], {}, 1, 'There is no silence "gone"', id="unknown-silence"
        ),
        pytest.param(["ack", "../slos"], {}, 1, "There is no", id="a-path"),
        pytest.param(["ack", "inc-1"], {"USER": None}, 1, "--by anna", id="nobody"),
        pytest.param(["incidents"], {"TOKEN": "wrong"}, 1, "A token is needed", id="wrong-token"),
        pytest.param(["incidents"], {"URL": "http://127.0.0.1:1"}, 2, "OBSERVATORY_URL", id="away"),
        pytest.param(["incidents"], {"URL": "nonsense"}, 2, "OBSERVATORY_URL", id="no-address"),
        pytest.param(
            ["silence", "add", "service=playlst", "--for", "8d", "--reason", "x"],
            {},
            1,
            "did you mean playlist?",
            id="typo",
        ),
    ],
)
def test_a_mistake_is_said_in_a_sentence(say, words, env, exit_code, says):
    done = say(*words, **env)
    assert done.returncode == exit_code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
