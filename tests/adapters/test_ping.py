"""The heartbeat's address, over real HTTP."""

import pytest
from support.listening import Answer, listening

from observatory.adapters.ping import Ping
from observatory.errors import Refused, Unavailable


@pytest.fixture
def outside():
    """Answers with the status that its path ends in."""
    with listening(lambda heard: Answer(int(heard.path.rsplit("/", 1)[-1]))) as listener:
        yield listener


def test_a_heartbeat_is_one_request(outside):
    Ping(f"{outside.url}/secret/200")()
    assert [(one.method, one.path) for one in outside.heard] == [("GET", "/secret/200")]


@pytest.mark.parametrize(
    ("status", "kind"), [(404, Refused), (410, Refused), (500, Unavailable), (503, Unavailable)]
)
def test_what_is_not_heard_is_an_error_that_keeps_the_address_secret(outside, status, kind):
    with pytest.raises(kind, match=str(status)) as caught:
        Ping(f"{outside.url}/secret/{status}")()
    assert "secret" not in str(caught.value)


def test_nobody_there_is_unavailable():
    with pytest.raises(Unavailable, match="did not hear") as caught:
        Ping("http://127.0.0.1:1/secret")()
    assert "secret" not in str(caught.value)
