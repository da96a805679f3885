"""The HTTP face of the methods: token, body, faults, and answers as Slack words them."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from observatory.sandbox.slack.faults import Fault, Faults, Trouble
from observatory.sandbox.slack.methods import Methods
from observatory.sandbox.slack.workspace import SlackSaysNoError

_SCOPES = "chat:write,channels:read,channels:history,channels:join,groups:read,groups:history"


def api_routes(methods: Methods, faults: Faults, *, token: str | None) -> APIRouter:
    """`POST /api/<method>` (and GET, as Slack allows). `token` None takes every bot token."""
    router = APIRouter(prefix="/api")

    @router.api_route("/{method}", methods=["GET", "POST"])
    async def call(method: str, request: Request) -> Response:
        arguments = await _arguments(request)
        refused = _judge_token(request, arguments, token)
        if refused is not None:
            return _says_no(refused)
        fault = faults.take(method, arguments.get("channel"))
        if fault is None:
            return _answer(methods, method, arguments)
        return await _go_wrong(fault, methods, method, arguments)

    return router


async def _go_wrong(fault: Fault, methods: Methods, method: str, arguments: Mapping[str, Any]) -> Response:
    answer = _answer(methods, method, arguments) if fault.applied else None
    match fault.trouble:
        case Trouble.STATUS:
            return _status(fault)
        case Trouble.ERROR:
            return _says_no(SlackSaysNoError(fault.error))
        case Trouble.DROP:
            return _Dropped()
        case Trouble.TRUNCATE:
            return _Dropped(b'{"ok": true, "chan')
        case Trouble.HTML:
            return HTMLResponse("<html><body><h1>Bad gateway</h1></body></html>", status_code=502)
        case Trouble.HANG:
            await asyncio.sleep(fault.seconds)
            return answer or _answer(methods, method, arguments)


def _answer(methods: Methods, method: str, arguments: Mapping[str, Any]) -> Response:
    try:
        return JSONResponse(methods.call(method, arguments), headers={"X-OAuth-Scopes": _SCOPES})
    except SlackSaysNoError as refused:
        return _says_no(refused)


def _says_no(refused: SlackSaysNoError) -> Response:
    body = {"ok": False, "error": refused.code}
    if refused.retry_after is None:
        return JSONResponse(body)
    return JSONResponse(body, status_code=429, headers={"Retry-After": str(refused.retry_after)})


def _status(fault: Fault) -> Response:
    if fault.status == 429:  # noqa: PLR2004 - the status that says when to come back
        body = {"ok": False, "error": "ratelimited"}
        return JSONResponse(body, status_code=429, headers={"Retry-After": fault.retry_after})
    return JSONResponse({"ok": False, "error": fault.error}, status_code=fault.status)


def _judge_token(
    request: Request, arguments: Mapping[str, Any], token: str | None
) -> SlackSaysNoError | None:
    given = request.headers.get("authorization", "").removeprefix("Bearer ") or str(
        arguments.get("token") or ""
    )
    if not given:
        return SlackSaysNoError("not_authed")
    good = given == token if token is not None else given.startswith("xoxb-")
    return None if good else SlackSaysNoError("invalid_auth")


async def _arguments(request: Request) -> dict[str, Any]:
    """Query, form and JSON, as Slack takes all three. What is not JSON counts as nothing said."""
    arguments: dict[str, Any] = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads(await request.body())
        except ValueError:
            return arguments
        return arguments | (body if isinstance(body, dict) else {})
    return arguments | dict(await request.form())


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
