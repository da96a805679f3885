import gzip

import anyio
import pytest
from support.views import browse, many_views, organisation, small_views

PATHS = (
    "/",
    "/slos",
    "/squads/playlists",
    "/api/v1/slos",
    "/healthz",
    "/metrics",
    "/nowhere",
    "/api/v1/nowhere",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_tells_browsers_to_be_careful(path):
    headers = browse(small_views()).get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_a_body(path):
    client = browse(small_views())
    got, headed = client.get(path), client.head(path)
    assert headed.status_code == got.status_code
    assert headed.content == b""
    assert headed.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/slos", "/api/v1/squads/playlists", "/slos/playlist/availability/burn-down.svg"]
)
def test_what_is_known_already_is_not_sent_again(path):
    client = browse(small_views())
    tag = client.get(path).headers["etag"]
    again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_long_answers_are_compressed():
    client = browse(organisation())
    with client.stream("GET", "/metrics", headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert b"observatory_slo_objective_ratio{" in gzip.decompress(packed)


def test_no_byte_of_a_body_follows_a_head():
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "HEAD",
        "path": "/slos",
        "query_string": b"",
        "headers": [],
        "scheme": "http",
    }
    anyio.run(browse(small_views()).app, scope, receive, send)
    assert [message.get("body", b"") for message in sent] == [b""] * len(sent)
    assert int(dict(sent[0]["headers"])[b"content-length"]) > 1000


def test_errors_have_no_tag():
    assert "etag" not in browse(small_views()).get("/api/v1/nowhere").headers


@pytest.mark.slow
def test_ten_thousand_slos_fit_in_one_answer_each():
    client = browse(many_views(10_000))
    assert client.get("/metrics").text.count("observatory_slo_objective_ratio{") == 10_000
    assert len(client.get("/api/v1/slos").json()) == 10_000
    assert "10000 SLOs" in client.get("/slos").text
