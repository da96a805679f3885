"""A real HTTP server that remembers what it heard and answers what it is told to."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Heard:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Listener:
    """Its address, all that it has heard, and how it answers from now on."""

    url: str
    answer: Callable[[Heard], Answer]
    heard: list[Heard] = field(default_factory=list)


@contextmanager
def listening(answer: Callable[[Heard], Answer] = lambda _: Answer()) -> Iterator[Listener]:
    """Listen on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def hear(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            heard = Heard(self.command, self.path, headers, body)
            listener.heard.append(heard)
            told = listener.answer(heard)
            content = told.body.encode()
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            if told.status not in (204, 304):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = hear  # noqa: N815 - the base class's names

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener = Listener(f"http://127.0.0.1:{server.server_port}", answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
