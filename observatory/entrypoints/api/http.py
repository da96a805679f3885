"""What every answer gets: HEAD wherever GET works, an ETag, and headers that keep browsers careful."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class BelowPath:
    """ASGI middleware: served below a path, whether or not the proxy in front has taken it off already."""

    def __init__(self, app: ASGIApp, *, base: str) -> None:
        self._app = app
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with `root_path`, and a path that begins with it, as ASGI wants it."""
        if scope["type"] == "http":
            path = scope["path"]
            path = path if path.startswith(f"{self._base}/") else self._base + path
            scope = {**scope, "root_path": self._base, "path": path}
        await self._app(scope, receive, send)


class CarefulHeaders:
    """ASGI middleware: security headers and `no-cache` (ask again, an ETag saves the body), unless a route says otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add to its answer's headers."""

        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        await self._app(scope, receive, careful if scope["type"] == "http" else send)


class HeadAndETag:
    """ASGI middleware: answers HEAD as GET without a body, and 304 when the caller has the same body already.

    An answer that comes in several chunks is passed on as it comes, without an ETag.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass GET and HEAD on as GET, and shorten the answer; leave other methods alone."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, Headers(scope=scope).get("if-none-match", ""), head=scope["method"] == "HEAD")
        await self._app({**scope, "method": "GET"}, receive, answer)


class _Answer:
    """Holds the start back until the first chunk of the body is there."""

    def __init__(self, send: Send, known: str, *, head: bool) -> None:
        self._send = send
        self._known = known
        self._head = head
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None  # kept for the first chunk only
        if start is not None:
            if not message.get("more_body", False) and start["status"] == 200:  # noqa: PLR2004 - OK
                message = self._tagged(start, message)
            await self._send(start)
        await self._send({**message, "body": b""} if self._head else message)

    def _tagged(self, start: Message, body: Message) -> Message:
        """Write the ETag into `start`, and turn it into a 304 when the caller knows it."""
        tag = f'W/"{hashlib.blake2b(body.get("body", b""), digest_size=12).hexdigest()}"'
        headers = MutableHeaders(scope=start)
        headers["ETag"] = tag
        if tag not in {known.strip() for known in self._known.split(",")}:
            return body
        start["status"] = 304
        del headers["content-length"]
        return {**body, "body": b""}
