"""The development Slack as a server: in the foreground for people, in a thread for tests."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import uvicorn
from fastapi import FastAPI

from observatory.sandbox.slack.app import SLACKS_PACE, create_app
from observatory.sandbox.slack.interactions import RequestUrl
from observatory.sandbox.slack.webhooks import webhook_path
from observatory.sandbox.slack.workspace import Pace

DEFAULT_CHANNELS = {"C0INCIDENTS": "incidents", "C0CATCHALL": "catch-all"}


@dataclass(frozen=True, slots=True)
class Running:
    """A development Slack that listens. `api_url` is what `OBSERVATORY_SLACK_API_URL` takes."""

    url: str

    @property
    def api_url(self) -> str:
        """The base of the Web API, with its slash."""
        return f"{self.url}/api/"

    def webhook_url(self, channel: str) -> str:
        """The incoming webhook of a channel."""
        return f"{self.url}{webhook_path(channel)}"


def serve(  # noqa: PLR0913 - where, and what for
    host: str = "127.0.0.1",
    port: int = 8700,
    *,
    channels: dict[str, str] | None = None,
    token: str | None = None,
    file: Path | None = None,
    request_url: RequestUrl | None = None,
    public_url: str | None = None,
    ready: Callable[[str], object] = print,
) -> None:
    """Serve until interrupted. Port 0 finds a free one; `ready` is told the address.

    `public_url` is where people's browsers find it, when that is not where it listens.
    """
    with _listening(host, port) as listener:
        url = (public_url or _url(listener)).rstrip("/")
        app = create_app(
            channels=channels or DEFAULT_CHANNELS,
            token=token,
            file=file,
            public_url=lambda: url,
            request_url=request_url,
        )
        ready(url)
        _server(app).run(sockets=[listener])


@contextmanager
def running(
    *,
    channels: dict[str, str] | None = None,
    token: str | None = None,
    file: Path | None = None,
    pace: Pace | None = SLACKS_PACE,
    port: int = 0,
    request_url: RequestUrl | None = None,
) -> Iterator[Running]:
    """A development Slack in a thread of this process, on a free port of 127.0.0.1, for as long as the block lasts."""
    with _listening("127.0.0.1", port) as listener:
        url = _url(listener)
        app = create_app(
            channels=channels or DEFAULT_CHANNELS,
            token=token,
            file=file,
            pace=pace,
            public_url=lambda: url,
            request_url=request_url,
        )
        server = _server(app, log_level="critical")  # what hangs is cut off at the end, and no news
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield Running(url)
        finally:
            server.should_exit = server.force_exit = True
            thread.join(timeout=5)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A bound socket that already listens: whoever connects from now on is served, only later."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=256) as listener:
        yield listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(app: FastAPI, *, log_level: str = "warning") -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app, log_level=log_level, access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
    )
