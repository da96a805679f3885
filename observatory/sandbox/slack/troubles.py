"""What an ordered fault looks like on the wire."""

import asyncio
from collections.abc import Callable

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from observatory.sandbox.slack.faults import Fault, Trouble
from observatory.sandbox.slack.workspace import SlackSaysNoError


async def go_wrong(
    fault: Fault, answer: Callable[[], Response], says_no: Callable[[SlackSaysNoError], Response]
) -> Response:
    """Answer as the fault says; `answer` carries the call out, which a fault may do before it strikes."""
    applied = answer() if fault.applied else None
    match fault.trouble:
        case Trouble.STATUS:
            return _status(fault)
        case Trouble.ERROR:
            return says_no(SlackSaysNoError(fault.error))
        case Trouble.DROP:
            return _Dropped()
        case Trouble.TRUNCATE:
            return _Dropped(b'{"ok": true, "chan')
        case Trouble.HTML:
            return HTMLResponse("<html><body><h1>Bad gateway</h1></body></html>", status_code=502)
        case Trouble.HANG:
            await asyncio.sleep(fault.seconds)
            return applied or answer()


def _status(fault: Fault) -> Response:
    if fault.status == 429:  # noqa: PLR2004 - the status that says when to come back
        body = {"ok": False, "error": "ratelimited"}
        return JSONResponse(body, status_code=429, headers={"Retry-After": fault.retry_after})
    return JSONResponse({"ok": False, "error": fault.error}, status_code=fault.status)


class _Dropped(Response):
    """A connection that closes: before any answer, or after these first bytes of one.

    ASGI has no word for that, so it reaches for the transport below uvicorn's `send`.
    """

    def __init__(self, start: bytes = b"") -> None:
        super().__init__()
        self._start = start

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        transport = scope["extensions"]["observatory.transport"]
        if self._start:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4096\r\n\r\n"
            transport.write(head + self._start)
        transport.close()
        await asyncio.sleep(0)  # uvicorn learns of it, and doesn't miss an answer
