"""Against the development Slack, over HTTP."""

import httpx2
import pytest
from support.slack import CHANNEL, CHANNELS, plan_fault, postings

from observatory.adapters.slack import SlackFiles, SlackMessenger
from observatory.application.ports import Picture
from observatory.errors import RateLimited, Refused, Unavailable
from observatory.outputs.message import Message
from observatory.sandbox.slack import running

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
CHART = Picture("burn-1.png", "playlist/availability: burn rate", "it rises", PNG)


@pytest.fixture(scope="module")
def slack():
    with running(channels=CHANNELS, pace=None) as server:
        yield server


@pytest.fixture
def files(slack):
    return SlackFiles("xoxb-test", base_url=slack.api_url)


@pytest.fixture
def root(slack):
    return SlackMessenger("xoxb-test", base_url=slack.api_url).post(
        CHANNEL, Message("it burns"), delivery_id="d"
    )


def test_a_picture_lies_in_the_thread_and_is_found_there_by_its_name(slack, files, root):
    assert not files.attached(CHANNEL, root.ts, CHART.name)
    files.attach(CHANNEL, root.ts, CHART)
    assert files.attached(CHANNEL, root.ts, CHART.name)
    assert not files.attached(CHANNEL, root.ts, "another.png")
    _, shown = postings(slack.url, thread_ts=root.ts)
    (file,) = shown["files"]
    assert (file["name"], file["title"]) == (CHART.name, CHART.title)
    assert httpx2.get(f"{slack.url}/files/{file['id']}", trust_env=False).content == PNG


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param({"trouble": "error", "error": "missing_scope"}, Refused, id="scope"),
        pytest.param({"trouble": "error", "error": "ratelimited"}, RateLimited, id="rate limit in 200"),
        pytest.param({"trouble": "error", "error": "internal_error"}, Unavailable, id="slacks-own-trouble"),
        pytest.param({"trouble": "status", "status": 429}, RateLimited, id="429"),
        pytest.param({"trouble": "status", "status": 503}, Unavailable, id="503"),
        pytest.param({"trouble": "status", "status": 404, "error": "no_such_method"}, Refused, id="404"),
        pytest.param({"trouble": "html"}, Unavailable, id="proxys-error-page"),
        pytest.param({"trouble": "drop"}, Unavailable, id="dropped"),
    ],
)
def test_each_refusal_is_one_of_ours(slack, files, root, method, fault, error):
    plan_fault(slack.url, method=method, **fault)
    with pytest.raises(error):
        files.attach(CHANNEL, root.ts, CHART)
