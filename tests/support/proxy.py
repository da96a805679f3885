"""An HTTP proxy before one server that, when told to, does to the answers what networks and servers do to them."""

import http.client
import socket
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Self
from urllib.parse import urlsplit

HANGS_FOR = 30.0
ERRORS = {
    "500": b"upstream connect error or disconnect/reset before headers",
    "503": b'{"status":"error","errorType":"unavailable","error":"TSDB not ready"}',
    "422": b'{"status":"error","errorType":"execution","error":"expanding series: block unreadable"}',
}
FAULTS = ("refuses", *ERRORS, "half a body", "no JSON", "closes", "hangs")


class FaultyProxy:
    """Listens on a free loopback port, at `url`; passes everything on to `target` unless `fail` says otherwise."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target).netloc
        self.fault: str | None = None
        self.met = 0
        """Requests that have met a fault."""
        self.mended = Event()
        self._port = 0

    def __enter__(self) -> Self:
        self._listen()
        self.url = f"http://127.0.0.1:{self._port}"
        return self

    def __exit__(self, *exception) -> None:
        self.mended.set()
        if self.fault != "refuses":
            self._stop()

    def fail(self, fault: str) -> None:
        """From now on, every request meets this of `FAULTS`."""
        assert fault in FAULTS
        self.fault = fault
        self.mended.clear()
        if fault == "refuses":
            self._stop()

    def mend(self) -> None:
        """Be a good proxy again; what hangs is let go."""
        was, self.fault = self.fault, None
        self.mended.set()
        if was == "refuses":
            self._listen()

    def _listen(self) -> None:
        self._server = _Server(self, self._port)
        self._port = self._server.server_port
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_POST(self):
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = proxy.fault
        proxy.met += fault is not None
        if fault in ERRORS:
            self._answer(int(fault), ERRORS[fault])
        elif fault == "no JSON":
            self._answer(200, b"<html>Sign in to continue</html>")
        elif fault == "closes":
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            if fault == "hangs":
                proxy.mended.wait(HANGS_FOR)
            status, content = self._passed_on(body)
            self._answer(status, content, keep=len(content) // 2 if fault == "half a body" else None)

    def _passed_on(self, body):
        kept = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        connection = http.client.HTTPConnection(self.server.proxy.target, timeout=60)
        with closing(connection):
            connection.request(self.command, self.path, body, kept)
            response = connection.getresponse()
            return response.status, response.read()

    def _answer(self, status, content, *, keep=None):
        """An answer in whole, or with no more than `keep` bytes of the length it announces."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(ConnectionError):  # whoever asked has given up
            self.wfile.write(content[:keep])

    def log_message(self, *args):
        pass


class _Server(ThreadingHTTPServer):
    def __init__(self, proxy: FaultyProxy, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.proxy = proxy
