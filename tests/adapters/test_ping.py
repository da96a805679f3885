"""The heartbeat's address, over real HTTP."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from observatory.adapters.ping import Ping
from observatory.errors import Refused, Unavailable


class _Hears(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.heard.append(self.path)
        self.send_response(int(self.path.rsplit("/", 1)[-1]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def outside():
    with HTTPServer(("127.0.0.1", 0), _Hears) as server:
        server.heard = []
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_heartbeat_is_one_request(outside):
    Ping(f"http://127.0.0.1:{outside.server_port}/secret/200")()
    assert outside.heard == ["/secret/200"]


@pytest.mark.parametrize(
    ("status", "kind"), [(404, Refused), (410, Refused), (500, Unavailable), (503, Unavailable)]
)
def test_what_is_not_heard_is_an_error_that_keeps_the_address_secret(outside, status, kind):
    with pytest.raises(kind, match=str(status)) as caught:
        Ping(f"http://127.0.0.1:{outside.server_port}/secret/{status}")()
    assert "secret" not in str(caught.value)


def test_nobody_there_is_unavailable():
    with pytest.raises(Unavailable, match="did not hear") as caught:
        Ping("http://127.0.0.1:1/secret")()
    assert "secret" not in str(caught.value)
